"""Answers that grow in threads of their own, so that a reader's Stop is heard at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from time import monotonic

from rag.stopping import Stop
from rag.types import Answer

_LISTENING = 0.05  # seconds between two looks at whether to stop
PULSE = 3.0
"""Seconds of silence after which it is said that the work goes on."""


class Workers:
    """A fixed number of threads.

    Always the same ones, as each opens the catalog for itself; and daemons, so that a chat model
    that is slow to answer does not hold up the end of the program.
    """

    def __init__(self, count: int) -> None:
        self._jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
        for _ in range(count):
            threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while True:
            self._jobs.get()()

    def until(
        self, stop: threading.Event, begin: Callable[[], Iterator[Answer]]
    ) -> Iterator[Answer | None]:
        """The answers as they come, up to the moment of the stop; None in long silences.

        Args:
            stop: Set by somebody else.
            begin: Called in another thread.

        Raises:
            Exception: Whatever `begin` or its iterator raises.
        """
        ready: SimpleQueue[Answer | Exception | None] = SimpleQueue()

        def work() -> None:
            if stop.is_set():  # while it waited for a thread
                return
            try:
                for answer in begin():
                    ready.put(answer)
                    if stop.is_set():
                        break
                ready.put(None)
            except Exception as error:  # raised again in the thread that waits for it
                ready.put(error)

        left = Stop()
        self._jobs.put(partial(left.context().run, work))
        try:
            heard = monotonic()
            while not stop.is_set():
                with suppress(Empty):
                    found = ready.get(timeout=_LISTENING)
                    if found is None:
                        return
                    if isinstance(found, Exception):
                        raise found
                    yield found
                    heard = monotonic()
                if monotonic() - heard >= PULSE:
                    yield None
                    heard = monotonic()
        finally:
            left.now()  # so that a chat model does not go on writing for nobody
