"""A reader who leaves: what is still asked of others for an answer is called off.

Whoever waits for an answer makes a `Stop` and lets the stages run in its context; a stage that
waits for others says how they are called off.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar, copy_context

from rag.errors import Stopped


class Stop:
    """Whether an answer is still wanted; safe to use from several threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._asked = False
        self._calls: list[Callable[[], None]] = []

    def now(self) -> None:
        """Nobody waits any more; from the second time on nothing happens."""
        with self._guard:
            self._asked = True
            calls, self._calls = self._calls, []
        for call in calls:
            call()

    def context(self) -> Context:
        """The context at hand, in which this is what stages look at."""
        context = copy_context()
        context.run(_current.set, self)
        return context

    def add(self, call: Callable[[], None]) -> bool:
        """Make this call when the time has come; False where it has."""
        with self._guard:
            if not self._asked:
                self._calls.append(call)
            return not self._asked

    def drop(self, call: Callable[[], None]) -> None:
        with self._guard:
            if call in self._calls:
                self._calls.remove(call)


_current: ContextVar[Stop | None] = ContextVar("stop", default=None)


@contextmanager
def called_off_by(call: Callable[[], None]) -> Iterator[None]:
    """Inside, `call` is made as soon as nobody waits for the answer any more.

    Raises:
        Stopped: Nobody does already.
    """
    stop = _current.get()
    if stop is None:
        yield
        return
    if not stop.add(call):
        raise Stopped
    try:
        yield
    finally:
        stop.drop(call)
