"""Texts that other systems cite, as the sentences of posts that stand in them.

A sentence of a post is cited by a text that holds it, word for word, or is a part of it; where the
text was cut, by one that holds at least 80 % of its words, if these are six or more. So who cites a
chunk cites every sentence in it, and who cites a post all of it: as much as a reader has to read to
find the one that supports a claim.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from eval.cases.gold import normalise
from rag.catalog.find import find_post
from rag.errors import PostUnknown
from rag.index.index import Index
from rag.record import CitationRecord
from rag.text.sentences import split_sentences
from rag.types import Post, Section

_MOST_OF_IT, _LONG_ENOUGH = 0.8, 6  # part of the definition, not fitted


@dataclass(frozen=True, slots=True)
class _Place:
    """A sentence of a post."""

    section: Section
    text: str
    start: int
    words: str


class Places:
    """The posts of an index, by whatever name other systems give them."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._posts = {one.id: one for one in index.posts(limit=max(1, index.status().posts))}
        self._named: dict[str, Post | None] = {}
        self._sentences: dict[str, tuple[_Place, ...]] = {}

    def post(self, name: str) -> Post | None:
        """The post that an id, a WordPress number or an address means; None: no one post."""
        if name not in self._named:
            try:
                self._named[name] = self._posts.get(find_post(self._index.catalog, name))
            except PostUnknown:
                self._named[name] = None
        return self._named[name]

    def cited(
        self, name: str, *, heading: str = "", text: str = "", title: str = ""
    ) -> tuple[CitationRecord, ...]:
        """The sentences that are cited; one that leads nowhere where there is none.

        Args:
            name: Of the post.
            heading: Above the text. A text that stands elsewhere in the post is found there.
            text: What is cited; empty: all that is under the heading, or all of the post.
            title: As the other system has it, to be shown where there is no such post.
        """
        post = self.post(name)
        if post is None:
            return (CitationRecord(post_id=name, title=title, quote=text),)
        places = self._of(post.id)
        under = [one for one in places if heading and _is_under(one.section, heading)]
        wanted = _words(text)
        if wanted:
            held = [one for one in under if _holds(wanted, one.words)]
            held = held or [one for one in places if _holds(wanted, one.words)]
        else:
            held = under if heading else list(places)
        if held:
            return tuple(_record(post, one) for one in held)
        return (CitationRecord(post_id=post.id, title=post.title, url=post.url, quote=text),)

    def looked_up(self, citation: CitationRecord) -> tuple[CitationRecord, ...]:
        """A citation in our own form, by its quote; a field of a record, by its post."""
        if citation.field is None:
            heading = citation.headings[-1] if citation.headings else ""
            name = citation.post_id or citation.url
            return self.cited(name, heading=heading, text=citation.quote, title=citation.title)
        post = self.post(citation.post_id)
        known = {"post_id": post.id} if post else {"field": None, "section": None}
        return (citation.model_copy(update=known),)

    def _of(self, post_id: str) -> tuple[_Place, ...]:
        if post_id not in self._sentences:
            language = self._posts[post_id].language
            self._sentences[post_id] = tuple(
                _Place(section, one.text, one.start, words)
                for section in self._index.sections(post_id)
                for one in split_sentences(section.text, section.blocks, language=language)
                if (words := _words(one.text))
            )
        return self._sentences[post_id]


def _record(post: Post, place: _Place) -> CitationRecord:
    return CitationRecord(
        post_id=post.id,
        title=post.title,
        headings=place.section.headings,
        section=place.section.key,
        start=place.start,
        published=post.published,
        url=post.url,
        quote=place.text,
        kind="paragraph",
    )


def _is_under(section: Section, heading: str) -> bool:
    return bool(section.headings) and normalise(section.headings[-1]) == normalise(heading)


def _words(text: str) -> str:
    """Letters and digits, with a space between words and at both ends; empty without any."""
    normal = normalise(text)
    words = "".join(one if one.isalnum() else " " for one in normal).split()
    return f" {' '.join(words)} " if words else ""


def _holds(text: str, sentence: str) -> bool:
    if sentence in text or text in sentence:
        return True
    wanted = Counter(sentence.split())
    enough = wanted.total() >= _LONG_ENOUGH
    return enough and (wanted & Counter(text.split())).total() >= _MOST_OF_IT * wanted.total()
