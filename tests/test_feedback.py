"""Votes on answers and questions without one: kept, shown, deleted in time and when told to."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from door_server import open_doors, until
from fake_assistant import LETTUCES, FakeAssistant, site_index
from httpx import post
from typer.testing import CliRunner

from ui.cli import app
from ui.feedback import Feedback, Unanswered, unanswered, votes
from ui.kept import today

DAYS = [(datetime.now(UTC).date() - timedelta(days=ago)).isoformat() for ago in (200, 3, 0)]
LONG_AGO, BEFORE, TODAY = DAYS
VOTES = (
    Feedback(BEFORE, "Why are slugs [bold]slimy[/bold]?", True),
    Feedback(TODAY, "Wer wählt das Gemüse?", False, "out-of-date"),
)
ASKED = (Unanswered(BEFORE, "Do beer traps help?"), Unanswered(TODAY, "And [red]salt[/red]?"))
NOBODY = "Who won the world cup?"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for vote in VOTES:
        votes(tmp_path).add(vote)
    for question in ASKED:
        unanswered(tmp_path).add(question)
    return tmp_path


def run(*words: str) -> str:
    done = CliRunner().invoke(app, ["feedback", *words])
    assert done.exit_code == 0, done.output
    return done.output


# ---------------------------------------------------------------- the files


def test_votes_and_questions_come_back_as_they_were(folder: Path) -> None:
    assert votes(folder).all() == [*VOTES]
    assert unanswered(folder).all() == [*ASKED]
    assert stat.S_IMODE((folder / "unanswered.jsonl").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "line",
    [
        '{"day": "20',
        "[]\n",
        '{"day": "yesterday", "question": "x", "good": true}\n',
        '{"day": "2026-01-01", "question": ["x"], "good": true}\n',
        "\n",
        "\x00\xff\n",
    ],
)
def test_a_line_that_is_none_is_passed_over_and_swallows_no_other(folder: Path, line: str) -> None:
    file = folder / "feedback.jsonl"
    file.write_text(file.read_text(encoding="utf-8") + line, encoding="utf-8")
    assert votes(folder).all() == [*VOTES]
    votes(folder).add(VOTES[0])
    assert votes(folder).all() == [*VOTES, VOTES[0]]


def test_nobody_fills_the_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.kept._LARGEST", 2000)
    for number in range(100):
        unanswered(folder).add(Unanswered(TODAY, f"Question {number}?"))
    assert (folder / "unanswered.jsonl").stat().st_size < 2200
    assert unanswered(folder).all()[-1].question == "Question 99?"


def test_some_are_dropped_and_the_others_stay(folder: Path) -> None:
    assert votes(folder).drop(lambda one: one.good) == 1
    assert votes(folder).all() == [VOTES[1]]
    assert votes(folder).drop(lambda one: one.good) == 0
    assert unanswered(folder / "nowhere").drop(lambda _: True) == 0


def test_a_later_vote_on_an_answer_takes_the_place_of_the_earlier_one(folder: Path) -> None:
    first = Feedback(LONG_AGO, "Do beer traps help?", False, turn="a1")
    reason = replace(first, day=BEFORE, reason="no-answer")
    changed = replace(first, day=TODAY, good=True)
    other = Feedback(TODAY, "Do beer traps help?", False, turn="b2")
    file = folder / "feedback.jsonl"
    for one, told in ((first, [first]), (reason, [reason]), (other, [reason, other])):
        votes(folder).add(one)
        assert votes(folder).all() == [*VOTES, *told]
    votes(folder).add(changed)
    assert [one.turn for one in votes(folder).all()] == ["", "", "b2", "a1"]
    assert votes(folder).all() == [*VOTES, other, changed]
    assert len(file.read_text(encoding="utf-8").splitlines()) == 6  # none was written over
    # What is deleted does not bring back what it had taken the place of.
    assert votes(folder).drop(lambda one: one.good and one.turn == "a1") == 1
    assert votes(folder).all() == [*VOTES, other]
    assert "a1" not in file.read_text(encoding="utf-8")


def test_a_vote_that_counts_no_more_is_deleted_in_time_as_well(folder: Path) -> None:
    old = Feedback(LONG_AGO, "How old is this?", False, turn="a1")
    votes(folder).add(old)
    votes(folder).add(replace(old, day=TODAY))
    assert votes(folder).expire(30) == 0
    lines = (folder / "feedback.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["day"] for line in lines] == [BEFORE, TODAY, TODAY]
    assert votes(folder).delete() == 3


# ---------------------------------------------------------------- the command


def test_the_command_shows_them(folder: Path) -> None:
    said = run("--index", str(folder))
    assert f"{BEFORE}  good  Why are slugs [bold]slimy[/bold]?" in said
    assert f"{TODAY}  bad   Wer wählt das Gemüse? (out-of-date)" in said
    assert "2 votes: 1 good, 1 bad." in said
    first = json.loads(run("--index", str(folder), "--json").splitlines()[0])
    assert first["question"] == VOTES[0].question
    asked = run("--index", str(folder), "--questions")
    assert f"{TODAY}  And [red]salt[/red]?" in asked
    assert "2 questions without an answer." in asked
    lines = run("--index", str(folder), "--questions", "--json").splitlines()
    assert json.loads(lines[0]) == {"day": BEFORE, "question": "Do beer traps help?"}


def test_the_command_deletes_them(folder: Path) -> None:
    assert "2 votes deleted." in run("--index", str(folder), "--delete")
    assert not (folder / "feedback.jsonl").exists()
    assert "0 votes" in run("--index", str(folder))
    assert unanswered(folder).all() == [*ASKED]
    assert "2 questions deleted." in run("--index", str(folder), "--questions", "--delete")
    assert not (folder / "unanswered.jsonl").exists()
    assert votes(folder).delete() == 0


def test_what_is_old_is_deleted_before_it_is_shown(folder: Path) -> None:
    unanswered(folder).add(Unanswered(LONG_AGO, "How old is this?"))
    assert "How old" not in run("--index", str(folder), "--questions")
    assert "How old" not in (folder / "unanswered.jsonl").read_text(encoding="utf-8")
    assert "2 votes" in run("--index", str(folder))


# ---------------------------------------------------------------- a server


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return site_index(tmp_path_factory.mktemp("feedback") / "index")


def ask(address: str, question: str) -> None:
    """Through two doors, one of them as a stream."""
    body = {"question": question, "stream": True}
    assert post(f"{address}/api/ask", json=body).status_code == 200
    chat = {"messages": [{"role": "user", "content": question}]}
    assert post(f"{address}/v1/chat/completions", json=chat).status_code == 200


def test_questions_without_an_answer_are_kept_where_the_owner_wants_it(index: Path) -> None:
    with FakeAssistant(index) as assistant, open_doors(assistant) as (address, _):
        ask(address, NOBODY)
        assert unanswered(index).all() == []
    kept = FakeAssistant(index, keep_questions=True)
    with kept as assistant, open_doors(assistant) as (address, _):
        ask(address, NOBODY)
        ask(address, LETTUCES)
        assert unanswered(index).all() == [Unanswered(today(), NOBODY)] * 2
    unanswered(index).delete()


def test_an_answer_comes_although_its_question_cannot_be_kept(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ui.kept.Kept.add", full)
    kept = FakeAssistant(index, keep_questions=True)
    with kept as assistant, open_doors(assistant) as (address, _):
        ask(address, NOBODY)


def test_a_server_deletes_what_is_old(index: Path) -> None:
    unanswered(index).add(Unanswered(BEFORE, "How old is this?"))
    with FakeAssistant(index, keep_days=2) as assistant, open_doors(assistant):
        until(lambda: not unanswered(index).all())
