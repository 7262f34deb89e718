"""The catalog: it holds everything and is the truth.

Posts, sections, passages, their words, every vector, and the list of what the search index has
still to be told. This file opens it; `write` and `read` are its two hands.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime

from rag.catalog.engine import SET_META, Connection, Engine, Words, transaction
from rag.catalog.faults import decoding
from rag.catalog.sqlite import SqliteEngine
from rag.errors import ConfigError
from rag.place import Place, Where, place_of

SITE_NAMES = "site_names"
"""In meta: what sites call themselves, by host and path, as JSON."""


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
    sites: tuple[str, ...]
    """What its sites call themselves, else their hosts."""
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
        engine: Takes the place of the one that the index has, as one that keeps other writers out.

    Raises:
        IndexMissing: There is no catalog.
        IndexMismatch: A newer version of pullquote made it.
        IndexDamaged: It is no catalog.
        IndexBusy: It is of an older version, and another process is writing to it.
        IndexUnavailable: The server that holds it does not answer.
    """

    def __init__(self, where: Where, *, engine: Engine | None = None) -> None:
        self.place = place_of(where)
        self.engine = engine or engine_of(self.place)
        self._local = threading.local()
        self._connections: dict[threading.Thread, Connection] = {}
        self._guard = threading.Lock()
        try:
            self.engine.require_version(self.connection)
        except BaseException:
            self.close()
            raise

    @staticmethod
    def exists(where: Where) -> bool:
        return engine_of(place_of(where)).exists()

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
        if found is not None and own.depth == 0 and not self.engine.is_current(found):
            found = None  # another index was put into the place of the one that was opened
        if found is None:
            found = self.engine.connect()
            self._keep(found)
            own.connection = found
            own.depth = 0
        return own

    @property
    def identity(self) -> tuple[object, ...]:
        """Tells this catalog from another one that was put into its place."""
        return self.engine.identity(self.connection)

    @property
    def words(self) -> Words:
        """The words of all passages, through this thread's connection."""
        return self.engine.words(self.connection)

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
        with self._transaction(self.engine.dialect.reading) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """All or nothing of the writes inside."""
        with self._transaction(self.engine.dialect.writing) as connection:
            yield connection

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Connection]:
        own = self._opened()
        connection: Connection = own.connection
        outermost = nullcontext() if own.depth else transaction(connection, begin)
        own.depth += 1
        try:
            with outermost:
                yield connection
        finally:
            own.depth -= 1

    def meta(self, name: str) -> str | None:
        row = self.connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_meta(self, name: str, value: str) -> None:
        self.connection.execute(SET_META, (name, value))

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
            return (now.identity, now.generation) != (self.identity, self.generation)

    @property
    def index_id(self) -> str:
        return self.meta("index_id") or ""

    def hosts(self) -> tuple[str, ...]:
        """The sites whose posts it holds, sorted."""
        rows = self.connection.execute(
            f"SELECT DISTINCT {self.engine.dialect.host} FROM posts ORDER BY 1"
        )
        return tuple(row[0] for row in rows)

    def _sites(self, hosts: Sequence[str]) -> tuple[str, ...]:
        """What the sites of these hosts call themselves, else the hosts."""
        with decoding(self.place):
            names: dict[str, str] = json.loads(self.meta(SITE_NAMES) or "{}")
        found = (
            [names[one] for one in sorted(names) if one == host or one.startswith(f"{host}/")]
            or [host]
            for host in hosts
        )
        return tuple(dict.fromkeys(name for some in found for name in some))

    def status(self) -> IndexStatus:
        with self.reading() as connection:
            hosts = self.hosts()
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
                hosts=hosts,
                sites=self._sites(hosts),
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


def engine_of(place: Place) -> Engine:
    """What keeps the catalog of an index.

    Raises:
        ConfigError: It is PostgreSQL, and its client is not installed.
    """
    if place.database is None:
        return SqliteEngine(place)
    try:
        from rag.catalog.postgres import PostgresEngine
    except ImportError as error:
        raise ConfigError(
            "catalog_url is set, and PostgreSQL's client is not installed.",
            hint="Run `pip install 'pullquote[postgres]'`.",
        ) from error
    return PostgresEngine(place)


def to_seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def from_seconds(seconds: str | int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(int(seconds), tz=UTC)
