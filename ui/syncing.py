"""A sync that a server runs when it is told to: one at a time, in a process of its own."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from ingest.live.site_state import known_sites
from rag.catalog.catalog import Catalog
from rag.errors import ConfigError, IndexBusy
from rag.settings import Settings
from ui.aside import Aside, Ended, ProcessUnavailable, Tell

if TYPE_CHECKING:
    from ingest.report import Progress


@dataclass(frozen=True, slots=True)
class SyncState:
    """How far a sync of this server is; what it did is kept by `ingest.last_sync`."""

    running: bool = False
    began: datetime | None = None
    """The one that runs, or that ran last; UTC."""
    ended: datetime | None = None
    posts: int = 0
    """Read so far."""
    passages: int = 0
    """That had to be embedded so far, done or waiting."""
    embedded: int = 0
    problem: str = ""
    """Why it broke off; empty where it did not."""
    hint: str = ""
    is_busy: bool = False
    """Whether it broke off as another process is writing to the index."""


class Syncing:
    """Syncs one index with what it was read from. Safe to use from several threads."""

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        """Nothing is begun.

        Args:
            settings: As `ingest.sync.sync` takes them; `sync_sources` above all.
            catalog: The index's, which knows its live sites.
        """
        self._settings = settings
        self._catalog = catalog
        self._changing = threading.Lock()
        self._state = SyncState()
        self._process: Aside | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """What would be read; empty where nobody has said."""
        return self._settings.sync_sources or known_sites(self._catalog)

    @property
    def state(self) -> SyncState:
        return self._state

    def start(self, *, full: bool = False) -> None:
        """Begin a sync; it goes on when this returns.

        Args:
            full: Of live sites: fetch every post again, changed or not.

        Raises:
            ConfigError: There is nothing to read.
            IndexBusy: One is running.
            ProcessUnavailable: As `Aside`.
        """
        sources = self.sources
        if not sources:
            raise ConfigError(
                "This server does not know what to sync with.",
                hint="Set sync_sources to what `pullquote ingest` was given.",
            )
        with self._changing:
            if self._state.running:
                raise IndexBusy(
                    "A sync is running already.",
                    hint="Wait until it has ended, then start another.",
                )
            self._state = SyncState(running=True, began=datetime.now(UTC))
            try:
                self._process = Aside(
                    _sync, self._settings, sources, full, told=self._told, ended=self._ended
                )
            except ProcessUnavailable as error:
                self._ended(Ended(problem=error.problem, hint=error.hint))
                raise

    def wait(self) -> None:
        """Wait for the end of the one that runs, where one does."""
        if self._process:
            self._process.wait()

    def close(self) -> None:
        """End the one that runs, where one does: the next one goes on where it was."""
        if self._process and self._state.running:
            self._process.stop()

    def _told(self, told: object) -> None:
        so_far = cast("Progress", told)
        self._state = replace(
            self._state, posts=so_far.posts, passages=so_far.passages, embedded=so_far.embedded
        )

    def _ended(self, end: Ended) -> None:
        self._state = replace(
            self._state, running=False, ended=datetime.now(UTC), problem=end.problem,
            hint=end.hint, is_busy=end.is_busy,
        )  # fmt: skip


def _sync(tell: Tell, settings: Settings, sources: tuple[str, ...], full: bool) -> None:
    from ingest.sync import Options, sync  # the process that serves has no use for it

    sync(sources, settings, options=Options(full=full), on_progress=tell)
