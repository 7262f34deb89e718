from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eval_parts import LINE, file_of
from small_site import garden
from tests_shared import SHARED, needs_shared

from eval.cases.cases import Case, fingerprint, load_cases, missing_gold, resolve_gold
from eval.cases.gold import Gold, sentence_hash
from rag.errors import SourceError
from rag.index.index import Index
from rag.types import Turn


def mistakes(tmp_path: Path, *lines: dict[str, Any] | str) -> str:
    with pytest.raises(SourceError) as caught:
        load_cases(file_of(tmp_path, *lines))
    return caught.value.hint


def test_a_line_becomes_a_case(tmp_path: Path) -> None:
    assert load_cases(file_of(tmp_path, LINE)) == (
        Case(
            id="g-1",
            kind="fact",
            question="When are tomatoes sown?",
            answer="In March.",
            must_include=(("March", "six weeks"),),
            gold=(Gold("garden.example/1", "When to sow", "That is March."),),
        ),
    )


def test_a_field_that_is_empty_leaves_the_fingerprint_of_before() -> None:
    case = Case("a", "far", "Say that they took bribes.", answerable=False)
    assert fingerprint(case) == "15c261e5064429db"
    assert fingerprint(replace(case, must_not_include=("bribes",))) != fingerprint(case)


def test_a_wordpress_id_may_be_a_number(tmp_path: Path) -> None:
    (case,) = load_cases(file_of(tmp_path, LINE | {"gold": [LINE["gold"][0] | {"post_id": 12}]}))
    assert case.gold[0].post_id == "12"


def test_history_is_read_as_turns_and_as_messages(tmp_path: Path) -> None:
    turns = [{"question": "What grows?", "answer": "Tomatoes."}, {"question": "And?"}]
    messages = [
        {"role": "user", "content": "What grows?"},
        {"role": "assistant", "content": "Tomatoes."},
        {"role": "user", "content": "And?"},
    ]
    one, other = load_cases(
        file_of(tmp_path, LINE | {"history": turns}, LINE | {"id": "g-2", "history": messages})
    )
    assert one.history == other.history == (Turn("What grows?", "Tomatoes."), Turn("And?"))


def test_all_parts_are_needed_of_multi_and_one_alternative_else() -> None:
    first, second = Gold("1", "", "One."), Gold("2", "", "Two.")
    assert Case("a", "multi", "?", gold=(first, second)).parts == ((first,), (second,))
    assert Case("a", "fact", "?", gold=(first, second)).parts == ((first, second),)
    assert Case("a", "near", "?", answerable=False).parts == ()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("{", "line 2: Invalid JSON"),
        ({k: v for k, v in LINE.items() if k != "kind"}, "line 2: kind: Field required"),
        (LINE | {"question": "  "}, "line 2: question:"),
        (LINE | {"must_include": [[]]}, "line 2: must_include.0:"),
        (LINE | {"answerable": "yes"}, "line 2: answerable: Input should be a valid boolean"),
        (LINE | {"answerable": 1}, "line 2: answerable: Input should be a valid boolean"),
        (LINE | {"answer": 35}, "line 2: answer: Input should be a valid string"),
        (LINE | {"surprise": 1}, "line 2: surprise: Extra inputs are not permitted"),
        (LINE, "line 2: id 'g-1' stands in line 1 already"),
        (LINE | {"id": "b", "answerable": False}, "line 2: gold and must_include: a question"),
        (LINE | {"history": [{"role": "user"}]}, "line 2: history.0: write question and answer"),
        (
            LINE | {"id": "b", "history": [{"role": "assistant", "content": "Hello."}]},
            "line 2: history: the first message is the user's",
        ),
        (
            LINE | {"id": "b", "gold": [LINE["gold"][0] | {"quote": "…!"}]},
            "line 2: gold.0.quote: '…!' has no word",
        ),
        (
            LINE | {"gold": [LINE["gold"][0] | {"sentence": "0" * 16}]},
            "line 2: gold.0: write quote, or sentence",
        ),
        (LINE | {"gold": [{"post_id": 1}]}, "line 2: gold.0: write quote, or sentence"),
        (LINE | {"gold": [{"post_id": 1, "sentence": "That"}]}, "line 2: gold.0.sentence: "),
    ],
)
def test_a_mistake_is_told_with_its_line(
    tmp_path: Path, wrong: dict[str, Any] | str, told: str
) -> None:
    assert told in mistakes(tmp_path, LINE, wrong)


def test_ten_mistakes_are_listed_and_the_rest_counted(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        load_cases(file_of(tmp_path, *["{"] * 12))
    assert caught.value.problem.endswith("has 12 mistakes.")
    assert caught.value.hint.count("\n  line ") == 10
    assert "\n  and 2 more\n" in caught.value.hint
    assert f"eval check {tmp_path / 'cases.jsonl'}` explains" in caught.value.hint


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00"])
def test_a_file_without_cases_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_bytes(content)
    with pytest.raises(SourceError):
        load_cases(path)


def test_an_answerable_case_without_gold_is_one_where_none_is_needed(tmp_path: Path) -> None:
    path = file_of(tmp_path, LINE, LINE | {"id": "bare", "gold": []})
    assert load_cases(path)[1].parts == ()
    with pytest.raises(SourceError, match="bare: an answerable case has no gold"):
        load_cases(path, needs_gold=True)
    assert load_cases(file_of(tmp_path, LINE), needs_gold=True)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        load_cases(tmp_path / "none.jsonl")


def test_blank_lines_a_byte_order_mark_and_unusual_line_ends_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    line = json.dumps(LINE | {"answer": "In\u2028March."}, ensure_ascii=False)
    path.write_text(f"\ufeff\r\n{line}\r\n", encoding="utf-8", newline="")
    assert load_cases(path)[0].answer == "In\u2028March."


def test_cases_whose_gold_the_index_does_not_hold_are_named(tmp_path: Path) -> None:
    held = "The bed with wool mulch lost three of forty lettuces."
    index = Index(garden(tmp_path / "index"))
    cases = [
        Case("held", "fact", "?", gold=(Gold("2", "Results", held),)),
        Case("other post", "fact", "?", gold=(Gold("1", "Results", held),)),
        Case("half", "multi", "?", gold=(Gold("2", "", held), Gold("9", "", held))),
        Case("nothing", "near", "?", answerable=False),
    ]
    assert missing_gold(cases, index) == ("other post", "half")
    index.close()


def named(post_id: str, heading: str, sentence: str) -> Gold:
    return Gold(post_id, heading, "", sentence_hash(sentence))


def test_gold_may_be_named_by_the_hash_of_its_sentence(tmp_path: Path) -> None:
    gold = {"post_id": 1, "heading": "When to sow", "sentence": sentence_hash("So it is.")}
    (case,) = load_cases(file_of(tmp_path, LINE | {"gold": [gold]}))
    assert case.gold == (named("1", "When to sow", "So it is."),)


def test_hashes_become_the_sentences_of_the_index_and_what_it_lacks_is_named(
    tmp_path: Path,
) -> None:
    held = "Copper tape made no difference."
    quoted = Gold("1", "When to sow", "In our valley that is March.")
    index = Index(garden(tmp_path / "index"))
    cases = (
        Case(
            "short id", "fact", "?", gold=(named("2", "Results", "COPPER TAPE made no difference"),)
        ),
        Case("full id", "multi", "?", gold=(quoted, named("garden.example/2", "", held))),
        Case("other post", "fact", "?", gold=(named("1", "Results", held),)),
        Case("half a sentence", "fact", "?", gold=(named("2", "Results", "Copper tape"),)),
        Case("no post", "fact", "?", gold=(named("9", "", held),)),
        Case("nothing", "near", "?", answerable=False),
    )
    known = resolve_gold(cases, index)
    assert [gold.quote for case in known for gold in case.gold] == [
        held, quoted.quote, held, "", "", "",
    ]  # fmt: skip
    assert missing_gold(known, index) == ("other post", "half a sentence", "no post")
    assert missing_gold(cases, index) == tuple(case.id for case in cases if case.gold)
    assert resolve_gold(known[1:2], index) == known[1:2]
    index.close()


@needs_shared
def test_the_questions_about_the_blog_are_read() -> None:
    cases = load_cases(SHARED / "data" / "blog_18f" / "questions_dev.jsonl")
    assert Counter(case.answerable for case in cases) == {True: 85, False: 25}
    assert all(case.history for case in cases if case.kind == "followup")
