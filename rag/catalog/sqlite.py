"""A catalog in one SQLite file: the default."""

from __future__ import annotations

import os
import sqlite3
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import accumulate
from pathlib import Path
from typing import Any

from rag.catalog.engine import Connection, Dialect
from rag.catalog.faults import (
    SqliteConnection,
    damaged,
    missing_index,
    newer_index,
    older_index,
)
from rag.catalog.schema import SCHEMA_VERSION, upgrade
from rag.catalog.writer_lock import locked
from rag.errors import IndexBusy
from rag.place import Place
from rag.text.sentences import is_one_sign

_PAGE = 8192  # bytes; a passage's vectors take ten thousand, and each page is a read of its own
_UPGRADING = 10.0  # seconds to wait for another process that leads the same catalog up
_WIPING = 60.0  # seconds to wait for readers that look at an older state
_READ_WHOLE = ("meta", "posts", "outbox", "sources", "missing", "quarantine", "forgotten")
# To find what holds a word costs SQLite a tenth of what scoring it does. Of a large index only
# those that hold one of the rarer words are scored: at most so many, or this part of all.
_SCORED = 10_000
_PART = 20
_EVERYTHING = "integrity_check(1)"  # `quick_check` would read as much: every page


class SqliteEngine:
    """The catalog's file in the index folder."""

    dialect = Dialect(
        reading="BEGIN",
        writing="BEGIN IMMEDIATE",
        host="substr(id, 1, instr(id || '/', '/') - 1)",
        each="json_each(posts.{}) AS names",
    )

    def __init__(self, place: Place) -> None:
        self._place = place
        self._file = place.catalog
        self._alone = False
        self._is_ours = False

    def exists(self) -> bool:
        return self._file.is_file()

    def create(self) -> None:
        if self._file.exists():
            return
        # Made aside and moved into place, so that a kill leaves no half of a schema.
        aside = self._file.with_suffix(".new")
        aside.unlink(missing_ok=True)
        with closing(sqlite3.connect(aside, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA page_size = {_PAGE}")
            upgrade(connection)
            connection.execute(
                "INSERT INTO meta VALUES ('index_id', ?), ('generation', '0')",
                (str(uuid.uuid4()),),
            )
        aside.replace(self._file)

    def connect(self) -> SqliteConnection:
        identity = self._now()
        found = sqlite3.connect(
            self._file, isolation_level=None, check_same_thread=False, timeout=30,
            factory=SqliteConnection,
        )  # fmt: skip
        found.place, found.identity = self._place, identity
        try:
            if self._is_ours:
                found.execute("PRAGMA journal_mode = WAL")
            found.execute("PRAGMA synchronous = FULL")
            found.execute("PRAGMA foreign_keys = ON")
            found.execute("PRAGMA secure_delete = ON")
        except BaseException:
            found.close()
            raise
        return found

    def is_current(self, connection: Connection) -> bool:
        return isinstance(connection, SqliteConnection) and connection.identity == self._now()

    def _now(self) -> tuple[object, ...]:
        try:
            found = os.stat(self._file)
        except FileNotFoundError as error:
            raise missing_index(self._place) from error
        return found.st_dev, found.st_ino

    def identity(self, connection: Connection) -> tuple[object, ...]:
        assert isinstance(connection, SqliteConnection)
        return connection.identity

    def require_version(self, connection: Connection) -> None:
        # Only SQLite may open this file: when anybody else in the process closes it, the system
        # drops all of SQLite's locks on it, and another process takes the journal away.
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if version == 0:
            raise damaged(self._place, "it is no catalog")
        connection.execute("SELECT count(*) FROM meta")
        self._is_ours = True
        # It stands in the file, so not before it is known whose file this is.
        connection.execute("PRAGMA journal_mode = WAL")
        if version > SCHEMA_VERSION:
            raise newer_index(self._place)
        if version < SCHEMA_VERSION:
            self._lead_up(connection)

    def _lead_up(self, connection: Connection) -> None:
        if self._alone:
            upgrade(connection)
            return
        try:
            with locked(self._place.folder, patience=_UPGRADING):
                upgrade(connection)
        except IndexBusy as error:
            raise older_index(self._place) from error

    def words(self, connection: Connection) -> FtsWords:
        return FtsWords(connection)

    def damage(self, connection: Connection, *, quick: bool = False) -> str:
        checks = [f"quick_check({name})" for name in _READ_WHOLE] if quick else [_EVERYTHING]
        for check in checks:
            state = str(connection.execute(f"PRAGMA {check}").fetchone()[0])
            if state != "ok":
                return state.strip().splitlines()[-1]
        return ""

    def size(self, connection: Connection) -> int:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        return int(pages * connection.execute("PRAGMA page_size").fetchone()[0])

    def tables(self, connection: Connection) -> set[tuple[str, str]]:
        return sqlite_objects(connection)

    def expected_tables(self) -> set[tuple[str, str]]:
        return sqlite_expected()

    def wipe(self, connection: Connection) -> None:
        """The words' index keeps a deleted word until its parts are merged; SQLite keeps copies of
        rows in the unused parts of pages; and the journal keeps every page as it was. So the parts
        are merged, the file is written anew, and the journal is emptied. Readers go on meanwhile.
        """  # noqa: D205 - the first sentence is all of it
        connection.execute("INSERT INTO words (words) VALUES ('optimize')")
        connection.execute("VACUUM")
        deadline = time.monotonic() + _WIPING
        while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            if time.monotonic() > deadline:
                raise IndexBusy(
                    f"A reader keeps an older state of {self._place} open: erased text may"
                    " still stand in its journal.",
                    hint="End what reads from the index, and run `pullquote doctor --repair`.",
                )
            time.sleep(0.1)

    def copy_to(self, connection: Connection, file: Path) -> None:
        connection.execute("VACUUM INTO ?", (str(file),))

    @contextmanager
    def writing_alone(self) -> Iterator[None]:
        with locked(self._place.folder):
            self._alone = True
            try:
                yield
            finally:
                self._alone = False


class FtsWords:
    """Words in SQLite's full-text search, which stems them and knows BM25."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, rows: Sequence[tuple[int, str, str, str]]) -> None:
        self._connection.executemany(
            "INSERT INTO words (rowid, title, headings, text) VALUES (?, ?, ?, ?)", rows
        )

    def remove(self, numbers: Sequence[int]) -> None:
        self._connection.executemany("DELETE FROM words WHERE rowid = ?", [(n,) for n in numbers])

    def best(self, words: Sequence[str], limit: int) -> dict[str, float]:
        rare, common = self._parted(words, limit)
        found = self._scored(_any_of(rare), limit)
        if common:
            # BM25 adds up what each word of a query brings. So who holds words of both kinds has
            # all of it from here, and who holds rare ones alone has it already.
            both = self._scored(f"({_any_of(rare)}) AND ({_any_of(common)})", limit)
            found |= {id_: max(score, found.get(id_, 0.0)) for id_, score in both.items()}
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))[:limit])

    def _parted(self, words: Sequence[str], limit: int) -> tuple[Sequence[str], Sequence[str]]:
        """The rarer words, one of which a passage must hold, and the others."""
        highest = self._connection.execute("SELECT max(number) FROM passages").fetchone()[0] or 0
        most = max(_SCORED, highest // _PART)
        if highest <= 2 * _SCORED or limit >= _SCORED:
            return words, ()
        counts = {word: self._count(_any_of((word,)), most + 1) for word in words}
        if min(counts.values()) > most:
            counts = {word: self._count(_any_of((word,)), -1) for word in words}
        order = sorted(counts, key=lambda word: (counts[word], word))
        sums = accumulate(counts[word] for word in order)
        fitting = max(1, sum(total <= most for total in sums))
        return order[:fitting], order[fitting:]

    def _count(self, query: str, most: int) -> int:
        row = self._connection.execute(
            "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)", (query, most)
        ).fetchone()
        return int(row[0])

    def _scored(self, query: str, limit: int) -> dict[str, float]:
        rows = self._connection.execute(
            "SELECT passages.id, found.score FROM"
            " (SELECT rowid, bm25(words) AS score FROM words WHERE words MATCH ?"
            "  ORDER BY score LIMIT ?) AS found JOIN passages ON passages.number = found.rowid",
            (query, limit),
        )
        return {row[0]: -float(row[1]) for row in rows}

    def passages_with(self, word: str, most: int) -> int:
        return self._count(f'"{word}"', most)

    def stems(self, start: str, end: str, shortest: int, longest: int) -> list[tuple[str, int]]:
        # In this connection's own memory: nothing is written to the catalog.
        self._connection.execute(
            "CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary"
            " USING fts5vocab('main', 'words', 'row')"
        )
        found: list[tuple[str, int]] = self._connection.execute(
            "SELECT term, doc FROM temp.vocabulary WHERE term >= ? AND term < ?"
            " AND length(term) BETWEEN ? AND ?",
            (start, end, shortest, longest),
        ).fetchall()
        return found

    def written(self, stem: str, most: int) -> list[str]:
        rows = self._connection.execute(
            "SELECT title || ' ' || headings || ' ' || text FROM words WHERE words MATCH ? LIMIT ?",
            (f'"{stem}"', most),
        )
        return [row[0] for row in rows]

    def sections_with(self, word: str, most: int) -> list[tuple[str, str, str]]:
        found: list[tuple[str, str, str]] = self._connection.execute(
            "SELECT DISTINCT posts.title, sections.headings, sections.text FROM words"
            " JOIN passages ON passages.number = words.rowid"
            " JOIN posts ON posts.id = passages.post_id"
            " JOIN sections ON sections.post_id = passages.post_id"
            "  AND sections.ordinal = passages.section"
            " WHERE words MATCH ? LIMIT ?",
            (f'"{word}"', most),
        ).fetchall()
        return found

    def all(self) -> Iterable[tuple[int, str, str, str]]:
        found: Iterable[tuple[int, str, str, str]] = self._connection.execute(
            "SELECT rowid, title, headings, text FROM words ORDER BY rowid"
        )
        return found

    def count(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM words").fetchone()[0])

    def noted(self) -> int:
        # Each passage has words; to count these, SQLite would read them all.
        return int(self._connection.execute("SELECT count(*) FROM passages").fetchone()[0])


def _any_of(words: Sequence[str]) -> str:
    return " OR ".join(f'"{word}"{"*" if is_one_sign(word) else ""}' for word in words)


def sqlite_objects(connection: Any) -> set[tuple[str, str]]:
    """The kind and name of all that a database holds."""
    return set(connection.execute("SELECT type, name FROM sqlite_master").fetchall())


def sqlite_expected() -> set[tuple[str, str]]:
    """The same of an empty catalog of the present version."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        upgrade(connection)
        return sqlite_objects(connection)
