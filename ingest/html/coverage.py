"""Is all that a reader sees of a post in its sections? Counted by another way than they are made.

The words of the page's tree, less what the rules leave out, against the words of the sections.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from selectolax.lexbor import LexborNode

from ingest.html.clutter import left_out_as
from ingest.html.inline_text import children, clean, emoji, is_page_break, text_of
from ingest.html.items import INLINE
from ingest.html.notes import mark
from ingest.html.shortcodes import closed_in, verbatim, without_shortcodes
from ingest.html.tree import parse
from rag.types import Section

NOTE_MARKS = "a footnote's number, or a link back"
TITLE = "the title, once more above the text"
_CELL = "|"


@dataclass(frozen=True, slots=True)
class TextKept:
    """Whether all that a reader sees of the added and changed posts is in their sections."""

    posts: int = 0
    words: int = 0
    """That a reader sees, less what the rules leave out."""
    lost: int = 0
    """Of them, those that are in no section."""
    lost_from: tuple[str, ...] = ()
    """Ids of posts that lost words."""
    left_out: tuple[tuple[str, int], ...] = ()
    """Each rule and how many elements it left out, the most first."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a post's text is in its sections."""

    words: int
    """That a reader sees, less what the rules leave out."""
    lost: tuple[str, ...]
    """Of them, those that are in no section; empty where all is well."""
    repeated: int
    """Words that sections have more often than the page: of cells over several rows."""
    left_out: Mapping[str, int]
    """Rule to how many elements it left out."""


@dataclass
class Kept:
    """The coverage of many posts, post by post."""

    left_out: Counter[str] = field(default_factory=Counter)
    posts: int = 0
    words: int = 0
    lost: int = 0
    lost_from: list[str] = field(default_factory=list)

    def add(self, post_id: str, one: Coverage) -> None:
        self.posts += 1
        self.words += one.words
        self.lost += len(one.lost)
        self.lost_from += [post_id] if one.lost else []
        self.left_out.update(one.left_out)

    def total(self) -> TextKept:
        rules = tuple(self.left_out.most_common())
        return TextKept(self.posts, self.words, self.lost, tuple(self.lost_from), rules)


def coverage(html: str, sections: Sequence[Section], *, title: str = "") -> Coverage:
    """Compare a post's HTML with its sections.

    Args:
        html: As the sections were made of.
        sections: What `ingest.html.sections` made of it.
        title: As it was given there.
    """
    left_out: Counter[str] = Counter()
    seen = _seen(html, left_out)
    held, heads = _held(sections)
    lost = seen - held
    for word in [word for word in lost if word in heads]:
        del lost[word]  # two tables with the same head, one behind the other
    named = Counter(clean(title).split())
    if lost and not lost - named:
        left_out[TITLE] += 1
        seen -= lost
        lost = Counter()
    return Coverage(
        words=seen.total(),
        lost=tuple(lost.elements()),
        repeated=(held - seen).total(),
        left_out=dict(left_out),
    )


def _held(sections: Iterable[Section]) -> tuple[Counter[str], set[str]]:
    """The words of sections, and those of table heads; each heading once."""
    held: Counter[str] = Counter()
    heads: set[str] = set()
    named: set[str] = set()
    for section in sections:
        key = section.key.partition("p")[0]
        for level, heading in enumerate(section.headings, 1):
            place = ".".join(key.split(".")[:level])
            if place not in named:
                named.add(place)
                held.update(_words(heading))
        header = ""
        for block in section.blocks:
            if block.header and block.header != header:
                held.update(_words(block.header))
                heads.update(_words(block.header))
            header = block.header
        held.update(_words(section.text))
    return held, heads


def _words(text: str) -> list[str]:
    return [word for word in text.split() if word != _CELL]


def _seen(html: str, left_out: Counter[str]) -> Counter[str]:
    """The words of the page's tree."""
    tree = parse(html)
    words: Counter[str] = Counter()
    closed = closed_in(html)
    parts: list[str] = []
    code = 0
    # None is the border of a block, or the end of one of code.
    waiting: list[tuple[LexborNode | None, bool]] = [(None, False), (tree.body, False)]
    while waiting:
        node, coded = waiting.pop()
        if node is None:
            words.update(_words(clean(without_shortcodes("".join(parts), closed))))
            parts.clear()
            code -= coded
        elif not node.is_element_node:
            text = text_of(node) if node.is_text_node else ""
            parts.append(verbatim(text) if code else text)
            parts.append("\n" if is_page_break(node) else "")
        elif node.tag in INLINE:
            shown = {"br": "\n", "img": emoji(node.attributes)}.get(node.tag, "")
            parts.append("" if left_out_as(node.tag, node.attributes) else shown)
            waiting += [(inner, False) for inner in _inner(node, left_out)]
        else:
            inside = [(inner, False) for inner in _inner(node, left_out)]
            code += node.tag == "pre"
            waiting += [(None, node.tag == "pre"), *inside, (None, False)]
    return words


def _inner(node: LexborNode, left_out: Counter[str]) -> list[LexborNode]:
    """What is in an element, last first; nothing where a rule leaves it out."""
    tag = node.tag or ""
    rule = left_out_as(tag, node.attributes)
    if rule is None and mark(node, tag) is not None:
        rule = NOTE_MARKS
    if rule:
        left_out[rule] += 1
        return []
    return [*children(node)][::-1]
