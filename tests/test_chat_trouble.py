"""A chat model that fails, over the wire: told with what to do, or quoted instead."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from chatting import BARE, ask, number_in
from openai_server import Reply, serving
from small_site import garden

from rag.backends import load_writer
from rag.calibration import load_calibration
from rag.errors import ModelUnavailable
from rag.settings import load_settings
from rag.types import Basis

CALIBRATION = load_calibration("53aa51172d142c89")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
    return garden(tmp_path / "index")


def check(index: Path, reply: Reply, problem: str, hint: str) -> None:
    """The error where one is wanted, else quotes and a warning that says why."""
    with serving(reply) as server:
        with pytest.raises(ModelUnavailable) as caught:
            ask(server, index, chat_fallback=False, chat_timeout=8)
        assert f"The chat model openai:scripted {problem}." == caught.value.problem
        assert hint in caught.value.hint
        answer = ask(server, index, chat_timeout=8)
    assert BARE in answer.text
    assert {one.basis for one in answer.sentences} == {Basis.QUOTED}
    assert answer.warnings[-1] == f"{caught.value.problem} Quoted from the posts instead."


def test_a_wrong_key(index: Path) -> None:
    check(index, Reply(status=401), "did not answer: its key is missing or wrong", "Set the key")


def test_a_key_that_may_not_use_the_model(index: Path) -> None:
    problem = "did not answer: its key may not use this model"
    check(index, Reply(status=403), problem, "Use a key that may")


def test_no_credit(index: Path) -> None:
    problem = "did not answer: its account has no credit left"
    check(index, Reply(status=402), problem, "Top up its account")


def test_a_model_that_the_server_does_not_know(index: Path) -> None:
    problem = "did not answer: its server knows no such model"
    check(index, Reply(status=404), problem, "Check the name")


def test_too_many_requests(index: Path) -> None:
    problem = "did not answer: it refuses more requests for now"
    check(index, Reply(status=429), problem, "Wait, or raise its limit")


def test_a_server_in_trouble(index: Path) -> None:
    problem = "did not answer: its server has trouble"
    check(index, Reply(status=500), problem, "Try again later")


def test_a_request_that_it_does_not_take(index: Path) -> None:
    problem = "did not answer: it does not take the request"
    check(index, Reply(status=400), problem, "the log has its words")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "This model's maximum context length is 4096 tokens."),
        (400, "the request exceeds the available context size, try increasing it"),
        (400, "prompt is too long: 212030 tokens > 200000 maximum"),
        (413, "Payload Too Large"),
    ],
)
def test_a_context_that_is_too_long(index: Path, status: int, said: str) -> None:
    problem = "did not answer: the request is longer than it can read"
    check(index, Reply(status=status, error=said), problem, "Set chat_context_tokens")


def test_an_answer_that_does_not_come_in_time(index: Path) -> None:
    with serving(Reply(("Never.",), between=60)) as server:
        with pytest.raises(ModelUnavailable, match="did not finish in time") as caught:
            ask(server, index, chat_fallback=False, chat_timeout=0.5)
        assert "Raise chat_timeout" in caught.value.hint
        answer = ask(server, index, chat_timeout=0.5)
        assert server.left.wait(5)  # the provider is not left writing
    assert BARE in answer.text
    assert "did not finish in time. Quoted" in answer.warnings[-1]


def test_a_stream_that_is_cut_before_the_first_sentence(index: Path) -> None:
    reply = Reply(("The bare bed", " lost"), cut=True)
    problem = "did not answer: its connection broke off in the middle"
    check(index, reply, problem, "Try again")


def test_a_stream_that_is_cut_behind_a_sentence_keeps_it(index: Path) -> None:
    number = number_in(index)
    with serving(Reply((f"{BARE[:-1]} [{number}]. ", "And the"), cut=True)) as server:
        answer = ask(server, index, chat_fallback=False)
    assert answer.text == BARE
    assert answer.warnings[-1].startswith("cut short: The chat model openai:scripted did not")


@pytest.mark.parametrize("finish", ["content_filter", "refusal", "SAFETY"])
def test_a_refusal(index: Path, finish: str) -> None:
    check(index, Reply(finish=finish), "refused to answer", "filters what it says")


def test_an_apology_is_no_answer_and_points_at_nothing(index: Path) -> None:
    with serving(Reply(("I'm sorry, but I can't help with that.",))) as server:
        answer = ask(server, index)
    assert not answer.answered
    assert [one.reason for one in answer.rejected] == ["It points at no sentence of a post."]
    assert answer.nearest


@pytest.mark.parametrize("said", ["", "\n \n", "…"])
def test_an_empty_answer(index: Path, said: str) -> None:
    check(index, Reply((said,)), "said nothing", "It may be too small")


def test_an_answer_that_was_all_thought_until_its_limit(index: Path) -> None:
    reply = Reply(("<think>Which bed was it", " again?"), finish="length")
    check(index, reply, "stopped at its limit of length", "Raise the limit")


def test_an_answer_without_end_is_ended(index: Path) -> None:
    first = f"{BARE[:-1]} [{number_in(index)}]. "
    with serving(Reply((first, *["and on and on " * 500] * 200), between=0.02)) as server:
        answer = ask(server, index)
        assert server.left.wait(5)
    assert answer.text == BARE
    assert answer.warnings[-1] == "cut short: The chat model openai:scripted did not stop writing."
    assert sum(len(one.claim.text) for one in answer.rejected) < 120_000


def test_a_server_that_is_not_there(index: Path) -> None:
    with serving(Reply()) as server:
        pass
    with pytest.raises(ModelUnavailable, match="its server cannot be reached") as caught:
        ask(server, index, chat_fallback=False)
    assert "chat_base_url" in caught.value.hint


def test_what_the_provider_says_is_logged_and_not_shown(
    index: Path, caplog: pytest.LogCaptureFixture
) -> None:
    said = "Incorrect key sk-12**89, see <a href=https://provider.example/keys>keys</a>"
    with serving(Reply(status=401, error=said)) as server, caplog.at_level(logging.WARNING):
        answer = ask(server, index)
    assert "sk-12**89" in caplog.text
    assert not any("sk-" in one or "provider.example" in one for one in answer.warnings)


def test_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ModelUnavailable, match="'openai:gpt-4o-mini' cannot be used") as caught:
        load_writer(load_settings(chat_model="openai:gpt-4o-mini"), CALIBRATION)
    assert caught.value.hint.startswith("Set its key in the environment")


def test_no_package() -> None:
    with pytest.raises(ModelUnavailable, match="cannot be used") as caught:
        load_writer(load_settings(chat_model="mistralai:mistral-small"), CALIBRATION)
    assert caught.value.hint == "Install its LangChain package."


@pytest.mark.parametrize("name", ["nobody:nothing", "just-a-name"])
def test_a_model_that_langchain_does_not_know(name: str) -> None:
    with pytest.raises(ModelUnavailable, match="cannot be used") as caught:
        load_writer(load_settings(chat_model=name), CALIBRATION)
    assert "provider:model" in caught.value.hint
