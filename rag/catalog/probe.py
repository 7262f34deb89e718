"""Can this Python's SQLite carry a catalog?"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass

from rag.catalog.schema import TOKENIZER

# With the tokenizer of the catalog's words, so that an SQLite too old for it is found out as well.
_WORDS = f"CREATE VIRTUAL TABLE words USING fts5 (text, {TOKENIZER})"


@dataclass(frozen=True, slots=True)
class Probe:
    """What was found."""

    version: str
    works: bool
    problem: str = ""
    """SQLite's own words; empty where it works."""


def probe() -> Probe:
    """Try the full-text search that the catalog is made with, in memory."""
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute(_WORDS)
        except sqlite3.Error as error:
            return Probe(sqlite3.sqlite_version, False, str(error))
    return Probe(sqlite3.sqlite_version, True)
