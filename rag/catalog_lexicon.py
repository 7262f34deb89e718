"""The catalog's words: which passages hold them, and how they are written."""

from __future__ import annotations

import json
from collections import Counter

import regex

from rag.catalog import Catalog

_COUNTED = 20_000  # passages; a word that more of them hold is common, however many
_LOOKED_AT = 20  # passages, for how a word is written


def passages_with(catalog: Catalog, word: str) -> int:
    """How many passages hold a search word in any of its forms, up to 20,000."""
    row = catalog.connection.execute(
        "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)",
        (f'"{word}"', _COUNTED),
    ).fetchone()
    return int(row[0])


def terms_from(catalog: Catalog, start: str, shortest: int, longest: int) -> list[tuple[str, int]]:
    """The words' stems that begin so, and how many passages hold each.

    Args:
        catalog: Where.
        start: One letter or a few, in lower case.
        shortest: In characters.
        longest: In characters.
    """
    connection = catalog.connection
    # In this connection's own memory: nothing is written to the catalog.
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab('main', 'words', 'row')"
    )
    found: list[tuple[str, int]] = connection.execute(
        "SELECT term, doc FROM temp.vocabulary WHERE term >= ? AND term < ?"
        " AND length(term) BETWEEN ? AND ?",
        (start, start[:-1] + chr(ord(start[-1]) + 1), shortest, longest),
    ).fetchall()
    return found


def written_near(catalog: Catalog, term: str) -> Counter[str]:
    """The words, in lower case, of some passages that hold a stem."""
    rows = catalog.connection.execute(
        "SELECT title || ' ' || headings || ' ' || text FROM words WHERE words MATCH ? LIMIT ?",
        (f'"{term}"', _LOOKED_AT),
    )
    return Counter(word for row in rows for word in row[0].lower().split())


def texts_with_bracketed_capitals(catalog: Catalog) -> list[str]:
    """The text of each section in which something like "(FEC)" stands."""
    rows = catalog.connection.execute("SELECT text FROM sections WHERE text GLOB '*([A-Z][A-Z]*)*'")
    return [row[0] for row in rows]


def titles_beside_capitals(catalog: Catalog, letters: str) -> list[str]:
    """Title and headings of some sections in whose text these letters stand as capitals."""
    rows = catalog.connection.execute(
        "SELECT DISTINCT posts.title, sections.headings, sections.text FROM words"
        " JOIN passages ON passages.number = words.rowid"
        " JOIN posts ON posts.id = passages.post_id"
        " JOIN sections ON sections.post_id = passages.post_id"
        "  AND sections.ordinal = passages.section"
        " WHERE words MATCH ? LIMIT ?",
        (f'"{letters.lower()}"', _LOOKED_AT),
    )
    standing = regex.compile(rf"(?<!\w){letters.upper()}(?!\w)")
    return [
        heading
        for title, headings, text in rows
        if standing.search(text)
        for heading in (title, *json.loads(headings))
    ]
