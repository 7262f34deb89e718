"""The HTML of a post to its sections, by heading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.html.inline_text import clean
from ingest.html.items import Heading, Item, PageBreak, Text
from ingest.html.text import items
from rag.types import Block, Section


@dataclass(slots=True)
class _Part:
    """A heading with the text up to the next one, or the text before the first."""

    key: str
    level: int
    headings: tuple[str, ...]
    anchor: str | None
    page: int
    parent: _Part | None
    texts: list[Text] = field(default_factory=list)
    above: list[Text] = field(default_factory=list)
    """Headings right above its own that lead to no text."""
    children: int = 0
    leads_to_text: bool = False


def sections(html: str, *, title: str = "") -> tuple[Section, ...]:
    """The sections of a post in reading order; none is empty.

    A heading without text of its own lives on in its children's paths. One that leads to no text
    at all is kept as text, so that nothing a reader sees is lost: of the section that it belongs
    to where that comes right before it, else at the head of the next one beside it, else of the
    section before it.

    Args:
        html: The post's content as WordPress renders it.
        title: The post's title; where the content begins with it as a heading, that one is no
            section.
    """
    found = items(html)
    if found and isinstance(found[0], Heading) and _same(found[0].text, title):
        del found[0]
    parts = _parts(found)
    for part in parts:
        above: _Part | None = part if part.texts else None
        while above is not None and not above.leads_to_text:
            above.leads_to_text = True
            above = above.parent
    kept: list[_Part] = []
    with_text = _next_with_text(parts)
    for part, following in zip(parts, with_text, strict=True):
        if part.texts:
            kept.append(part)
        elif part.headings and not part.leads_to_text:
            right_below = bool(kept) and kept[-1] is (part.parent or parts[0])
            if following and not right_below and _beside(part, following):
                following.above.append(Text(part.headings[-1], "heading"))
                continue
            if not kept:
                kept.append(_Part("0", 0, (), None, part.page, None))
            kept[-1].texts.append(Text(part.headings[-1]))
    return tuple(_section(part) for part in kept)


def _next_with_text(parts: Sequence[_Part]) -> list[_Part | None]:
    """For each part, the next one behind it that has a text."""
    found: list[_Part | None] = []
    following: _Part | None = None
    for part in reversed(parts):
        found.append(following)
        following = part if part.texts else following
    return found[::-1]


def _beside(part: _Part, other: _Part) -> bool:
    """Whether both stand below the same heading, on the same page."""
    return bool(other.headings) and other.parent is part.parent and other.page == part.page


def _parts(found: Sequence[Item]) -> list[_Part]:
    intro = _Part("0", 0, (), None, 1, None)
    parts = [intro]
    top = 0
    for item in found:
        last = parts[-1]
        if isinstance(item, Text):
            last.texts.append(item)
        elif isinstance(item, PageBreak):
            page = last.page + 1
            key = f"{last.key.partition('p')[0]}p{page}"
            onward = _Part(key, last.level, last.headings, None, page, last)
            onward.children = last.children
            parts.append(onward)
        else:
            parent: _Part | None = last
            while parent is not None and parent.level >= item.level:
                parent = parent.parent
            if parent is None or not parent.headings:
                parent = None
                top += 1
                key = str(top)
            else:
                parent.children += 1
                key = f"{parent.key.partition('p')[0]}.{parent.children}"
            path = (*(parent.headings if parent else ()), item.text)
            parts.append(_Part(key, item.level, path, item.anchor, last.page, parent))
    # What goes on after a page break without a word more is no section.
    return [part for part in parts if part.texts or "p" not in part.key]


def _section(part: _Part) -> Section:
    blocks, start = [], 0
    texts = [*part.above, *part.texts]
    for text in texts:
        gaps = tuple((start + first, start + last) for first, last in text.gaps)
        blocks.append(Block(start, start + len(text.text), text.kind, text.header, gaps))
        start += len(text.text) + 1
    return Section(
        key=part.key,
        headings=part.headings,
        anchor=part.anchor,
        page=part.page,
        text="\n".join(text.text for text in texts),
        blocks=tuple(blocks),
    )


def _same(heading: str, title: str) -> bool:
    return heading.casefold() == clean(title).casefold()
