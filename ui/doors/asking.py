"""Questions from over HTTP: answered in threads, and called off when whoever asked has left."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, closing, suppress
from dataclasses import dataclass, field
from functools import partial
from queue import SimpleQueue
from time import monotonic
from typing import Any, TypeVar

from fastapi import Request

from rag.assistant import Assistant
from rag.embedding.numpy_cores import CORES
from rag.errors import Stopped
from rag.settings import Settings
from rag.stopping import Stop
from rag.types import Answer, Filters, Turn
from ui.doors.metrics import Metrics
from ui.doors.problems import Refused
from ui.doors.requests import note_question
from ui.feedback import note_unanswered

WAITING = 64
"""Questions that may wait for being worked on."""
_AT_ONCE = 8
_ENDING = 2.0  # seconds that a server waits at its end for what was called off
_log = logging.getLogger("pullquote.questions")
_Made = TypeVar("_Made")


def at_once(settings: Settings) -> int:
    """How many questions are worked on at the same time.

    A chat model is waited for. Without one, a question is computed from beginning to end, and more
    of them than there are cores only take turns: of fifty readers at once on two cores, the last
    ones waited two fifths longer with eight.
    """
    return _AT_ONCE if settings.chat_model else min(_AT_ONCE, max(2, CORES))


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with all that goes with it."""

    question: str
    history: tuple[Turn, ...] = ()
    filters: Filters = field(default_factory=Filters)
    recognise: bool = True
    without: Filters = field(default_factory=Filters)


class Asker:
    """Asks an assistant for the server's loop."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self.metrics = Metrics(assistant.index)
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._open = 0
        # Always the same threads, as each opens the catalog for itself; and daemons, so that a
        # chat model that is slow to answer does not hold up the end of the program.
        self._at_once = at_once(assistant.settings)
        self._threads = [
            threading.Thread(target=self._work, daemon=True) for _ in range(self._at_once)
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End the threads, so that none opens an index that is closed; waits a little for them."""
        for _ in self._threads:
            self._jobs.put(None)
        end = monotonic() + _ENDING
        for thread in self._threads:
            thread.join(max(0.0, end - monotonic()))

    @property
    def open(self) -> int:
        """Questions that are being answered or wait for it."""
        return self._open

    def answers(self, asked: Asked, *, door: str) -> AsyncGenerator[Answer, None]:
        """Growing answers; the last is complete. Closed or cancelled, it calls off the work.

        Args:
            asked: The question.
            door: What figures call the way it came.

        Raises:
            Refused: Too many wait already.
            PullquoteError: As `Assistant.stream`.
        """
        note_question(asked.question)
        if self.assistant.settings.log_questions:
            _log.info("question", extra={"told": {"door": door, "question": asked.question}})
        return self.metrics.watch(door, self._answers(asked))

    async def _answers(self, asked: Asked) -> AsyncGenerator[Answer, None]:
        self._require_room()
        loop = asyncio.get_running_loop()
        ready: asyncio.Queue[Answer | Exception | None] = asyncio.Queue()
        left, stop = threading.Event(), Stop()

        def tell(what: Answer | Exception | None) -> None:
            with suppress(RuntimeError):  # the server has ended
                loop.call_soon_threadsafe(ready.put_nowait, what)

        self._open += 1
        self._jobs.put(partial(stop.context().run, self._answer, asked, left, tell))
        try:
            while (found := await ready.get()) is not None:
                if isinstance(found, Exception):
                    raise found
                yield found
        finally:
            self._open -= 1
            left.set()
            stop.now()

    async def answer(self, asked: Asked, *, door: str) -> Answer:
        """The complete one; arguments and errors as those of `answers`."""
        last: Answer | None = None
        async with aclosing(self.answers(asked, door=door)) as answers:
            async for last in answers:  # noqa: B007
                pass
        if last is None:
            raise Stopped
        return last

    async def call(self, function: Callable[[], _Made]) -> _Made:
        """What a short function gives, in one of the threads."""
        self._require_room()
        loop = asyncio.get_running_loop()
        made: asyncio.Future[_Made] = loop.create_future()

        def settle(value: Any, error: Exception | None) -> None:
            if made.done():
                return
            if error:
                made.set_exception(error)
            else:
                made.set_result(value)

        def work() -> None:
            value, failed = None, None
            try:
                value = function()
            except Exception as error:  # raised again in the loop
                failed = error
            with suppress(RuntimeError):  # the server has ended
                loop.call_soon_threadsafe(settle, value, failed)

        self._open += 1
        self._jobs.put(work)
        try:
            return await made
        finally:
            self._open -= 1

    def _require_room(self) -> None:
        if self._open >= self._at_once + WAITING:
            raise Refused(
                503, "Too many questions are waiting.", hint="Ask again in a few seconds.",
                headers={"Retry-After": "5"},
            )  # fmt: skip

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            if job is None:
                return
            job()

    def _answer(
        self,
        asked: Asked,
        left: threading.Event,
        tell: Callable[[Answer | Exception | None], None],
    ) -> None:
        if left.is_set():
            return
        try:
            answers = self.assistant.stream(
                asked.question,
                history=asked.history,
                filters=asked.filters,
                recognise=asked.recognise,
                without=asked.without,
            )
            with closing(answers):  # type: ignore[type-var]
                for answer in answers:
                    tell(answer)
                    note_unanswered(answer, self.assistant.settings)
                    if left.is_set():
                        return
            tell(None)
        except Exception as error:  # raised again in the loop
            tell(error)


async def while_there(request: Request, work: Awaitable[_Made]) -> _Made:
    """What the work gives; it is cancelled when the client goes away.

    Raises:
        Stopped: The client went away.
    """
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Stopped
        return task.result()
    finally:
        for one in (task, gone):
            one.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
