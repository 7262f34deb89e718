"""Many readers at once, only not so many: what they are answered, and what is counted of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from fake_assistant import LETTUCES, serving, site_index

from bench import bench_load
from bench.figures import shown
from bench.load import DOORS, Crowd, Cut, Left, Memory, alone, crowd, cut, leave
from bench.machine import this_machine
from bench.readers import Door
from rag.settings import load_settings

READERS = 12  # more than are answered at once
QUICK = (LETTUCES, "When to sow tomatoes?", "Who won the world cup?", "heap warm below snow")
SLOW = (f"{LETTUCES} slow", "When to sow slow tomatoes?")
VERY_SLOW = tuple(question.replace("slow", "very slow") for question in SLOW)
"""Not answered before the server sees that their readers are gone, however busy the machine is."""


@dataclass(frozen=True, slots=True)
class Happened:
    """What happened to readers of the small site."""

    crowds: dict[Door, Crowd]
    left: dict[Door, Left]
    killed: Cut
    ended: Cut


@pytest.fixture(scope="module")
def happened() -> Iterator[Happened]:
    with ExitStack() as servers:
        address, process = servers.enter_context(serving(stop_timeout=3000))

        def another() -> float:
            nonlocal process
            process.wait()
            port = urlsplit(address).port
            _, process = servers.enter_context(serving(port=port, stop_timeout=3000))
            return 0.0

        async def start() -> float:
            return await asyncio.to_thread(another)

        async def happen() -> Happened:
            quick = {door: await alone(address, door, QUICK) for door in DOORS}
            slow = await alone(address, "page", SLOW)
            crowds = {door: await crowd(address, door, quick[door], READERS, 2) for door in DOORS}
            left = {
                door: await leave(address, door, VERY_SLOW, READERS, then=LETTUCES)
                for door in DOORS
            }
            ways = (lambda: process.kill(), lambda: process.terminate())
            killed, ended = [
                await cut(address, "page", slow, READERS, end=way, start=start) for way in ways
            ]
            return Happened(crowds, left, killed, ended)

        yield asyncio.run(happen())


@pytest.mark.parametrize("door", DOORS)
def test_every_reader_of_a_crowd_gets_his_own_answer(happened: Happened, door: Door) -> None:
    found = happened.crowds[door]
    assert (found.readers, found.questions) == (READERS, 2 * READERS)
    assert (found.broke, found.lost, found.mixed, found.wrong) == ({}, 0, 0, 0)
    assert len(found.first.values) == 2 * READERS


@pytest.mark.parametrize("door", DOORS)
def test_readers_who_leave_are_not_answered(happened: Happened, door: Door) -> None:
    assert set(happened.left[door].counted) == {"left"}
    assert 0 < happened.left[door].counted["left"] <= READERS


def test_readers_of_a_server_that_is_killed_ask_the_next_one(happened: Happened) -> None:
    assert happened.killed.whole < READERS
    assert sum(happened.killed.broke.values()) == READERS - happened.killed.whole
    assert happened.killed.again == READERS - happened.killed.whole


def test_a_server_that_is_told_to_end_answers_those_who_wait(happened: Happened) -> None:
    # Eight at once; the other four wait in Gradio's queue.
    assert (happened.ended.whole, happened.ended.broke) == (READERS, {})


# ---------------------------------------------------------------- what is counted


@contextmanager
def server(events: list[tuple[str, dict[str, Any]]], *, named: bool = True) -> Iterator[str]:
    """An `/api/ask` that always sends these events; `named`: for the question that was asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            own = {"question": asked["question"], "id": asked["id"]} if named else {}
            self.send_response(200)
            self.end_headers()
            for name, data in events:
                self.wfile.write(f"event: {name}\ndata: {json.dumps(data | own)}\n\n".encode())

        def log_message(self, *_: object) -> None:
            """Not to the terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = Thread(target=listening.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.server_port}"
        finally:
            listening.shutdown()
            thread.join()


ANSWER = {"answered": True, "sentences": ["Yes."], "timing_ms": {}}


def asked_of(address: str, expected: dict[str, Any]) -> Crowd:
    return asyncio.run(crowd(address, "api", expected, 2, 1))


def test_an_answer_to_another_question_is_mixed() -> None:
    other = {**ANSWER, "question": "Why?", "id": "another"}
    with server([("answer", other)], named=False) as address:
        found = asked_of(address, {"Who?": None})
    assert (found.mixed, found.lost, found.broke) == (2, 0, {})


def test_an_answer_that_is_another_than_alone_is_wrong() -> None:
    with server([("answer", ANSWER)]) as address:
        right = asyncio.run(alone(address, "api", ("Who?",)))
        assert asked_of(address, dict(right)).wrong == 0
        assert asked_of(address, {"Who?": {**right["Who?"], "sentences": ["No."]}}).wrong == 2


def test_a_stream_without_an_end_is_lost_and_a_told_error_is_an_error() -> None:
    sentence = ("sentence", {"text": "Yes."})
    with server([sentence]) as address:
        found = asked_of(address, {"Who?": None})
        assert (found.lost, found.broke, found.wrong) == (2, {}, 0)
    with server([sentence, ("error", {"problem": "No."})]) as address:
        found = asked_of(address, {"Who?": None})
        assert (found.lost, found.broke) == (0, {"RuntimeError": 2})
        with pytest.raises(RuntimeError, match="was not answered"):
            asyncio.run(alone(address, "api", ("Who?",)))


def test_the_slope_is_that_of_the_second_half() -> None:
    # Steep at first, then 3 MB for each 100 questions.
    assert Memory(100, (0.0, 500.0, 600.0, 603.0, 606.0), 0).slope == pytest.approx(30)


@pytest.mark.slow
@pytest.mark.timeout(900)  # half a dozen servers are started
def test_the_whole_benchmark_on_a_small_index(tmp_path: Path) -> None:
    with serving() as (address, _):
        port = urlsplit(address).port
    settings = load_settings(
        index=site_index(tmp_path / "index"), embedding_model="hash", port=port,
        min_answerable=0.0, cached_answers=0,
    )  # fmt: skip
    measured = bench_load.measure(settings, QUICK[:2], 4, 1, 40, step=20)
    assert (measured.questions, measured.errors, measured.memory.wrong) == (2, 0, 0)
    assert len(measured.memory.megabytes) == 1 + 40 // 20
    for cuts in (measured.killed, measured.ended):
        for one in cuts.values():
            assert one.whole + one.again == one.readers == 4
    text = shown(this_machine(), measured, bench_load.text_of(measured), as_json=False)
    assert text.count("| page ") == 2
    assert "MB after 40 questions" in text
    told = json.loads(shown(this_machine(), measured, text, as_json=True))
    assert told["measured"]["crowds"]["api"]["mixed"] == 0
