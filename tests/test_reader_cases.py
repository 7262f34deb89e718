"""Questions of readers become cases, of what a person chose."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from eval_parts import COPPER, WOOL, answer, cited
from small_site import garden
from typer.testing import CliRunner

from eval.cases import load_cases
from eval.gold import Gold
from eval.reader_cases import (
    case_id,
    case_json,
    keep_case,
    quoted,
    reader_case,
    reader_proposals,
)
from rag.errors import SourceError
from rag.record import CitationRecord
from rag.types import Turn
from ui.cli import app
from ui.feedback import Feedback, votes

QUESTION = "How many lettuces did the bed with wool mulch lose?"


def test_what_a_person_chose_is_the_gold_of_the_case(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    shown = answer("a", cited(WOOL), cited(COPPER), cited(WOOL))
    assert keep_case(file, reader_case(QUESTION, quoted(shown)))
    (case,) = load_cases(file)
    assert (case.question, case.kind, case.answerable) == (QUESTION, "reader", True)
    assert case.gold == tuple(
        Gold("garden.example/2", one.heading, one.quote) for one in (WOOL, COPPER)
    )


def test_without_a_sentence_the_posts_do_not_answer(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    turns = (Turn("Does wool help?", "It does."),)
    assert keep_case(file, reader_case("And beer?", history=turns))
    (case,) = load_cases(file)
    assert (case.kind, case.answerable, case.gold) == ("followup", False, ())
    assert case.history == turns


def test_a_case_is_kept_once_and_goes_behind_what_is_there(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(case_json(reader_case("Is it warm?")), encoding="utf-8")  # no line end
    assert keep_case(file, reader_case(QUESTION))
    assert not keep_case(file, reader_case(f"  {QUESTION.upper()} "))
    assert [one.question for one in load_cases(file)] == ["Is it warm?", QUESTION]


def test_nothing_is_added_to_a_file_of_something_else(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("to do\n", encoding="utf-8")
    with pytest.raises(SourceError, match="1 mistake"):
        keep_case(file, reader_case(QUESTION))
    assert file.read_text(encoding="utf-8") == "to do\n"


def test_the_turns_before_a_question_are_part_of_what_it_asks() -> None:
    assert case_id("And beer?") != case_id("And beer?", (Turn("Does wool help?", ""),))
    assert case_id("and beer") == case_id("And  beer?")


@pytest.mark.parametrize("quote", ["", "—"])
def test_a_record_and_what_has_no_words_make_no_gold(quote: str) -> None:
    field = CitationRecord(post_id="garden.example/2", field="published", quote=quote)
    with pytest.raises(SourceError):
        reader_case("When was it published?", [field])


def test_proposals_name_what_is_answered_with_and_refusals_none() -> None:
    lines = reader_proposals(QUESTION, answer("a", cited(WOOL), cited(COPPER)), note="voted 1 good")
    assert [(one.quote, one.answerable) for one in lines] == [
        (WOOL.quote, True), (COPPER.quote, True),
    ]  # fmt: skip
    assert {one.id for one in lines} == {case_id(QUESTION)}
    (refused,) = reader_proposals("And beer?", answer("b"), note="")
    assert (refused.quote, refused.answerable) == ("", False)


def test_from_votes_to_cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "hash")
    monkeypatch.setenv("PULLQUOTE_MIN_ANSWERABLE", "0")
    index, sheet, cases = garden(tmp_path / "index"), tmp_path / "s.csv", tmp_path / "c.jsonl"

    def run(*typed: str) -> str:
        done = CliRunner().invoke(app, ["eval", *typed])
        return f"{done.exit_code} {done.output}"

    draft = ("draft", str(index), "--from-feedback", "--out", str(sheet))
    assert run(*draft).startswith("1 Error: No reader has voted")
    assert not sheet.exists()
    votes(index).add(Feedback("2026-05-03", QUESTION, True))
    votes(index).add(Feedback("2026-05-04", "Xyzzy plugh?", False, "wrong"))
    votes(index).add(Feedback("2026-05-05", QUESTION.upper(), False, "out-of-date"))
    assert run(*draft).startswith("0 2 questions that readers voted on.")
    with sheet.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    notes = list(dict.fromkeys(one["note"] for one in rows))
    assert notes == ["voted 1 good, 1 bad (out-of-date)", "voted 1 bad (wrong)"]
    assert WOOL.quote in [one["quote"] for one in rows]
    for row in rows:
        row["accept"] = "yes" if row["quote"] == WOOL.quote else "no"
    rows[-1] |= {"accept": "yes", "answerable": "false"}  # as whoever knows the posts says
    with sheet.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert run("accept", str(sheet), "--out", str(cases)).startswith("0 2 cases written")
    assert run("check", str(cases), "--index", str(index)) == "0 2 cases, no mistake.\n"
    lines = [json.loads(line) for line in cases.read_text(encoding="utf-8").splitlines()]
    assert [one["answerable"] for one in lines] == [True, False]
    assert [one["quote"] for one in lines[0]["gold"]] == [WOOL.quote]
