from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from eval_parts import LINE as CASE
from eval_parts import file_of
from small_site import garden
from typer.testing import CliRunner

from eval.cases.cases import CaseLine, GoldLine, TurnLine, load_cases
from eval.cases.check import check_cases
from eval.cases.gold import sentence_hash
from rag.errors import SourceError
from ui.cli import app

DOC = Path(__file__).resolve().parents[1] / "docs" / "evaluation-cases.md"
SEED = "In our valley that is March."
LINE: dict[str, Any] = CASE | {"gold": [CASE["gold"][0] | {"quote": SEED}]}
GOLD: dict[str, Any] = LINE["gold"][0]


def told(tmp_path: Path, line: dict[str, Any] | str, *, mistake: bool = True) -> list[str]:
    """Of a line behind one that is right."""
    checked = check_cases(file_of(tmp_path, LINE, line))
    assert all(one.line == 2 for one in checked.remarks)
    return [one.told for one in checked.remarks if one.mistake == mistake]


def other(**changed: Any) -> dict[str, Any]:
    return LINE | {"id": "g-2", "question": "And then?"} | changed


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"id": "a",}', "no JSON: Illegal trailing comma|no JSON: Expecting property name"),
        ("[1]", r"a case is an object in curly brackets, not \[1\]"),
        (other(qustion="?"), "qustion: there is no such field; did you mean 'question'?"),
        (other(zzz=1), "zzz: there is no such field; there are id, kind, question"),
        (other(gold=[GOLD | {"qoute": "x"}]), "gold.0.qoute: there is no such field; did you mean"),
        (other(id=1.5), "id: must be text in quotation marks, is 1.5"),
        (other(answerable="maybe"), "answerable: must be true or false, .*, is \"maybe\""),
        (other(answerable="yes"), 'answerable: must be true or false, .*, is "yes"'),
        (other(answerable="true"), 'answerable: must be true or false, .*, is "true"'),
        (other(answerable=1), "answerable: must be true or false, without quotation marks, is 1"),
        (other(question=7), "question: must be text in quotation marks, is 7"),
        (other(id=True), "id: must be text in quotation marks, is true"),
        (other(gold="12"), 'gold: must be a list in square brackets, is "12"'),
        (other(gold=["12"]), 'gold.0: must be an object in curly brackets, is "12"'),
        (other(must_include="35"), 'must_include: is "35"; it is a list of groups'),
        (other(must_include=["35"]), r'must_include.0: is "35"; .*\[\["35", "thirty-five"\]\]'),
        (other(must_include=[[]]), r"must_include.0: is \[\]; it is a list of groups"),
        (other(kind=" "), "kind: is empty"),
        (other(kind="mutli"), "kind: 'mutli'; did you mean 'multi'?"),
        (other(answerable=False), "gold and must_include: a question without an answer has none"),
        (other(gold=[GOLD | {"sentence": "0" * 16}]), "gold.0: write quote, or sentence"),
        (other(gold=[{"post_id": 1, "sentence": "x"}]), 'gold.0.sentence: "x" is no hash'),
        (other(history=[{"role": "user"}]), "history.0: write question and answer, or role"),
        (other(history=[{"role": "bot", "content": "x"}]), "history.0.role: .*'assistant'"),
        (
            other(history=[{"role": "assistant", "content": "Hello."}]),
            "history: the first message is the user's",
        ),
        ('{"id": "a", "id": "b", "kind": "fact", "question": "?"}', "id: stands twice"),
        (LINE | {"question": "?"}, "id: 'g-1' stands in line 1 already"),
    ],
)  # fmt: skip
def test_a_mistake_is_explained(tmp_path: Path, line: dict[str, Any] | str, said: str) -> None:
    assert any(re.search(said, one) for one in told(tmp_path, line)), told(tmp_path, line)


def test_a_missing_field_is_told_with_what_may_stand_for_it(tmp_path: Path) -> None:
    found = told(tmp_path, {"id": "a", "knd": "fact", "question": "?", "answerable": False})
    assert sorted(found) == [
        "kind: is missing; 'knd' is there",
        "knd: there is no such field; did you mean 'kind'?",
    ]


def test_what_can_be_run_but_may_not_be_meant_is_no_mistake(tmp_path: Path) -> None:
    assert told(tmp_path, LINE | {"id": "b"}, mistake=False) == ["question: line 1 asks the same"]
    assert told(tmp_path, other(kind="facts"), mistake=False) == [
        "kind: 'facts'; did you mean 'fact'?"
    ]
    assert told(tmp_path, other(kind="followup"), mistake=False)[0].startswith(
        "history: a follow-up"
    )
    assert told(tmp_path, other(kind="recipes"), mistake=False) == []
    assert told(tmp_path, other(gold=[]), mistake=False)[0].startswith("gold: there is none")


def test_all_mistakes_are_told_and_the_rest_is_checked(tmp_path: Path) -> None:
    checked = check_cases(file_of(tmp_path, *["{"] * 25, "", LINE))
    assert checked.mistakes == 25
    assert [line for line, _ in checked.cases] == [27]


def test_a_file_without_a_line_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no line"):
        check_cases(file_of(tmp_path, "", " "))


def test_a_checked_file_has_no_mistake_exactly_where_it_can_be_loaded(tmp_path: Path) -> None:
    for line in (other(), other(gold=[]), other(kind="recipes"), other(must_include=["a"])):
        file = file_of(tmp_path, LINE, line)
        try:
            loads = bool(load_cases(file))
        except SourceError:
            loads = False
        assert (check_cases(file).mistakes == 0) == loads


# ---------------------------------------------------------------- with an index


def run(file: Path, *more: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["eval", "check", str(file), *more])
    return result.exit_code, result.output


def test_the_bundled_cases_have_no_mistake() -> None:
    from ui.commands.sample import sample_cases

    assert run(sample_cases()) == (0, "60 cases, no mistake.\n")


@pytest.mark.parametrize(
    ("gold", "said"),
    [
        ({}, ""),
        ({"post_id": "1"}, ""),
        ({"post_id": "garden.exmple/1"}, "the index has no post 'garden.exmple/1'; did you mean"),
        (
            {"quote": "In the valleys that was in March already."},
            f"has no such sentence; it has “{SEED}”",
        ),
        ({"quote": "Nothing of the kind stands here at all."}, "has no such sentence\n"),
        ({"heading": "When to saw"}, "no heading 'When to saw'; it is 'When to sow'"),
        (
            {"heading": "Warmth", "quote": "Tomatoes need warmth."},
            "no heading 'Warmth'; it stands before the first one",
        ),
    ],
)
def test_gold_that_the_index_does_not_have_is_told(
    tmp_path: Path, gold: dict[str, str], said: str
) -> None:
    folder = garden(tmp_path / "index")
    file = file_of(tmp_path, LINE | {"gold": [GOLD | gold]})
    code, output = run(file, "--index", str(folder))
    assert said in output
    assert code == bool(said), output
    if said:
        assert output.startswith(f"{file}:1: gold.0.")


@pytest.mark.parametrize(
    ("gold", "said"),
    [
        ({"heading": ""}, "is empty, and the sentence has one above it; it is 'When to sow'"),
        (
            {"heading": "Hardening off"},
            "the sentence stands under another one; it is 'When to sow'",
        ),
        (
            {"heading": "Hardening off", "quote": "Tomatoes need warmth."},
            "the sentence stands under another one; it stands before the first one",
        ),
    ],
)
def test_gold_under_another_heading_of_its_post_may_not_be_meant(
    tmp_path: Path, gold: dict[str, str], said: str
) -> None:
    file = file_of(tmp_path, LINE | {"gold": [GOLD | gold]})
    code, output = run(file, "--index", str(garden(tmp_path / "index")))
    assert f"{file}:1: (perhaps) gold.0.heading: {said}\n" in output
    assert code == 0


def test_a_hash_that_names_no_sentence_of_its_post_is_told(tmp_path: Path) -> None:
    folder = garden(tmp_path / "index")
    named = {
        "post_id": "garden.example/1", "heading": "When to sow", "sentence": sentence_hash(SEED),
    }  # fmt: skip
    wrong = {**named, "sentence": "0" * 16}
    file = file_of(tmp_path, LINE | {"gold": [named]}, other(gold=[wrong]))
    code, output = run(file, "--index", str(folder))
    assert code == 1
    assert (
        "cases.jsonl:2: gold.0.sentence: garden.example/1 has no sentence with the hash" in output
    )
    assert ":1:" not in output


# ---------------------------------------------------------------- the documentation


def test_every_field_is_documented_and_no_other() -> None:
    text = DOC.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_.]+)`", text, flags=re.MULTILINE)
    fields = {*CaseLine.model_fields, *(f"gold.{name}" for name in GoldLine.model_fields)}
    turns = {f"history.{name}" for name in TurnLine.model_fields}
    assert set(rows) == fields | turns


def test_the_documented_cases_have_no_mistake(tmp_path: Path) -> None:
    (block,) = re.findall(r"^```jsonl\n(.*?)^```$", DOC.read_text("utf-8"), re.M | re.S)
    checked = check_cases(file_of(tmp_path, *block.splitlines()))
    assert checked.remarks == ()
    assert len(checked.cases) > 2
