"""A chat model over the wire: LangChain's own client against a scripted server on loopback."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from chatting import ASK, BARE, ask, assistant, number_in
from openai_server import Reply, serving
from small_site import garden

from rag import Answer, Assistant
from rag.errors import ModelUnavailable
from rag.types import Basis


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
    return garden(tmp_path / "index")


@pytest.fixture
def number(index: Path) -> int:
    """Under which the model is shown the sentence; the same for the same question."""
    return number_in(index)


def test_a_sentence_in_other_words_is_checked_and_called_supported(
    index: Path, number: int
) -> None:
    said = Reply(("Twenty-two lettuces were lost ", "in the bare bed [", f"{number}", "]."))
    with serving(said) as server:
        answer = ask(server, index)
    (sentence,) = answer.sentences
    assert (sentence.text, sentence.basis) == (
        "Twenty-two lettuces were lost in the bare bed.", Basis.SUPPORTED,
    )  # fmt: skip
    assert [one.quote for one in sentence.citations] == [BARE]
    assert answer.provenance.writer == "openai:scripted"
    (request,) = server.requests
    assert (request["model"], request["stream"], request["temperature"]) == ("scripted", True, 0)


@pytest.mark.parametrize(
    ("model", "sent"), [("o3-mini", {}), ("o4-mini", {}), ("gpt-4o", {"temperature": 0})]
)
def test_a_model_that_takes_no_temperature_is_sent_none(
    index: Path, number: int, model: str, sent: dict[str, object]
) -> None:
    given = {"embedding_model": "hash", "min_answerable": 0.0, "chat_model": f"openai:{model}"}
    with serving(Reply((f"{BARE[:-1]} [{number}].",))) as server:
        with Assistant.open(index, chat_base_url=server.url, **given) as opened:
            assert opened.ask(ASK).text == BARE
        (request,) = server.requests
    assert {name: request[name] for name in request if name == "temperature"} == sent


def test_what_does_not_pass_is_said_again_once_and_then_left_out(index: Path, number: int) -> None:
    wrong = Reply((f"Rabbits in Peru ate 900 of them [{number}].",))
    with serving(wrong, Reply((f"{BARE[:-1]} [{number}].",))) as server:
        answer = ask(server, index)
    assert [(one.text, one.basis) for one in answer.sentences] == [(BARE, Basis.QUOTED)]
    assert [one.claim.text for one in answer.rejected] == ["Rabbits in Peru ate 900 of them."]
    first, second = server.requests
    assert len(second["messages"]) == len(first["messages"]) + 2
    assert "- Rabbits in Peru ate 900 of them." in second["messages"][-1]["content"]
    with serving(wrong) as server:
        answer = ask(server, index)
    assert not answer.answered
    assert len(server.requests) == 2
    assert len(answer.rejected) == 1
    assert answer.nearest


def test_a_model_that_says_it_is_not_there_is_believed(index: Path) -> None:
    with serving(Reply(("NOT IN ", "THE POSTS"))) as server:
        answer = ask(server, index)
    assert not answer.answered
    assert (answer.rejected, len(server.requests)) == ((), 1)


@pytest.mark.parametrize(
    "said",
    [
        "Read more at https://evil.example/login [{}].",
        "The bare bed lost twenty-two lettuces, see www.evil.example [{}].",
        "The bare bed lost <img src=x onerror=alert(1)> twenty-two lettuces [{}].",
        "The bare bed lost [twenty-two](//evil.example) lettuces [{}].",
        "The bare bed lost twenty-two lettuces, says pay-me.com [{}].",
    ],
)
def test_no_address_and_no_markup_but_the_posts_own(index: Path, number: int, said: str) -> None:
    with serving(Reply((said.format(number),))) as server:
        answer = ask(server, index, min_support=0.0)
    assert not answer.answered
    assert "address or markup" in answer.rejected[0].reason


def test_the_time_bounds_the_answer_and_not_the_silence(index: Path, number: int) -> None:
    """Each piece comes in time; all of them together do not."""
    slow = Reply((f"{BARE[:-1]} [{number}]. ", *["more and "] * 100), between=0.2)
    with serving(slow) as server:
        answer = ask(server, index, chat_timeout=1.5)
    assert answer.text == BARE
    assert any("did not finish in time" in warning for warning in answer.warnings)


def test_tries_of_the_client_do_not_multiply_the_time(index: Path) -> None:
    with serving(Reply(("Never.",), between=30)) as server:
        started = time.monotonic()
        with pytest.raises(ModelUnavailable, match="did not finish in time"):
            ask(server, index, chat_timeout=1, chat_fallback=False)
        assert time.monotonic() - started < 15  # one second; three tries of it would not be one


@pytest.mark.parametrize(
    ("reply", "warning"), [({"finish": "length"}, "limit of length"), ({"cut": True}, "cut short")]
)
def test_an_answer_that_breaks_off_keeps_its_whole_sentences(
    index: Path, number: int, reply: dict[str, object], warning: str
) -> None:
    pieces = (f"{BARE[:-1]} [{number}]. ", "The bed with wool mulch lost")
    with serving(Reply(pieces, **reply)) as server:  # type: ignore[arg-type]
        answer = ask(server, index)
    assert answer.text == BARE
    assert answer.complete
    assert any(warning in one for one in answer.warnings)


def test_where_nothing_passed_before_it_broke_off_answers_are_quoted(
    index: Path, number: int
) -> None:
    wrong = Reply((f"Rabbits in Peru ate 900 of them [{number}]. ", "And the"), cut=True)
    with serving(wrong) as server:
        answer = ask(server, index)
        assert len(server.requests) == 1
        with pytest.raises(ModelUnavailable, match="its connection broke off"):
            ask(server, index, chat_fallback=False)
    assert BARE in answer.text
    assert {one.basis for one in answer.sentences} == {Basis.QUOTED}
    assert [one.claim.text for one in answer.rejected] == ["Rabbits in Peru ate 900 of them."]
    assert answer.warnings[-1].endswith("Quoted from the posts instead.")


def test_the_loop_goes_on_while_a_model_writes(index: Path, number: int) -> None:
    async def run() -> tuple[int, Answer]:
        ticks = 0
        asking = asyncio.ensure_future(opened.chain.ainvoke(ASK))
        while not asking.done():
            ticks += 1
            await asyncio.sleep(0.02)
        return ticks, await asking

    slow = Reply((f"{BARE[:-1]} [{number}].",), between=1)
    with serving(slow) as server, assistant(server, index) as opened:
        ticks, answer = asyncio.run(run())
    assert answer.text == BARE
    assert ticks > 10
