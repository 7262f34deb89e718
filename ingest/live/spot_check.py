"""A few pages of a live site opened as a reader would: do links into them land?"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser

from ingest.html.inline_text import clean
from ingest.live.polite import Client
from rag.errors import SourceError
from rag.links import deep_link
from rag.text.sentences import split_sentences
from rag.types import ParsedPost, Section

_TEXT = ("paragraph", "item", "quote")  # blocks whose words stand in a page one behind the other


@dataclass(frozen=True, slots=True)
class PageCheck:
    """How many links into a live site's pages land, of a sample."""

    opened: int = 0
    anchors: int = 0
    """Pages in which a section's own id was looked for."""
    anchors_found: int = 0
    quotes: int = 0
    """Pages in which a quoted sentence was looked for."""
    quotes_found: int = 0
    failures: tuple[str, ...] = ()
    """What was not found, or could not be opened, for people."""


@dataclass
class _Drawn:
    """Some of what it is offered, each as likely as the others."""

    size: int
    kept: list[ParsedPost] = field(default_factory=list)
    offered: int = 0
    # The same posts give the same sample.
    chance: random.Random = field(default_factory=lambda: random.Random(0))

    def offer(self, parsed: ParsedPost) -> None:
        self.offered += 1
        if len(self.kept) < self.size:
            self.kept.append(parsed)
        elif (place := self.chance.randrange(self.offered)) < self.size:
            self.kept[place] = parsed


class Sample:
    """Some of the posts that it is offered; half of them with ids in their headings, if there are.

    Args:
        size: At most so many.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._anchored = _Drawn(size)
        self._others = _Drawn(size)

    def offer(self, parsed: ParsedPost) -> None:
        if parsed.post.url and parsed.sections:
            anchored = any(section.anchor for section in parsed.sections)
            (self._anchored if anchored else self._others).offer(parsed)

    @property
    def posts(self) -> list[ParsedPost]:
        room = max(self._size - self._size // 2, self._size - len(self._others.kept))
        first = self._anchored.kept[:room]
        return first + self._others.kept[: self._size - len(first)]


@dataclass(frozen=True, slots=True)
class _Found:
    anchor: bool | None
    """None where none was looked for."""
    quote: bool | None
    failures: tuple[str, ...] = ()


def spot_check(client: Client, sample: Sample) -> PageCheck:
    """Open the page of each post and look for one section's id and its first sentence."""
    chosen = [(parsed, section) for parsed in sample.posts if (section := _telling(parsed))]
    found = list(client.side_by_side(lambda one: _look(client, *one), chosen))
    return PageCheck(
        opened=sum(one.anchor is not None or one.quote is not None for one in found),
        anchors=sum(one.anchor is not None for one in found),
        anchors_found=sum(one.anchor is True for one in found),
        quotes=sum(one.quote is not None for one in found),
        quotes_found=sum(one.quote is True for one in found),
        failures=tuple(failure for one in found for failure in one.failures),
    )


def _telling(parsed: ParsedPost) -> Section | None:
    """A section with an id of its own, if there is one."""
    anchored = [section for section in parsed.sections if section.anchor]
    texts = [section for section in parsed.sections if section.text]
    return next(iter(anchored or texts), None)


def _look(client: Client, parsed: ParsedPost, section: Section) -> _Found:
    address = deep_link(parsed.post, section, None).partition("#")[0]
    try:
        page = client.get(address, accept="text/html")
    except SourceError as error:
        return _Found(None, None, (error.problem,))
    if page.status != 200:
        return _Found(None, None, (f"{address} answered with status {page.status}",))
    html = LexborHTMLParser(page.body)
    quote = _quote(parsed, section)
    found = _Found(
        anchor=_has_id(html, section.anchor) if section.anchor else None,
        quote=_squeezed(quote) in _squeezed(_text(html)) if quote else None,
    )
    failures = []
    if found.anchor is False:
        failures.append(f"{address} has no id {section.anchor!r}")
    if found.quote is False:
        failures.append(f"{address} does not show {quote[:60]!r}")
    return _Found(found.anchor, found.quote, tuple(failures))


def _has_id(html: LexborHTMLParser, wanted: str) -> bool:
    return any(
        wanted in (one.attributes.get("id"), one.attributes.get("name"))
        for one in html.css("[id], a[name]")
    )


def _quote(parsed: ParsedPost, section: Section) -> str:
    blocks = tuple(block for block in section.blocks if block.kind in _TEXT)
    if not blocks:
        return ""
    first = split_sentences(section.text, blocks[:1], language=parsed.post.language)
    return first[0].text if first else ""


def _text(html: LexborHTMLParser) -> str:
    for hidden in html.css("script, style, template, noscript"):
        hidden.decompose()
    return html.body.text() if html.body else ""


def _squeezed(text: str) -> str:
    """Without white space, which a page may have where the text has none, and the reverse."""
    return re.sub(r"\s+", "", clean(text))
