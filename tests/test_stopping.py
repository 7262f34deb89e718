"""Whoever leaves before the answer: the provider sees it, and nothing goes on behind."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from chatting import ASK, BARE, assistant, number_in
from openai_server import Reply, ScriptedServer, serving
from small_site import garden

from rag import Answer
from rag.errors import Stopped
from rag.stopping import Stop, called_off_by
from ui.page.stream import Workers

SILENT = Reply(("Never.",), between=60)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
    return garden(tmp_path / "index")


def endless(index: Path) -> Reply:
    first = f"{BARE[:-1]} [{number_in(index)}]. "
    return Reply((first, *["And so on. "] * 3000), between=0.01)


async def until_asked(server: ScriptedServer) -> None:
    while not server.requests:
        await asyncio.sleep(0.02)


def test_a_cancelled_ask_ends_the_request_of_a_model_that_is_silent(index: Path) -> None:
    async def run() -> None:
        asking = asyncio.ensure_future(opened.chain.ainvoke(ASK))
        await until_asked(server)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    with serving(SILENT) as server, assistant(server, index) as opened:
        asyncio.run(run())
        assert server.left.wait(5)
        assert len(server.requests) == 1


def test_a_timeout_of_the_caller_ends_the_request(index: Path) -> None:
    async def run() -> None:
        await asyncio.wait_for(opened.chain.ainvoke(ASK), timeout=2)

    with serving(SILENT) as server, assistant(server, index) as opened:
        with pytest.raises(TimeoutError):
            asyncio.run(run())
        assert server.left.wait(5)


def test_leaving_an_async_stream_behind_its_first_sentence_ends_the_request(index: Path) -> None:
    async def run() -> str:
        stream = opened.chain.astream(ASK)
        first = await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]
        return first.text

    reply = endless(index)
    with serving(reply) as server, assistant(server, index) as opened:
        assert asyncio.run(run()) == BARE
        assert server.left.wait(5)


def test_a_cancelled_async_stream_ends_the_request(index: Path) -> None:
    async def run() -> None:
        async def read() -> None:
            async for _ in opened.chain.astream(ASK):
                pass

        reading = asyncio.ensure_future(read())
        await until_asked(server)
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading

    with serving(SILENT) as server, assistant(server, index) as opened:
        asyncio.run(run())
        assert server.left.wait(5)


def test_one_that_is_cancelled_does_not_disturb_the_others(index: Path) -> None:
    async def run() -> list[object]:
        tasks = [asyncio.ensure_future(opened.chain.ainvoke(f"{ASK} {n}")) for n in range(3)]
        await until_asked(server)
        tasks[1].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    slow = Reply(("NOT IN THE POSTS",), between=1)
    with serving(slow) as server, assistant(server, index) as opened:
        first, second, third = asyncio.run(run())
    assert isinstance(first, Answer)
    assert isinstance(second, asyncio.CancelledError)
    assert isinstance(third, Answer)


def test_a_reader_who_closes_the_stream_is_not_written_for(index: Path) -> None:
    reply = endless(index)
    with serving(reply) as server, assistant(server, index) as opened:
        answers = opened.stream(ASK)
        assert next(answers).text == BARE
        answers.close()  # type: ignore[attr-defined]
        assert server.left.wait(5)


def test_the_pages_stop_ends_the_request(index: Path) -> None:
    stop = threading.Event()

    def stop_when_asked() -> None:
        while not server.requests:
            time.sleep(0.02)
        stop.set()

    with serving(SILENT) as server, assistant(server, index) as opened:
        opened.warm_up()
        threading.Thread(target=stop_when_asked, daemon=True).start()
        assert list(Workers(1).until(stop, lambda: opened.stream(ASK))) == []
        assert server.left.wait(5)


def test_what_starts_after_the_stop_is_not_begun() -> None:
    def begin() -> Iterator[str]:
        with called_off_by(lambda: None):
            yield "begun"

    stop = Stop()
    context = stop.context()
    assert context.run(next, begin()) == "begun"
    stop.now()
    with pytest.raises(Stopped):
        context.run(next, begin())


def test_each_call_is_made_once_and_only_while_it_is_wanted() -> None:
    called: list[str] = []
    stop = Stop()

    def work() -> None:
        with called_off_by(lambda: called.append("done already")):
            pass
        with called_off_by(lambda: called.append("under way")):
            stop.now()
            stop.now()

    stop.context().run(work)
    assert called == ["under way"]


def test_without_a_reader_who_may_leave_work_is_done() -> None:
    with called_off_by(lambda: None):
        pass
