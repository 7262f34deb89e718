"""Questions of readers become cases, where a person accepts what is proposed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from eval_parts import COPPER, WOOL, answer, cited
from small_site import garden
from typer.testing import CliRunner

from eval.cases.from_readers import reader_proposals
from ui.cli import app
from ui.feedback import Feedback, Unanswered, unanswered, votes

QUESTION = "How many lettuces did the bed with wool mulch lose?"


def test_proposals_name_what_is_answered_with_and_refusals_none() -> None:
    lines = reader_proposals(
        QUESTION, answer("a", cited(WOOL), cited(COPPER), cited(WOOL)), note="voted good: 1"
    )
    assert [(one.quote, one.answerable) for one in lines] == [
        (WOOL.quote, True), (COPPER.quote, True),
    ]  # fmt: skip
    again = reader_proposals(f"  {QUESTION.upper()}", answer("a", cited(WOOL)), note="")
    assert {one.id for one in lines} == {again[0].id}
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
    unanswered(index).add(Unanswered("2026-05-04", "xyzzy plugh?"))
    assert run(*draft).startswith("0 2 questions of readers.")
    with sheet.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    whole, pointing = dict.fromkeys(one["note"] for one in rows)
    assert whole == "voted good: 1; voted bad: 1 (out-of-date)"
    assert pointing.startswith("voted bad: 1 (wrong); asked in vain: 1; it may point back at turns")
    assert WOOL.quote in [one["quote"] for one in rows]
    for row in rows:
        row["accept"] = "yes" if row["quote"] == WOOL.quote else "no"
    # As whoever knows the posts and remembers the conversation says.
    rows[-1] |= {"accept": "yes", "answerable": "false", "history": "Q: Who is Xyzzy?"}
    with sheet.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert run("accept", str(sheet), "--out", str(cases)).startswith("0 2 cases written")
    assert run("check", str(cases), "--index", str(index)) == "0 2 cases, no mistake.\n"
    lines = [json.loads(line) for line in cases.read_text(encoding="utf-8").splitlines()]
    assert [one["answerable"] for one in lines] == [True, False]
    assert [one["quote"] for one in lines[0]["gold"]] == [WOOL.quote]
    assert [one.get("history") for one in lines] == [
        None, [{"question": "Who is Xyzzy?", "answer": ""}],
    ]  # fmt: skip
