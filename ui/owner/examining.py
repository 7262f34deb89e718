"""What `pullquote doctor` finds, looked for by a server, in a process of its own."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import cast

from rag.settings import Settings
from ui.aside import Aside, Ended, ProcessUnavailable, Tell
from ui.doctor import Check, examine


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found last, or so far."""

    running: bool = False
    ended: datetime | None = None
    """UTC; None where nobody has looked yet."""
    checks: tuple[Check, ...] = ()
    problem: str = ""
    """Why the looking itself broke off."""


class Examining:
    """Looks at one installation and index. Safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._changing = threading.Lock()
        self._found = Examined()
        self._process: Aside | None = None

    @property
    def found(self) -> Examined:
        return self._found

    def start(self) -> None:
        """Look; where that is under way already, nothing more.

        Raises:
            ProcessUnavailable: As `Aside`.
        """
        with self._changing:
            if self._found.running:
                return
            self._found = Examined(running=True)
            try:
                self._process = Aside(_examine, self._settings, told=self._told, ended=self._ended)
            except ProcessUnavailable as error:
                self._ended(Ended(problem=error.problem))
                raise

    def wait(self) -> None:
        """Wait for the end, where something runs."""
        if self._process:
            self._process.wait()

    def close(self) -> None:
        if self._process and self._found.running:
            self._process.stop()

    def _told(self, told: object) -> None:
        self._found = replace(self._found, checks=(*self._found.checks, cast("Check", told)))

    def _ended(self, end: Ended) -> None:
        now = datetime.now(UTC)
        self._found = replace(self._found, running=False, ended=now, problem=end.problem)


def _examine(tell: Tell, settings: Settings) -> None:
    for check in examine(settings, serving=True):
        tell(check)
