"""Footnotes: their marks in the text, and their words beside the text that bears the mark."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from urllib.parse import unquote

from selectolax.lexbor import LexborNode

from ingest.html.items import Item, PageBreak, Text

_BACK = frozenset("↩ ↑ ^ ⏎ # ¶ § 🔗 ⇑ ⤴".split())
_NUMBER = re.compile(r"\s*[\[(]?\s*(?:\d{1,3}|[a-z*†‡])\s*[\])]?\s*", re.IGNORECASE)
_BRACKETED = re.compile(r"\s*\[\s*(?:\d{1,3}|[a-z*†‡])\s*\]\s*", re.IGNORECASE)
_MOST = 12  # nodes of a mark


def mark(node: LexborNode, tag: str) -> str | None:
    """Whether this is a footnote's number in the text, or a link back from it or to a heading.

    Returns:
        The id that it leads to, empty where that cannot be told; None: it is text.
    """
    if tag not in {"sup", "a"}:
        return None
    inside = list(islice(_below(node), _MOST + 1))
    if len(inside) > _MOST:
        return None
    text = "".join(one.text_content or "" for one in inside if one.is_text_node)
    text = text.replace("\ufe0e", "")
    if tag == "sup":
        links = [one for one in inside if one.tag == "a" and _target(one)]
        note = (node.attributes.get("data-fn") or "").strip()
        if note and len(text) < 8:
            return note
        return _target(links[0]) if links and _NUMBER.fullmatch(text) else None
    target = _target(node)
    if not target:
        return None
    if text.strip() in _BACK:
        return ""
    raised = any(one.tag == "sup" for one in inside) and _NUMBER.fullmatch(text)
    return target if raised or _BRACKETED.fullmatch(text) else None


def _target(link: LexborNode) -> str:
    return unquote((link.attributes.get("href") or "").partition("#")[2])


def _below(root: LexborNode) -> Iterator[LexborNode]:
    node = root.child
    while node is not None:
        yield node
        if node.child is not None:
            node = node.child
            continue
        while node.next is None:
            if node.parent is None or node.parent.mem_id == root.mem_id:
                return
            node = node.parent
        node = node.next


def beside(found: Sequence[Item]) -> list[Item]:
    """The items with each note right behind the first text that bears its mark.

    A note of another page stays where it is: a link to it has to lead there.
    """
    pages = _pages(found)
    notes: dict[tuple[int, str], list[Text]] = defaultdict(list)
    for page, item in zip(pages, found, strict=True):
        if isinstance(item, Text) and item.note:
            notes[page, item.note].append(item)
    marked = {
        (page, name)
        for page, item in zip(pages, found, strict=True)
        if isinstance(item, Text) and not item.note
        for name in item.marks
    }
    placed: list[Item] = []
    for page, item in zip(pages, found, strict=True):
        if isinstance(item, Text) and item.note and (page, item.note) in marked:
            continue
        placed.append(item)
        if isinstance(item, Text) and not item.note:
            for name in item.marks:
                placed += notes.pop((page, name), [])
    return placed


def _pages(found: Sequence[Item]) -> list[int]:
    pages, page = [], 1
    for item in found:
        page += isinstance(item, PageBreak)
        pages.append(page)
    return pages
