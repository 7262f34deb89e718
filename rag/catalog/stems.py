"""Words to stems, as SQLite's full-text search makes them.

Other engines look up these stems, so a word is the same word in each: an empty full-text table in
memory, with the tokenizer of the catalog's own, is given the words and asked what it made of them.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing

from rag.catalog.schema import TOKENIZER


class Stemmer:
    """Safe to use from several threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._tables = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._tables.execute(f"CREATE VIRTUAL TABLE words USING fts5 (text, {TOKENIZER})")
        self._tables.execute("CREATE VIRTUAL TABLE stems USING fts5vocab (words, instance)")

    def stems(self, texts: Sequence[str]) -> list[dict[str, list[int]]]:
        """Of each text its stems, and at which words they stand, from 1."""
        found: list[dict[str, list[int]]] = [defaultdict(list) for _ in texts]
        with self._guard, closing(self._tables.cursor()) as run:
            run.execute("BEGIN")
            try:
                run.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", enumerate(texts))
                for stem, number, place in run.execute("SELECT term, doc, offset FROM stems"):
                    found[number][stem].append(place + 1)
            finally:
                run.execute("ROLLBACK")
        return found

    def close(self) -> None:
        self._tables.close()
