"""Names that posts can be told by: of authors, categories and tags."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import regex

from rag.text.sentences import STOP_WORDS

_FUNCTION = regex.compile(r"(?:by|did|has|have|had|does|do|and|or|what|are|is|in|from|show|me)\s+$",
                          regex.IGNORECASE)  # fmt: skip
WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")


@dataclass(frozen=True, slots=True)
class Names:
    """What posts can be told by, ready to be looked for."""

    authors: dict[tuple[str, ...], str]
    parts: dict[str, str]
    """First and last names that only one author has."""
    categories: dict[tuple[str, ...], str]
    tags: dict[tuple[str, ...], str]
    sites: frozenset[str]
    """Words that name the site itself: an author of that name is its voice."""
    words: frozenset[str]
    """Of the names of authors, categories and tags, lower case: none of them is a misspelling."""


def names_of(
    authors: Iterable[str], categories: Iterable[str], tags: Iterable[str], hosts: Iterable[str]
) -> Names:
    """Names as they stand in posts' records, made ready."""
    people = {folded(name): name for name in authors}
    parts: dict[str, set[str]] = {}
    for words, name in people.items():
        for word in {words[0], words[-1]} if len(words) > 1 else ():
            parts.setdefault(word, set()).add(name)
    groups = {words: name for name in categories if (words := folded(name))}
    labels = {words: name for name in tags if (words := folded(name))}
    return Names(
        authors={words: name for words, name in people.items() if words},
        parts={
            word: next(iter(own))
            for word, own in parts.items()
            if len(own) == 1 and len(word) > 1 and word not in STOP_WORDS
        },
        categories=groups,
        tags=labels,
        sites=frozenset(word for host in hosts for word in folded(host)),
        words=frozenset(word for words in (*people, *groups, *labels) for word in words),
    )


def folded(text: str) -> tuple[str, ...]:
    """The words of a name without case, accents and punctuation."""
    plain = unicodedata.normalize("NFKD", text)
    return tuple(regex.sub(r"\p{M}", "", match[0]).casefold() for match in WORD.finditer(plain))


def listed(names: Iterable[str]) -> str:
    """Names as in a sentence: "A, B and C"."""
    flat = [" ".join(name.split()) for name in names]
    return " and ".join(filter(None, (", ".join(flat[:-1]), *flat[-1:])))


def is_part_of_a_name(head: str, tail: str, name: str) -> bool:
    """Whether the words beside a name belong to it, so that somebody else is meant."""
    if not name[0].isupper():
        return False
    before = regex.search(r"(\p{Lu}[\p{L}\p{M}.’'-]*)\s+$", head)
    behind = regex.match(r"\s+\p{Lu}", tail)
    return behind is not None or (before is not None and not _FUNCTION.search(head))
