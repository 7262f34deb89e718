"""The catalog's words: which passages hold them, and how they are written."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

import regex

from rag.catalog import acronyms
from rag.catalog.catalog import Catalog

_COUNTED = 20_000  # passages; a word that more of them hold is common, however many
_LOOKED_AT = 20  # passages, for how a word is written


def passages_with(catalog: Catalog, word: str) -> int:
    """How many passages hold a search word in any of its forms, up to 20,000."""
    return catalog.words.passages_with(word, _COUNTED)


def terms_from(catalog: Catalog, start: str, shortest: int, longest: int) -> list[tuple[str, int]]:
    """The words' stems that begin so, and how many passages hold each.

    Args:
        catalog: Where.
        start: One letter or a few, in lower case.
        shortest: In characters.
        longest: In characters.
    """
    end = start[:-1] + chr(ord(start[-1]) + 1)
    return catalog.words.stems(start, end, shortest, longest)


def written_near(catalog: Catalog, term: str) -> Counter[str]:
    """The words, as they are written, of some passages that hold a stem."""
    texts = catalog.words.written(term, _LOOKED_AT)
    return Counter(word for text in texts for word in text.split())


def words_of(catalog: Catalog, letters: str) -> str:
    """What most posts say that capital letters stand for; empty where none says."""
    return acronyms.words_of(catalog.connection, letters)


def letters_for(catalog: Catalog, phrases: Sequence[str]) -> list[str]:
    """The capital letters that any post says stand for one of some phrases, sorted.

    Args:
        catalog: Where.
        phrases: In lower case.
    """
    return sorted(acronyms.letters_for(catalog.connection, phrases))


def titles_beside_capitals(catalog: Catalog, letters: str) -> list[str]:
    """Title and headings of some sections in whose text these letters stand as capitals."""
    rows = catalog.words.sections_with(letters.lower(), _LOOKED_AT)
    standing = regex.compile(rf"(?<!\w){letters.upper()}(?!\w)")
    return [
        heading
        for title, headings, text in rows
        if standing.search(text)
        for heading in (title, *json.loads(headings))
    ]
