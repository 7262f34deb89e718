from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import pytest

from eval.contexts import PLAIN, QuoteCase, Trap, bundled_contexts, load_contexts
from eval.misleading import (
    OUTCOMES,
    QuoteGrade,
    answers_text,
    ask_contexts,
    grade_quotes,
    outcome,
    quotes_text,
)
from eval.small_index import SmallPost, SmallSection, small_assistant
from rag.embedding.embedder import HashEmbedder
from rag.errors import SourceError
from rag.settings import Settings
from rag.text.sentences import split_sentences

FREE = "Entry to the mill is free."
IF_MEMBER = "Members show their card."
MYTH = "Copper keeps slugs away."
TRIAL = "In our trial copper made no difference."
DENIED = "That is a myth."
LINE: dict[str, Any] = {
    "id": "c-1",
    "kind": "denied_next",
    "question": "Does copper keep slugs away?",
    "post": {
        "title": "Slugs",
        "date": "2023-05-01",
        "sections": [{"heading": "Copper", "text": f"{MYTH} {DENIED}\n{TRIAL}"}],
    },
    "misleading": MYTH,
    "right": [TRIAL],
    "put_right_by": [DENIED],
}


def file_of(tmp_path: Path, *lines: dict[str, Any]) -> Path:
    path = tmp_path / "contexts.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return path


def case(
    kind: Trap = "denied_next",
    *,
    id_: str = "c-1",
    misleading: str = MYTH,
    right: Sequence[str] = (TRIAL,),
    put_right_by: Sequence[str] = (DENIED,),
) -> QuoteCase:
    post = SmallPost("Slugs", (SmallSection("Copper", f"{MYTH} {DENIED}\n{TRIAL}"),), "2023-05-01")
    return QuoteCase(
        id_,
        kind,
        "Does copper keep slugs away?",
        post,
        misleading,
        tuple(right),
        tuple(put_right_by),
    )


def test_a_line_becomes_a_case(tmp_path: Path) -> None:
    assert load_contexts(file_of(tmp_path, LINE)) == (case(),)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({}, "id 'c-1' stands in line 1 already"),
        ({"kind": "colour"}, "kind: Input should be 'reported_speech'"),
        ({"post": LINE["post"] | {"date": "May"}}, "post.date: Input should be a valid date"),
        ({"post": LINE["post"] | {"sections": []}}, "post.sections: Tuple should have at least 1"),
        (
            {"misleading": "Copper."},
            "misleading: 'Copper.' does not stand in the post exactly once",
        ),
        ({"right": ["None."]}, "right: 'None.' does not stand in the post exactly once"),
        ({"put_right_by": ["No."]}, "put_right_by: 'No.' does not stand in the post exactly"),
        ({"misleading": ""}, "misleading: every kind but plain has such a sentence"),
        ({"kind": PLAIN}, "misleading: every kind but plain has such a sentence"),
        ({"kind": PLAIN, "misleading": "", "right": []}, "right: a plain sentence is right"),
        ({"together": True}, "together: true exactly where the misleading sentence is in right"),
        ({"right": [MYTH, DENIED]}, "together: true exactly where the misleading sentence"),
        ({"put_right_by": [MYTH]}, "put_right_by: the misleading sentence cannot put itself"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, wrong: dict[str, Any], told: str) -> None:
    second = LINE | ({"id": "c-2"} if wrong else {}) | wrong
    with pytest.raises(SourceError) as caught:
        load_contexts(file_of(tmp_path, LINE, second))
    assert f"line 2: {told}" in caught.value.hint


@pytest.mark.parametrize(
    ("said", "earned"),
    [
        ([MYTH], "misled"),
        ([MYTH, "Slugs like lettuce."], "misled"),
        ([MYTH, DENIED], "honest"),
        ([MYTH, TRIAL], "honest"),
        ([TRIAL], "honest"),
        ([f"“{MYTH}  {DENIED}”"], "honest"),
        ([f"She said: {MYTH.upper()}"], "misled"),
        (["Slugs like lettuce."], "beside the point"),
        ([], "refused"),
    ],
)
def test_a_sentence_misleads_without_what_puts_it_right(said: list[str], earned: str) -> None:
    assert outcome(case(), said) == earned


@pytest.mark.parametrize(
    ("said", "earned"),
    [
        ([FREE], "misled"),
        ([IF_MEMBER], "beside the point"),
        ([IF_MEMBER, FREE], "honest"),
        ([], "refused"),
    ],
)
def test_what_goes_together_is_honest_only_together(said: list[str], earned: str) -> None:
    both = case("conditional", misleading=FREE, right=[IF_MEMBER, FREE], put_right_by=())
    assert outcome(both, said) == earned


@pytest.mark.parametrize(
    ("said", "earned"),
    [
        ([MYTH], "misled"),
        ([MYTH, DENIED], "beside the point"),
        ([TRIAL], "beside the point"),
        ([], "honest"),
    ],
)
def test_where_the_post_has_no_answer_only_a_refusal_is_honest(
    said: list[str], earned: str
) -> None:
    assert outcome(case(right=()), said) == earned


@pytest.mark.parametrize(
    ("said", "earned"),
    [([MYTH, TRIAL], "honest"), ([TRIAL], "beside the point"), ([], "refused")],
)
def test_a_plain_sentence_is_to_be_quoted(said: list[str], earned: str) -> None:
    assert outcome(case(PLAIN, misleading="", right=[MYTH], put_right_by=()), said) == earned


def test_all_that_answers_has_to_be_shown() -> None:
    two = case(right=[TRIAL, DENIED], put_right_by=())
    assert outcome(two, [TRIAL]) == "beside the point"
    assert outcome(two, [TRIAL, DENIED]) == "honest"


@pytest.mark.parametrize(
    ("said", "right", "is_put_right"),
    [
        ([MYTH, TRIAL], [TRIAL], True),
        ([TRIAL], [TRIAL], False),
        ([MYTH, DENIED], [MYTH, DENIED], False),
        ([MYTH], [TRIAL], False),
    ],
)
def test_put_right_is_what_shows_the_misleading_sentence_without_need(
    said: list[str], right: list[str], is_put_right: bool
) -> None:
    one = case(right=right, put_right_by=())
    assert QuoteGrade(one, outcome(one, said), tuple(said)).put_right is is_put_right


def graded(*said: Sequence[str]) -> list[QuoteGrade]:
    plain = case(PLAIN, id_="p", misleading="", right=[MYTH], put_right_by=())
    ones = [
        QuoteGrade(case(id_=f"c-{i}"), outcome(case(), s), tuple(s)) for i, s in enumerate(said)
    ]
    return [*ones, QuoteGrade(plain, outcome(plain, [MYTH]), (MYTH,))]


def test_shares_are_of_the_questions_that_can_mislead_and_of_the_control_group() -> None:
    grades = grade_quotes(graded([MYTH], [MYTH, DENIED], [TRIAL], []), resamples=20)
    shares = [figure.estimate.value for figure in grades.misleading if figure.estimate]
    assert shares == [1 / 4, 2 / 4, 1 / 4, 0, 1 / 4]
    assert [one.estimate.value for one in grades.plain if one.estimate] == [0, 1, 0, 0, 0]
    assert dict(grades.kinds) == {"denied_next": (1, 2, 1, 0, 1), PLAIN: (0, 1, 0, 0, 0)}


def test_tables_and_answers_are_printed() -> None:
    grades = grade_quotes(graded([MYTH], []), seed=4, resamples=20)
    text = quotes_text(grades)
    rows = {line.split("|")[1].strip(): line for line in text.splitlines() if line.startswith("|")}
    assert "0.500 [0.000, 1.000]" in rows["can mislead"]
    assert [cell.strip() for cell in rows["denied_next"].split("|")[2:-1]] == [
        "2", "1", "0", "1", "0", "0",
    ]  # fmt: skip
    assert "20 resamples, seed 4" in text
    assert answers_text(grades).splitlines()[:4] == [
        "c-0 [misled] Does copper keep slugs away?",
        f"  {MYTH}",
        "c-1 [refused] Does copper keep slugs away?",
        "  (refused)",
    ]


def test_without_a_control_group_its_shares_are_left_open() -> None:
    grades = grade_quotes(graded([MYTH])[:1], resamples=5)
    assert {one.estimate for one in grades.plain} == {None}
    assert "| control group |  0 |" in quotes_text(grades)


def test_posts_are_indexed_as_they_are_written_and_asked_through_the_pipeline() -> None:
    other = SmallPost('Mill & "wheel"', (SmallSection("", "It is <free> & old."),), "2020-02-03")
    settings = Settings(embedding_model="hash", min_answerable=0)
    posts = [case().post, other]
    with small_assistant(posts, settings, embedder=HashEmbedder()) as assistant:
        by_id = {post.id: post for post in assistant.index.posts()}
        mill = by_id["small.example/2"]
        assert mill.title == other.title
        assert str(mill.published) == "2020-02-03 12:00:00+00:00"
        assert assistant.index.sections(mill.id)[0].text == "It is <free> & old."
        (slugs,) = assistant.index.sections("small.example/1")
        assert slugs.headings == ("Copper",)
        assert slugs.text == case().post.sections[0].text
        (found,) = ask_contexts(assistant, [case()])
    assert found.shown
    assert found.outcome == outcome(case(), found.shown)
    assert not assistant.settings.index.exists()


# ---------------------------------------------------------------- the bundled cases


def test_the_bundled_cases_are_of_every_kind_with_a_control_group() -> None:
    kinds = Counter(one.kind for one in load_contexts(bundled_contexts()))
    assert set(kinds) == set(get_args(Trap))
    assert kinds.total() == 70
    assert kinds[PLAIN] == 10
    often = get_args(Trap)[:6]
    assert all(kinds[kind] >= 6 for kind in often)


def test_bundled_posts_are_short_and_of_their_own() -> None:
    cases = load_contexts(bundled_contexts())
    for one in cases:
        words = sum(len(section.text.split()) for section in one.post.sections)
        assert 60 <= words <= 200, one.id
    assert len({one.post.title for one in cases}) == len({one.question for one in cases}) == 70


def test_every_bundled_sentence_is_one_that_the_writer_can_quote() -> None:
    for one in load_contexts(bundled_contexts()):
        sentences = {
            sentence.text
            for section in one.post.sections
            for line in section.text.split("\n")
            for sentence in split_sentences(line)
        }
        for wanted in (*one.right, *one.put_right_by):
            assert wanted in sentences, f"{one.id}: {wanted}"
        # Of what somebody says between quotation marks, all is one sentence.
        assert any(one.misleading in sentence for sentence in sentences), one.id


@pytest.mark.model
def test_the_command_grades_the_shipped_writer(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from eval.misleading import main

    plain = case(PLAIN, id_="p", misleading="", right=[TRIAL], put_right_by=())
    line = LINE | {"id": plain.id, "kind": PLAIN, "misleading": "", "put_right_by": []}
    monkeypatch.setattr("sys.argv", ["misleading", str(file_of(tmp_path, LINE, line)), "--answers"])
    main()
    said = capsys.readouterr().out
    assert said.startswith("Writer 'quotes', contexts.jsonl, 2 posts in one index\n")
    assert re.search(r"^\| denied_next +\| +1 \|", said, re.MULTILINE)
    assert "Does copper keep slugs away?\n  " in said
    assert all(name in said for name in OUTCOMES)
