"""Inline text of HTML: what a reader sees between two block borders."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping

from selectolax.lexbor import LexborNode

from ingest.html.clutter import left_out_as
from ingest.html.gaps import GAP, lacking, split_marks, tidy, unmarked, with_hard_spaces
from ingest.html.items import INLINE
from ingest.html.notes import mark
from ingest.html.shortcodes import verbatim, without_shortcodes

# Not shown, or only there to steer how lines break and which way they run. The joiners of emoji
# and of Persian and Indic words (U+200C, U+200D) stay.
INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u2060\ufeff\u202a-\u202e\u2066-\u2069]")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SPACE = re.compile(r"[^\S\n]+")
SPACES = re.compile(r"\s+")
SOFT_SPACES = re.compile(r"[ \t\n\r\f]+")
_CODE = frozenset(("code", "kbd", "samp", "tt", "pre"))


def clean(text: str) -> str:
    """Text as it is shown: composed, without what cannot be seen, spaces as one space."""
    if text.isascii() and text.isalnum():  # a word: as most hostile pages have a million of them
        return text
    text = CONTROLS.sub(" ", text)
    if not text.isascii():
        text = INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    lines = (_SPACE.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def inline_text(node: LexborNode, closed: frozenset[str], *, most: int | None = None) -> str | None:
    """As `marked_text`, without the marks."""
    text = marked_text(node, closed, most=most)
    return None if text is None else split_marks(text)[0]


def marked_text(node: LexborNode, closed: frozenset[str], *, most: int | None = None) -> str | None:
    """All text of an element on one line, with the marks of `ingest.html.gaps`.

    Args:
        node: The element.
        closed: Names of plugins' tags that are closed somewhere in the document.
        most: Nodes to look at; with more of them below it the answer is None.
    """
    parts: list[str] = []
    seen = code = 0

    def enter(one: LexborNode) -> bool | None:
        nonlocal seen, code
        seen += 1
        if most is not None and seen > most:
            return None
        tag = one.tag or ""
        if one.is_text_node:
            parts.append(verbatim(text_of(one)) if code else text_of(one))
        if not one.is_element_node:
            parts.append(f"{GAP} " if is_page_break(one) else "")
            return False
        attributes = one.attributes
        if left_out_as(tag, attributes) or mark(one, tag) is not None:
            parts.append(GAP if tag in INLINE else f"{GAP} ")  # a control stands between two words
            return False
        parts.append(_in_line(tag, attributes))
        code += tag == "pre"
        return True

    def leave(one: LexborNode) -> None:
        nonlocal code
        code -= one.tag == "pre"
        if one.tag not in INLINE:
            parts.append(f"{GAP} ")

    walk(node, enter, leave)
    if most is not None and seen > most:
        return None
    return SPACES.sub(" ", shown(SOFT_SPACES.sub(" ", "".join(parts)), closed)).strip()


def _in_line(tag: str, attributes: Mapping[str, str | None]) -> str:
    """What an element itself adds to a text on one line."""
    if tag == "img":
        return lacking(emoji(attributes))
    return f"{GAP} " if tag == "br" or tag not in INLINE else ""


def shown(text: str, closed: frozenset[str]) -> str:
    """Joined text of a block as it is shown, with `ingest.html.gaps`; empty without words."""
    if not text.isascii():
        text = with_hard_spaces(text)
    return tidy(clean(without_shortcodes(text, closed, GAP)))


def text_of(node: LexborNode) -> str:
    """Of a text node; in code, brackets are no plugin's."""
    text = unmarked(node.text_content or "")
    if "[" in text and node.parent is not None and node.parent.tag in _CODE:
        return verbatim(text)
    return text


def code_text(node: LexborNode) -> str:
    """The text of an element as it is set: spaces and lines as they are."""
    parts: list[str] = []

    def enter(one: LexborNode) -> bool:
        tag = one.tag or ""
        if tag == "-text":
            parts.append(unmarked(one.text_content or ""))
        elif tag == "br" or tag not in INLINE or is_page_break(one):
            parts.append("\n")
        return one.is_element_node and left_out_as(tag, one.attributes) is None

    walk(node, enter, lambda one: parts.append("" if one.tag in INLINE else "\n"))
    text = INVISIBLE.sub("", CONTROLS.sub(" ", "".join(parts).replace("\r\n", "\n")))
    lines = [line.rstrip() for line in text.replace("\u00a0", " ").split("\n")]
    lines = lines[next((n for n, line in enumerate(lines) if line), 0) :]
    # A block neither begins nor ends with white space.
    return "\n".join(lines).strip()


def image_text(node: LexborNode) -> str:
    """What is said of the images that an element shows: not of their copies in `noscript`."""
    parts: list[str] = []

    def enter(one: LexborNode) -> bool:
        if one.tag == "img" and left_out_as("img", one.attributes) is None:
            parts.append(one.attributes.get("alt") or "")
        return one.is_element_node and left_out_as(one.tag or "", one.attributes) is None

    walk(node, enter, lambda one: None)
    return " ".join(parts)


def walk(
    root: LexborNode,
    enter: Callable[[LexborNode], bool | None],
    leave: Callable[[LexborNode], None],
) -> None:
    """Depth first, without recursion: pages nest as deep as they like.

    Args:
        root: Whose inner nodes are walked.
        enter: Says whether to go into a node; None ends the walk.
        leave: Called behind what is in a node that was gone into.
    """
    node = root.child
    while node is not None:
        deeper = enter(node)
        if deeper is None:
            return
        child = node.child if deeper else None
        if child is not None:
            node = child
            continue
        if deeper:
            leave(node)
        while node.next is None:
            parent = node.parent
            if parent is None or parent.mem_id == root.mem_id:
                return
            node = parent
            leave(node)
        node = node.next


def children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.child
    while child is not None:
        yield child
        child = child.next


def is_page_break(node: LexborNode) -> bool:
    return node.is_comment_node and (node.comment_content or "").strip() == "nextpage"


def emoji(attributes: Mapping[str, str | None]) -> str:
    """WordPress shows emoji as images; any other image is no text."""
    names = (attributes.get("class") or "").split()
    return (attributes.get("alt") or "") if {"emoji", "wp-smiley"} & set(names) else ""
