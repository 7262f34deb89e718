"""Syncs that are asked for from outside: soon, once for many requests, one at a time."""

from __future__ import annotations

import logging
import threading

from rag.errors import IndexBusy, PullquoteError
from ui.syncing import Syncing

WAIT = 5.0
"""Seconds from a request to its sync: saving a post may make several."""
_BUSY = 6  # times as long to the next try, where another process writes to the index
_ENDING = 2.0  # seconds that a server waits at its end for what was called off
_log = logging.getLogger(__name__)


class Pings:
    """Starts the syncs. Safe to use from several threads."""

    def __init__(self, syncing: Syncing, *, wait: float = WAIT) -> None:
        """Nothing is begun.

        Args:
            syncing: What is started; somebody else may start it as well.
            wait: Seconds before each sync.
        """
        self.syncing = syncing
        self._wait = wait
        self._asked = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    @property
    def is_waiting(self) -> bool:
        """Whether a sync is still to begin."""
        return self._asked.is_set()

    def ping(self) -> None:
        """Ask for a sync that begins after this; one that was asked for and waits is enough."""
        self._asked.set()

    def close(self) -> None:
        """Begin no more, and end the one that runs: the next one goes on where it was."""
        self._closing.set()
        self._asked.set()
        self.syncing.close()
        self._thread.join(_ENDING)

    def _work(self) -> None:
        wait = self._wait
        while self._asked.wait() and not self._closing.wait(wait):
            self._asked.clear()  # whoever asks from here on may be too late for this one
            wait = self._wait
            try:
                self.syncing.start()
            except IndexBusy:  # one that began before the request
                self._asked.set()
            except PullquoteError as error:
                _log.warning("No sync could begin: %s %s", error.problem, error.hint)
                continue  # whoever asks again has it tried again
            self.syncing.wait()
            if self._ended_busy():
                self._asked.set()
                wait = _BUSY * self._wait

    def _ended_busy(self) -> bool:
        """Whether the last one broke off as another process is writing; other trouble is logged."""
        state = self.syncing.state
        if state.problem and not (state.is_busy or self._closing.is_set()):
            _log.warning("A sync broke off: %s %s", state.problem, state.hint)
        return state.is_busy
