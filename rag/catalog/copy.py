"""A catalog of one kind into an empty one of another, row by row."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from rag.catalog.engine import Connection, Engine, Words
from rag.catalog.schema import upgrade
from rag.catalog.sqlite import FtsWords

_ROWS = 500  # at once
# Each table but the words with its columns, those of its key first; posts before what names them.
_TABLES = {
    "posts": (
        1,
        "id, title, url, published, modified, authors, categories, tags, language, recovered,"
        " complete, source, record_hash, content_hash, translations",
    ),
    "acronyms": (3, "letters, words, post_id, folded, times"),
    "sections": (2, "post_id, ordinal, key, headings, anchor, page, text, blocks"),
    "passages": (1, "number, id, post_id, section, position, sentences, tokens, embedding_key"),
    "embeddings": (1, "key, passage, sentences, tokens, token_ids, token_sentence"),
    "token_frequency": (1, "token, passages"),
    "outbox": (1, "passage_id, operation"),
    "sources": (1, "label, state"),
    "missing": (1, "post_id, source, since"),
    "quarantine": (3, "source, origin, reason, post_id, seen_at"),
    "forgotten": (1, "digest, since"),
}
_OWN = ("made", "version")  # of meta: what is the engine's and not the index's


def copy_rows(source: Connection, words: Words, target: Connection, target_words: Words) -> None:
    """Everything that an index has; both must be in a transaction."""
    for table, (keys, columns) in _TABLES.items():
        marks = ", ".join("?" * (columns.count(",") + 1))
        for rows in _rows(source, table, keys, columns):
            target.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)
    found = source.execute("SELECT name, value FROM meta").fetchall()
    kept = [row for row in found if row[0] not in _OWN]
    target.executemany("DELETE FROM meta WHERE name = ?", [(name,) for name, _ in kept])
    target.executemany("INSERT INTO meta (name, value) VALUES (?, ?)", kept)
    every = iter(words.all())
    while part := list(islice(every, _ROWS)):
        target_words.add(part)


def _rows(source: Connection, table: str, keys: int, columns: str) -> Iterator[Sequence[Any]]:
    """All of a table, some at a time, by its key."""
    key = ", ".join(columns.split(", ")[:keys])
    marks = ", ".join("?" * keys)
    behind, last = "", ()
    while rows := source.execute(
        f"SELECT {columns} FROM {table} {behind} ORDER BY {key} LIMIT {_ROWS}", last
    ).fetchall():
        yield rows
        behind, last = f"WHERE ({key}) > ({marks})", tuple(rows[-1][:keys])


def copy_into_file(engine: Engine, connection: Connection, file: Path) -> None:
    """One state of a catalog as an SQLite file of its own."""
    with closing(sqlite3.connect(file, isolation_level=None)) as target:
        upgrade(target)
        target.execute("PRAGMA foreign_keys = ON")
        connection.execute(engine.dialect.reading)
        try:
            target.execute("BEGIN")
            copy_rows(connection, engine.words(connection), target, FtsWords(target))
            target.execute("COMMIT")
        finally:
            connection.execute("COMMIT")
