"""Sections that a question names by their post's title and their heading, as the page's own do.

"What does “Slugs” say about “Wool”?" asks for one section, and others that have the same words are
none of it. In every language: what counts is what stands in quotation marks.
"""

from __future__ import annotations

from collections.abc import Iterator

from rag.catalog import posts as catalog_posts
from rag.catalog.catalog import Catalog
from rag.catalog.read import post_sections
from rag.text.names import folded
from rag.types import Filters

_OPENING, _CLOSING = "“„«‘\"'", "”“»’\"'"
_MARKS = 12  # quotation marks that are looked at; titles and headings may have some themselves
_POSTS = 20  # of one title

_Span = tuple[int, int]


def named_sections(question: str, catalog: Catalog) -> tuple[tuple[str, str], ...]:
    """Post and key of each section whose post's title a question quotes, and whose heading.

    The heading is quoted as well, or is all that stands beside the title: "“Slugs”: How much
    wool?". Empty where no section is named so.
    """
    spans = list(_quoted(question))
    if not spans:
        return ()
    titles = list(dict.fromkeys(question[start:end] for start, end in spans))
    posts = catalog_posts.titled(catalog, titles, filters=Filters())[:_POSTS]
    found: dict[tuple[str, str], int] = {}
    for post in posts:
        title = folded(post.title)
        own = [(a, b) for a, b in spans if folded(question[a:b]) == title]
        named = {words for span in own for words in _beside(question, span, spans)}
        for section in post_sections(catalog, post.id):
            heading = folded(section.headings[-1]) if section.headings else ()
            if heading and heading in named:
                found[post.id, section.key] = len(title) + len(heading)
    most = max(found.values(), default=0)  # "“Who said “no”?”" rather than "“no”"
    return tuple(one for one, length in found.items() if length == most)


def _quoted(question: str) -> Iterator[_Span]:
    """Whatever may stand in quotation marks."""
    opening = [i for i, sign in enumerate(question) if sign in _OPENING][:_MARKS]
    closing = [i for i, sign in enumerate(question) if sign in _CLOSING][-_MARKS:]
    yield from ((a + 1, b) for a in opening for b in closing if a + 1 < b)


def _beside(question: str, own: _Span, spans: list[_Span]) -> Iterator[tuple[str, ...]]:
    """The words of what else is quoted, and all words that stand beside a quotation."""
    start, end = own
    yield from (folded(question[a:b]) for a, b in spans if b < start or end < a)
    yield folded(f"{question[: start - 1]} {question[end + 1 :]}")
