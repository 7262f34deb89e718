"""The catalog: one SQLite file that holds everything and is the truth.

Posts, sections, passages, their words, every vector, and the list of what the search index has
still to be told. This file opens it; `catalog_write` and `catalog_read` are its two hands.
"""

from __future__ import annotations

import sqlite3
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rag.errors import IndexDamaged, IndexMismatch, IndexMissing

SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE posts (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, url TEXT NOT NULL,
    published INTEGER, modified INTEGER,            -- seconds since 1970, UTC
    authors TEXT NOT NULL, categories TEXT NOT NULL, tags TEXT NOT NULL,   -- JSON lists
    language TEXT, recovered TEXT, complete INTEGER NOT NULL DEFAULT 1,
    source TEXT NOT NULL, record_hash TEXT NOT NULL, content_hash TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX posts_published ON posts (published);
CREATE TABLE sections (
    post_id TEXT NOT NULL REFERENCES posts ON DELETE CASCADE, ordinal INTEGER NOT NULL,
    key TEXT NOT NULL, headings TEXT NOT NULL, anchor TEXT, page INTEGER NOT NULL,
    text TEXT NOT NULL, blocks TEXT NOT NULL,
    PRIMARY KEY (post_id, ordinal)
) WITHOUT ROWID;
CREATE TABLE passages (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    post_id TEXT NOT NULL REFERENCES posts ON DELETE CASCADE,
    section INTEGER NOT NULL,                       -- the section's ordinal
    position INTEGER NOT NULL, sentences TEXT NOT NULL,   -- JSON list of [start, end]
    tokens INTEGER NOT NULL, embedding_key TEXT NOT NULL
);
CREATE INDEX passages_post ON passages (post_id, position);
CREATE INDEX passages_embedding ON passages (embedding_key);
CREATE TABLE embeddings (
    key TEXT PRIMARY KEY,
    passage BLOB NOT NULL,                          -- float16 (dimension)
    sentences BLOB NOT NULL,                        -- int8 (sentences, width of the model)
    tokens BLOB NOT NULL,                           -- int8 (kept tokens, width)
    token_ids BLOB NOT NULL,                        -- int32 (kept tokens)
    token_sentence BLOB NOT NULL                    -- int16 (kept tokens)
) WITHOUT ROWID;
-- How many passages hold a token of the model's vocabulary.
CREATE TABLE token_frequency (token INTEGER PRIMARY KEY, passages INTEGER NOT NULL);
CREATE TABLE outbox (passage_id TEXT PRIMARY KEY, operation TEXT NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5 (
    title, headings, text,
    tokenize = "porter unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'"
);
"""


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
    """Name, revision and dimension of the model that made the vectors."""
    precision: str
    synced_at: datetime | None
    """UTC; None where no sync has ended well yet."""
    newest: datetime | None
    """When the newest post was published, UTC."""


class Catalog:
    """A connection to the catalog for each thread.

    Raises:
        IndexMissing: There is no catalog in the folder.
        IndexMismatch: A newer version of pullquote made it.
        IndexDamaged: The file is no catalog.
    """

    def __init__(self, file: Path) -> None:
        if not file.is_file():
            raise IndexMissing(
                f"There is no index in {file.parent}.",
                hint="Run `pullquote ingest SOURCE` first, or name another folder with --index.",
            )
        self.file = file
        self._local = threading.local()
        self._connections: dict[threading.Thread, sqlite3.Connection] = {}
        self._guard = threading.Lock()
        self._check_version()

    @classmethod
    def create(cls, file: Path) -> Catalog:
        """An empty catalog; one that is there already is opened."""
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            # Made aside and moved into place, so that a kill leaves no half of a schema.
            aside = file.with_suffix(".new")
            aside.unlink(missing_ok=True)
            connection = sqlite3.connect(aside)
            connection.executescript(_SCHEMA)
            connection.execute(
                "INSERT INTO meta VALUES ('index_id', ?), ('generation', '0')", (str(uuid.uuid4()),)
            )
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            connection.commit()
            connection.close()
            aside.replace(file)
        return cls(file)

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection."""
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = sqlite3.connect(
                self.file, isolation_level=None, check_same_thread=False, timeout=30
            )
            found.execute("PRAGMA journal_mode = WAL")
            found.execute("PRAGMA synchronous = FULL")
            found.execute("PRAGMA foreign_keys = ON")
            self._local.connection = found
            self._local.depth = 0
            self._keep(found)
        return found

    def _keep(self, connection: sqlite3.Connection) -> None:
        """Remember this thread's connection for `close`, and close those of threads that ended."""
        with self._guard:
            for thread in [one for one in self._connections if not one.is_alive()]:
                self._connections.pop(thread).close()
            self._connections[threading.current_thread()] = connection

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One state of the catalog for all reads inside; may be nested."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """All or nothing of the writes inside."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        connection = self.connection
        if self._local.depth == 0:
            connection.execute(begin)
        self._local.depth += 1
        try:
            yield connection
        except BaseException:
            self._local.depth -= 1
            if self._local.depth == 0:
                connection.execute("ROLLBACK")
            raise
        self._local.depth -= 1
        if self._local.depth == 0:
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
    def index_id(self) -> str:
        return self.meta("index_id") or ""

    def status(self) -> IndexStatus:
        with self.reading() as connection:
            posts, newest = connection.execute(
                "SELECT count(*), max(published) FROM posts"
            ).fetchone()
            sections = connection.execute("SELECT count(*) FROM sections").fetchone()[0]
            passages = connection.execute("SELECT count(*) FROM passages").fetchone()[0]
            hosts = connection.execute(
                "SELECT DISTINCT substr(id, 1, instr(id || '/', '/') - 1) FROM posts ORDER BY 1"
            ).fetchall()
            return IndexStatus(
                index_id=self.index_id,
                generation=self.generation,
                posts=posts,
                sections=sections,
                passages=passages,
                hosts=tuple(row[0] for row in hosts),
                embedder=self.meta("embedder") or "",
                precision=self.meta("precision") or "",
                synced_at=from_seconds(self.meta("synced_at")),
                newest=from_seconds(newest),
            )

    def close(self) -> None:
        with self._guard:
            for connection in self._connections.values():
                connection.close()
            self._connections.clear()
        self._local = threading.local()

    def _check_version(self) -> None:
        try:
            version = self.connection.execute("PRAGMA user_version").fetchone()[0]
            self.connection.execute("SELECT count(*) FROM meta")
        except sqlite3.DatabaseError as error:
            raise IndexDamaged(
                f"{self.file} is not a catalog: {error}.",
                hint="Name another folder with --index, or move this one away and ingest again.",
            ) from error
        if version > SCHEMA_VERSION:
            raise IndexMismatch(
                f"The index in {self.file.parent} was made by a newer version of pullquote.",
                hint="Update pullquote, or ingest into another folder.",
            )


def to_seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def from_seconds(seconds: str | int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(int(seconds), tz=UTC)
