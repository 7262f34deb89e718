"""A real model on a real wire: random weights write gibberish, and the reader is told the truth."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from chatting import ASK, BARE
from openai_server import Reply, ScriptedServer, serving
from small_site import GARDEN, garden
from tiny_chat_model import make_model, speaker

from eval.chat_trial import Trial, try_model
from rag import Assistant
from rag.settings import load_settings
from ui.commands.trial import lines
from ui.copied import markdown
from ui.render import REFUSED

pytestmark = [pytest.mark.model, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScriptedServer]:
    texts = [section.text for parsed in GARDEN for section in parsed.sections]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries about their own future
        model = make_model(tmp_path_factory.mktemp("tiny"), texts)
        with serving(Reply(says=speaker(model))) as opened:
            yield opened


@pytest.fixture
def settings(
    server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, object]:
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
    server.requests.clear()
    return {
        "index": garden(tmp_path / "index"), "embedding_model": "hash", "min_answerable": 0.0,
        "chat_model": "openai:tiny", "chat_base_url": server.url, "chat_timeout": 200,
    }  # fmt: skip


def test_gibberish_is_rejected_and_the_reader_is_told(
    settings: dict[str, object], server: ScriptedServer
) -> None:
    with Assistant.open(**settings) as assistant:  # type: ignore[arg-type]
        *growing, answer = assistant.stream(ASK)
    assert answer.complete
    assert not answer.answered
    assert answer.rejected, answer.warnings
    assert all(one.claim.text for one in answer.rejected)
    assert {one.reason for one in answer.rejected} == {"It points at no sentence of a post."}
    assert answer.nearest
    assert BARE in server.requests[0]["messages"][1]["content"]
    shown = markdown(answer)
    assert REFUSED in shown
    assert "did not pass the check" in shown
    assert not any(one.answered for one in growing)


def test_the_trial_tells_that_it_is_of_no_use(settings: dict[str, object]) -> None:
    trial: Trial = try_model(load_settings(**settings), on_progress=lambda *_: None)
    assert not trial.good
    assert not trial.answered
    assert trial.total(lambda one: one.said_tokens) > 0
    assert lines(trial)[-1].startswith("WRONG")
