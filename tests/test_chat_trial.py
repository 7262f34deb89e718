"""Is a chat model good enough?"""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import pytest
from openai_server import Reply, serving
from small_site import garden
from typer.testing import CliRunner

from eval.chat_trial import QUESTIONS, Trial, Tried, draft_questions, try_model
from rag.chat.spend import FILE
from rag.errors import ConfigError
from rag.index.index import Index
from rag.settings import load_settings
from ui.cli import app
from ui.commands.trial import lines


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
    return garden(tmp_path / "index")


def copy(messages: list[dict[str, str]]) -> str:
    """What a model says that copies the first sentence that it is shown."""
    found = re.search(r"^\[(\d+)\] (.*)$", messages[1]["content"], re.M)
    assert found
    return f"{found[2].rstrip('.')} [{found[1]}]."


def tried(index: Path, *replies: Reply, **settings: object) -> Trial:
    steps: list[tuple[int, int]] = []
    with serving(*replies) as server:
        given = load_settings(
            index=index, embedding_model="hash", chat_model="openai:scripted",
            chat_base_url=server.url, min_support=0.5, **settings,
        )  # fmt: skip
        trial = try_model(given, on_progress=lambda done, total: steps.append((done, total)))
    assert [done for done, _ in steps] == list(range(1, len(trial.tried) + 1))
    return trial


def test_questions_are_made_of_headings_and_sentences_of_the_index(index: Path) -> None:
    with closing(Index(index)) as opened:
        questions = draft_questions(opened, QUESTIONS)
        assert draft_questions(opened, 2) == questions[:2]
    assert len(set(questions)) == len(questions) > 3
    assert "Slugs without pellets: Results?" in questions
    assert any(":" not in question for question in questions)


def test_a_model_that_quotes_can_be_used(index: Path) -> None:
    trial = tried(index, Reply(says=copy, usage=(900, 12)))
    assert trial.good
    assert trial.answered == len(trial.tried)
    assert {(one.written, one.pointing, one.shown) for one in trial.tried} == {(1, 1, 1)}
    assert {(one.asked_tokens, one.said_tokens) for one in trial.tried} == {(900, 12)}
    assert any("900 asked and 12 said" in line for line in lines(trial))


def test_a_model_without_numbers_does_not_keep_to_the_form(index: Path) -> None:
    trial = tried(index, Reply(("Gardens are nice. So are slugs.",)))
    assert not trial.good
    assert "does not keep to the form" in trial.verdict
    assert trial.total(lambda one: one.pointing) == 0


def test_a_model_that_invents_is_rejected(index: Path) -> None:
    def invent(messages: list[dict[str, str]]) -> str:
        number = copy(messages).rpartition("[")[2].rstrip("].")
        return f"Peruvian rabbits conquered Mars in 1823 [{number}]."

    trial = tried(index, Reply(says=invent))
    assert not trial.good
    assert trial.verdict.startswith("Most of its sentences say something else")


def test_a_model_that_finds_nothing_is_of_no_use(index: Path) -> None:
    assert tried(index, Reply(("NOT IN THE POSTS",))).verdict.startswith("It finds no answers")


def test_a_model_that_fails_is_not_asked_twenty_times(index: Path) -> None:
    trial = tried(index, Reply(status=401))
    assert len(trial.tried) == 3
    assert "its key is missing or wrong" in trial.verdict
    assert not trial.good


def test_what_it_spends_counts_for_the_day(index: Path) -> None:
    trial = tried(index, Reply(says=copy, usage=(900, 12)), chat_daily_tokens=1_000_000)
    assert f": {912 * len(trial.tried)}" in (index / FILE).read_text(encoding="ascii")


def test_a_few_answers_among_many_questions_are_too_few() -> None:
    answered = Tried("?", 1.0, 900, 10, 1, 1, 1)
    silent = Tried("?", 1.0, 900, 5, 0, 0, 0)
    assert Trial("m", (answered, answered, silent)).good
    assert "leaves most questions" in Trial("m", (answered, silent, silent)).verdict
    assert "nothing to ask about" in Trial("m", ()).verdict
    assert "none of 0" in lines(Trial("m", (silent,)))[2]


def test_no_model_is_an_error(index: Path) -> None:
    with pytest.raises(ConfigError, match="No chat model"):
        try_model(load_settings(index=index, embedding_model="hash"), on_progress=lambda *_: None)


def test_the_doctor_tries_it(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "hash")
    with serving(Reply(says=copy)) as server:
        monkeypatch.setenv("PULLQUOTE_CHAT_BASE_URL", server.url)
        command = ["doctor", "--index", str(index), "--chat-model", "openai:scripted"]
        shown = CliRunner().invoke(app, command).stdout
    assert "The chat model openai:scripted" in shown
    assert "ok     It can be used" in shown
