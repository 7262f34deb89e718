"""Work in a process of its own, so that a server goes on answering while it is done."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from rag.errors import IndexBusy, PullquoteError

Tell = Callable[[object], None]
_NICENESS = 10  # readers' questions come first
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended."""

    made: Any = None
    """What the work returned; None where it failed."""
    problem: str = ""
    """Empty where it went well."""
    hint: str = ""
    is_busy: bool = False
    """Whether it failed as another process is writing to the index."""


_KILLED = Ended(
    problem="The process that did it ended before its time.",
    hint="There may have been too little memory; the server's log may say more.",
)


class ProcessUnavailable(PullquoteError):
    """This machine starts no further process now."""


class Aside:
    """A process at work.

    Args:
        work: A function of a module, called with a function that it may tell things through, and
            with the arguments.
        arguments: What can be pickled.
        told: Called with whatever the work tells, in a thread.
        ended: Called once, in that thread, when the process has ended in whatever way.

    Raises:
        ProcessUnavailable: It could not be started; nothing is called then.
    """

    def __init__(
        self,
        work: Callable[..., object],
        *arguments: object,
        told: Tell,
        ended: Callable[[Ended], None],
    ) -> None:
        # Not forked: locks that other threads hold would never be given back there.
        fresh = multiprocessing.get_context("spawn")
        try:
            self._hears, speaks = fresh.Pipe(duplex=False)
            self._process = fresh.Process(target=_run, args=(speaks, work, arguments), daemon=True)
            self._process.start()
        except OSError as error:
            raise _unavailable(error.strerror or str(error)) from error
        speaks.close()
        self._thread = threading.Thread(target=self._listen, args=(told, ended), daemon=True)
        try:
            self._thread.start()
        except RuntimeError as error:
            self._process.terminate()
            raise _unavailable(str(error)) from error

    def _listen(self, told: Tell, ended: Callable[[Ended], None]) -> None:
        end = _KILLED
        with suppress(EOFError, OSError):
            while True:
                said = self._hears.recv()
                if isinstance(said, Ended):
                    end = said
                else:
                    told(said)
        self._process.join()
        ended(end)

    def stop(self) -> None:
        """End it where it is, and wait for that."""
        self._process.terminate()
        self._thread.join()

    def wait(self) -> None:
        """Wait for its end."""
        self._thread.join()


def _unavailable(reason: str) -> ProcessUnavailable:
    return ProcessUnavailable(
        f"No process could be started: {reason}.",
        hint="This machine may be short of memory, processes or open files.",
    )


def _run(speaks: Any, work: Callable[..., object], arguments: tuple[object, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's, which ends this as well
    if hasattr(os, "nice"):  # Windows has none
        os.nice(_NICENESS)
    try:
        end = Ended(work(speaks.send, *arguments))
    except PullquoteError as error:
        busy = isinstance(error, IndexBusy)
        end = Ended(problem=error.problem, hint=error.hint, is_busy=busy)
    except Exception:
        _log.exception("Work in a process of its own failed.")
        end = Ended(problem="Something went wrong.", hint="The server's log says what.")
    speaks.send(end)
