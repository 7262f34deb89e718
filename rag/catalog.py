"""The catalog: one SQLite file that holds everything and is the truth.

Posts, sections, passages, their words, every vector, and the list of what the search index has
still to be told. This file opens it; `catalog_write` and `catalog_read` are its two hands.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from rag.catalog_faults import Connection, damaged
from rag.catalog_schema import SCHEMA_VERSION, upgrade
from rag.errors import IndexBusy, IndexMismatch, IndexMissing
from rag.place import Place, Where, place_of
from rag.writer_lock import locked

_PATIENCE = 10.0  # seconds to wait for another process that leads the same catalog up


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """What an index holds."""

    index_id: str
    generation: int
    """Grows whenever the search index has been told something new."""
    posts: int
    sections: int
    passages: int
    hosts: tuple[str, ...]
    embedder: str
    """Name, revision, dimension and precision of the model that made the vectors."""
    synced_at: datetime | None
    """UTC; None where no sync has ended well yet."""
    newest: datetime | None
    """When the newest post was published, UTC."""


class Catalog:
    """A connection to the catalog for each thread; an older catalog is brought up to date.

    Args:
        where: The index.
        in_lock: Whether the caller is the one writer. An older catalog is led up by nobody else,
            so a reader that meets one takes the writer's lock for as long as that takes.

    Raises:
        IndexMissing: There is no catalog in the folder.
        IndexMismatch: A newer version of pullquote made it.
        IndexDamaged: The file is no catalog.
        IndexBusy: It is of an older version, and another process is writing to it.
    """

    def __init__(self, where: Where, *, in_lock: bool = False) -> None:
        self.place = place_of(where)
        if not self.exists(self.place):
            raise _missing(self.place)
        self.file = self.place.catalog
        self._in_lock = in_lock
        self._local = threading.local()
        self._connections: dict[threading.Thread, Connection] = {}
        self._guard = threading.Lock()
        self._is_ours = False
        try:
            self._check_version()
        except BaseException:
            self.close()
            raise

    @staticmethod
    def exists(where: Where) -> bool:
        return place_of(where).catalog.is_file()

    @classmethod
    def create(cls, where: Where) -> Catalog:
        """An empty catalog, or the one that is there; only for the one writer, in its lock."""
        file = place_of(where).catalog
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            # Made aside and moved into place, so that a kill leaves no half of a schema.
            aside = file.with_suffix(".new")
            aside.unlink(missing_ok=True)
            with closing(sqlite3.connect(aside, isolation_level=None)) as connection:
                upgrade(connection)
                connection.execute(
                    "INSERT INTO meta VALUES ('index_id', ?), ('generation', '0')",
                    (str(uuid.uuid4()),),
                )
            aside.replace(file)
        return cls(where, in_lock=True)

    @property
    def connection(self) -> Connection:
        """This thread's connection."""
        found: Connection = self._opened().connection
        return found

    def _opened(self) -> threading.local:
        """This thread's own values, with a connection among them.

        They are taken once: another thread may put others into their place at any moment, by
        `close`, and these then end with what they are used for.
        """
        own = self._local
        found: Connection | None = getattr(own, "connection", None)
        if found is not None and own.depth == 0 and self.identity != own.identity:
            found = None  # another index was put into the place of the one that was opened
        if found is None:
            identity = self.identity
            found = sqlite3.connect(
                self.file, isolation_level=None, check_same_thread=False, timeout=30,
                factory=Connection,
            )  # fmt: skip
            found.place = self.place
            self._keep(found)  # before anything is asked of it: `close` ends it even if that fails
            if self._is_ours:
                found.execute("PRAGMA journal_mode = WAL")
            found.execute("PRAGMA synchronous = FULL")
            found.execute("PRAGMA foreign_keys = ON")
            found.execute("PRAGMA secure_delete = ON")
            own.connection = found
            own.identity = identity
            own.depth = 0
        return own

    @property
    def identity(self) -> tuple[int, int]:
        """Tells this catalog's file from another one that was put into its place.

        Raises:
            IndexMissing: It is not there any more.
        """
        try:
            found = os.stat(self.file)
        except FileNotFoundError as error:
            raise _missing(self.place) from error
        return found.st_dev, found.st_ino

    def _keep(self, connection: Connection) -> None:
        """Remember this thread's connection for `close`, and close those of threads that ended."""
        with self._guard:
            for thread in [one for one in self._connections if not one.is_alive()]:
                self._connections.pop(thread).close()
            before = self._connections.pop(threading.current_thread(), None)
            if before is not None:
                before.close()
            self._connections[threading.current_thread()] = connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One state of the catalog for all reads inside; may be nested."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """All or nothing of the writes inside."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Connection]:
        own = self._opened()
        connection: Connection = own.connection
        if own.depth == 0:
            connection.execute(begin)
        own.depth += 1
        try:
            yield connection
        except BaseException:
            own.depth -= 1
            if own.depth == 0:
                connection.execute("ROLLBACK")
            raise
        own.depth -= 1
        if own.depth == 0:
            connection.execute("COMMIT")

    def meta(self, name: str) -> str | None:
        row = self.connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_meta(self, name: str, value: str) -> None:
        self.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    @property
    def generation(self) -> int:
        return int(self.meta("generation") or 0)

    @property
    def model(self) -> str:
        """As `ModelId` is written, of the model that made the vectors; empty before it did."""
        return self.meta("embedder") or ""

    def is_superseded(self) -> bool:
        """Whether a writer has changed the index since this thread's transaction began."""
        with closing(Catalog(self.place)) as now:
            return (now.identity, now.generation) != (self._opened().identity, self.generation)

    @property
    def index_id(self) -> str:
        return self.meta("index_id") or ""

    def hosts(self) -> tuple[str, ...]:
        """The sites whose posts it holds, sorted."""
        rows = self.connection.execute(
            "SELECT DISTINCT substr(id, 1, instr(id || '/', '/') - 1) FROM posts ORDER BY 1"
        )
        return tuple(row[0] for row in rows)

    def status(self) -> IndexStatus:
        with self.reading() as connection:
            posts, newest = connection.execute(
                "SELECT count(*), max(published) FROM posts"
            ).fetchone()
            sections = connection.execute("SELECT count(*) FROM sections").fetchone()[0]
            passages = connection.execute("SELECT count(*) FROM passages").fetchone()[0]
            return IndexStatus(
                index_id=self.index_id,
                generation=self.generation,
                posts=posts,
                sections=sections,
                passages=passages,
                hosts=self.hosts(),
                embedder=self.meta("embedder") or "",
                synced_at=from_seconds(self.meta("synced_at")),
                newest=from_seconds(newest),
            )

    def close(self) -> None:
        """End this thread's connection, and those that no thread is at work with."""
        with self._guard:
            # SQLite does not bear that one is ended in the middle of a statement. What another
            # thread is at work with is ended by `Connection.__del__`, as soon as nothing holds it:
            # for an idle thread that is below, when all threads' own values go.
            for thread, connection in self._connections.items():
                if thread is threading.current_thread() or not thread.is_alive():
                    connection.close()
            self._connections.clear()
        self._local = threading.local()

    def _check_version(self) -> None:
        # Only SQLite may open this file: when anybody else in the process closes it, the system
        # drops all of SQLite's locks on it, and another process takes the journal away.
        version = self._version()
        if version == 0:
            raise damaged(self.place, "it is no catalog")
        self.connection.execute("SELECT count(*) FROM meta")
        self._is_ours = True
        # It stands in the file, so not before it is known whose file this is.
        self.connection.execute("PRAGMA journal_mode = WAL")
        if version > SCHEMA_VERSION:
            raise IndexMismatch(
                f"The index in {self.place} was made by a newer version of pullquote.",
                hint="Update pullquote, or ingest into another folder.",
            )
        if version < SCHEMA_VERSION:
            self._lead_up()

    def _version(self) -> int:
        return int(self.connection.execute("PRAGMA user_version").fetchone()[0])

    def _lead_up(self) -> None:
        if self._in_lock:
            upgrade(self.connection)
            return
        try:
            with locked(self.place.folder, patience=_PATIENCE):
                upgrade(self.connection)
        except IndexBusy as error:
            raise IndexBusy(
                f"The index in {self.place} has an older format, and another process is writing to"
                " it.",
                hint="Wait until that has ended: the next command brings the index up to date.",
            ) from error


def _missing(place: Place) -> IndexMissing:
    return IndexMissing(
        f"There is no index in {place}.",
        hint="Run `pullquote ingest SOURCE` first, or name another folder with --index.",
    )


def to_seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def from_seconds(seconds: str | int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(int(seconds), tz=UTC)
