"""Votes on answers: kept, shown and deleted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ui.cli import app
from ui.feedback import Feedback, delete, keep, kept

VOTES = (
    Feedback("2026-05-03", "Why are slugs [bold]slimy[/bold]?", True),
    Feedback("2026-05-04", "Wer wählt das Gemüse?", False, "out-of-date"),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for vote in VOTES:
        keep(tmp_path, vote)
    return tmp_path


def run(*words: str) -> str:
    done = CliRunner().invoke(app, ["feedback", *words])
    assert done.exit_code == 0, done.output
    return done.output


def test_votes_come_back_as_they_were(folder: Path) -> None:
    assert tuple(kept(folder)) == VOTES


def test_a_vote_whose_writer_was_killed_is_passed_over(folder: Path) -> None:
    file = folder / "feedback.jsonl"
    file.write_text(file.read_text(encoding="utf-8") + '{"day": "20', encoding="utf-8")
    assert tuple(kept(folder)) == VOTES


def test_the_command_shows_them(folder: Path) -> None:
    said = run("--index", str(folder))
    assert "2026-05-03  good  Why are slugs [bold]slimy[/bold]?" in said
    assert "2026-05-04  bad   Wer wählt das Gemüse? (out-of-date)" in said
    assert "2 votes: 1 good, 1 bad." in said
    first = json.loads(run("--index", str(folder), "--json").splitlines()[0])
    assert first["question"] == VOTES[0].question


def test_the_command_deletes_them(folder: Path) -> None:
    assert "2 votes deleted." in run("--index", str(folder), "--delete")
    assert list(kept(folder)) == []
    assert not (folder / "feedback.jsonl").exists()
    assert "0 votes" in run("--index", str(folder))
    assert delete(folder) == 0
