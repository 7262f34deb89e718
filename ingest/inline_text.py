"""Inline text of HTML: what a reader sees between two block borders."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

from selectolax.lexbor import LexborNode

from ingest.clutter import is_clutter

INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark math mi "
    "mn mo mrow msup msub mfrac q ruby rb s samp small span strike strong sub sup time tt u var "
    "wbr picture source br -text -comment".split()
)
# Not shown, or only there to steer how lines break and which way they run. The joiners of emoji
# and of Persian and Indic words (U+200C, U+200D) stay.
INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u2060\ufeff\u202a-\u202e\u2066-\u2069]")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SPACE = re.compile(r"[^\S\n]+")
SPACES = re.compile(r"\s+")
_BACK = frozenset("↩ ↑ ^ ⏎ # ¶ § 🔗 ⇑ ⤴".split())
_NOTE_NUMBER = re.compile(r"\s*[\[(]?\s*(?:\d{1,3}|[a-z*†‡])\s*[\])]?\s*", re.IGNORECASE)
_SHORTCODE = re.compile(r"\[(/?)([a-zA-Z][\w-]*)((?:\s[^\[\]]*)?)(/?)\]")
_ATTRIBUTE = re.compile(r"[\w-]+\s*=\s*[\"'“”„″‘’′«&]|^\s+[\w-]+=\S")
_SHORTCODES = frozenset("caption gallery embed audio video playlist toc contact-form more".split())


def clean(text: str) -> str:
    """Text as it is shown: composed, without what cannot be seen, spaces as one space."""
    text = INVISIBLE.sub("", CONTROLS.sub(" ", unicodedata.normalize("NFC", text)))
    lines = (_SPACE.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def without_shortcodes(text: str) -> str:
    """Without the `[tags]` that a plugin left; `[1]`, `[sic]` and `array[0]` stay."""
    closed = {match[2].lower() for match in _SHORTCODE.finditer(text) if match[1]}

    def keep(match: re.Match[str]) -> str:
        name = match[2].lower()
        is_tag = (
            match[1] or match[4] or name in closed or name in _SHORTCODES
            or _ATTRIBUTE.search(match[3]) or (not match[3] and "_" in name)
        )  # fmt: skip
        return "" if is_tag else match[0]

    return _SHORTCODE.sub(keep, text) if "[" in text else text


def inline_text(node: LexborNode) -> str:
    """All text of an element on one line."""
    parts: list[str] = []

    def enter(one: LexborNode) -> bool:
        tag = one.tag or ""
        if tag == "-text":
            parts.append(one.text_content or "")
        elif one.is_element_node:
            attributes = one.attributes
            if is_clutter(tag, attributes) or is_mark(one, tag):
                return False
            parts.append(emoji(attributes) if tag == "img" else "" if tag in INLINE else " ")
            if tag == "br":
                parts.append(" ")
            return True
        return False

    def leave(one: LexborNode) -> None:
        if one.tag not in INLINE:
            parts.append(" ")

    walk(node, enter, leave)
    return SPACES.sub(" ", clean(without_shortcodes("".join(parts)))).strip()


def walk(
    root: LexborNode, enter: Callable[[LexborNode], bool], leave: Callable[[LexborNode], None]
) -> None:
    """Depth first, without recursion: pages nest as deep as they like."""
    node = root.child
    while node is not None:
        deeper = enter(node)
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


def children(node: LexborNode) -> list[LexborNode]:
    found = []
    child = node.child
    while child is not None:
        found.append(child)
        child = child.next
    return found


def is_mark(node: LexborNode, tag: str) -> bool:
    """A footnote's number in the text, or a link back from it or to the heading itself."""
    if tag == "sup":
        links = node.css("a")
        text = node.text()
        return len(text) < 8 and (
            bool(node.attributes.get("data-fn"))
            or (bool(links) and _jumps(links[0]) and _NOTE_NUMBER.fullmatch(text) is not None)
        )
    if tag == "a" and _jumps(node):
        return node.text().replace("\ufe0e", "").strip() in _BACK
    return False


def _jumps(link: LexborNode) -> bool:
    return "#" in (link.attributes.get("href") or "")


def emoji(attributes: Mapping[str, str | None]) -> str:
    """WordPress shows emoji as images; any other image is no text."""
    names = (attributes.get("class") or "").split()
    return (attributes.get("alt") or "") if {"emoji", "wp-smiley"} & set(names) else ""
