"""The same question is not answered twice, unless something has changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from chatting import ASK, BARE, assistant
from openai_server import Reply, ScriptedServer, serving
from small_site import GARDEN, garden, put

from rag import Assistant, Turn
from rag.embedding.embedder import HashEmbedder
from rag.index.index import write_index
from rag.types import Filters

NOT_THERE = Reply(("NOT IN THE POSTS",))


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
    return garden(tmp_path / "index")


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with serving(NOT_THERE) as opened:
        yield opened


def test_a_chat_model_is_asked_once(index: Path, server: ScriptedServer) -> None:
    with assistant(server, index) as opened:
        first = opened.ask(ASK)
        second = opened.ask(ASK)
        assert len(server.requests) == 1
        assert [one.complete for one in opened.stream(ASK)] == [True]
    assert replace(second, timing={}) == replace(first, timing={})
    assert list(second.timing) == ["kept"]


def test_quotes_are_kept_as_well(index: Path) -> None:
    with Assistant.open(index, embedding_model="hash", min_answerable=0.0) as opened:
        assert opened.ask(ASK).answered
        assert list(opened.ask(ASK).timing) == ["kept"]


@pytest.mark.parametrize(
    "asked",
    [
        {"question": f"{ASK} Really?"},
        {"history": [Turn("What about wool?", "Three of forty.")]},
        {"filters": Filters(authors=("Tom Baker",))},
        {"filters": Filters(since=datetime(2019, 1, 1, tzinfo=UTC))},
        {"recognise": False},
        {"without": Filters(authors=("Tom Baker",))},
    ],
    ids=["question", "history", "filters", "time", "recognise", "without"],
)
def test_what_was_asked_otherwise_is_asked_anew(
    index: Path, server: ScriptedServer, asked: dict[str, object]
) -> None:
    with assistant(server, index) as opened:
        opened.ask(ASK)
        answer = opened.ask(**{"question": ASK, **asked})  # type: ignore[arg-type]
    assert "kept" not in answer.timing


def test_turns_that_are_not_looked_at_make_no_difference(
    index: Path, server: ScriptedServer
) -> None:
    with assistant(server, index, history_turns=0) as opened:
        opened.ask(ASK)
        answer = opened.ask(ASK, history=[Turn("What about wool?", "Three of forty.")])
    assert list(answer.timing) == ["kept"]


def test_another_day_is_another_question(index: Path, server: ScriptedServer) -> None:
    with assistant(server, index) as opened:
        for day in (1, 1, 2):
            now = datetime(2026, 3, day, tzinfo=UTC)
            *_, last = opened.pipeline.answers(ASK, now=now)
    assert "kept" not in last.timing
    assert len(server.requests) == 2


def test_a_changed_index_is_asked_anew(index: Path, server: ScriptedServer) -> None:
    with assistant(server, index) as opened:
        opened.ask(ASK)
        changed = replace(GARDEN[1], post=replace(GARDEN[1].post, title="Slugs once more"))
        with write_index(index, HashEmbedder().id) as writer:
            put(writer, changed, HashEmbedder())
            # In the catalog already, and not yet in the search index.
            assert "kept" not in opened.ask(ASK).timing
            writer.finish()
        answer = opened.ask(ASK)
        assert "kept" not in answer.timing
        assert "Slugs once more" in {hit.passage.post.title for hit in answer.hits}
        assert list(opened.ask(ASK).timing) == ["kept"]


def test_a_changed_setting_is_asked_anew(index: Path, server: ScriptedServer) -> None:
    with (
        assistant(server, index) as first,
        assistant(server, index, chat_instructions="Be brief.") as second,
    ):
        first.ask(ASK)
        second.ask(ASK)
    assert len(server.requests) == 2


def test_an_answer_that_had_to_be_quoted_instead_is_not_kept(index: Path) -> None:
    with serving(Reply(status=401), NOT_THERE) as server, assistant(server, index) as opened:
        assert BARE in opened.ask(ASK).text
        answer = opened.ask(ASK)
    assert not answer.answered
    assert "kept" not in answer.timing


def test_an_answer_nobody_waited_for_is_not_kept(index: Path, server: ScriptedServer) -> None:
    with Assistant.open(index, embedding_model="hash", min_answerable=0.0) as opened:
        answers = opened.stream(ASK)
        assert not next(answers).complete
        answers.close()  # type: ignore[attr-defined]
        assert "kept" not in opened.ask(ASK).timing


def test_the_oldest_goes_when_there_is_no_room(index: Path, server: ScriptedServer) -> None:
    with assistant(server, index, cached_answers=2) as opened:
        for question in (ASK, "What of wool?", ASK, "What of tape?"):
            opened.ask(question)
        assert list(opened.ask(ASK).timing) == ["kept"]
        assert "kept" not in opened.ask("What of wool?").timing


def test_nothing_is_kept_where_none_is_wanted(index: Path, server: ScriptedServer) -> None:
    with assistant(server, index, cached_answers=0) as opened:
        opened.ask(ASK)
        assert "kept" not in opened.ask(ASK).timing
    assert len(server.requests) == 2
