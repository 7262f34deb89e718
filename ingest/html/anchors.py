"""Which id of a page leads to a heading; never one that is not there."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

# Ids that WordPress gives to other things than headings.
_OTHERS = re.compile(
    r"(?:more|attachment|gallery|caption-attachment|audio|video|playlist)[-_]\d.*"
    r"|(?:_?ftn|_?edn|fn|footnote|endnote|easy-footnote).*\d.*|[0-9a-f-]{36}(?:-link)?",
    re.IGNORECASE,
)


class Anchors:
    """The ids of one document."""

    def __init__(self, tree: LexborHTMLParser) -> None:
        self._first: dict[str, int] = {}
        self._opened: tuple[str, int] | None = None
        for node in tree.css("[id], a[name]"):
            name = _own_id(node)
            if name:
                self._first.setdefault(name, node.mem_id)

    def open(self, node: LexborNode, place: int) -> None:
        """An element begins: if a heading comes first in it or right behind it, its id will do.

        Args:
            node: The element.
            place: How many items were read before it.
        """
        if self._leads(node) and not _OTHERS.fullmatch(_own_id(node)):
            self._opened = (_own_id(node), place)

    def of(self, heading: LexborNode, place: int) -> str | None:
        """Its own id, one inside it, or that of an element that it begins or follows."""
        opened, self._opened = self._opened, None
        if self._leads(heading):
            return _own_id(heading)
        for one in heading.css("[id], a[name]") if self._first else ():
            if self._leads(one) and not _OTHERS.fullmatch(_own_id(one)):
                return _own_id(one)
        return opened[0] if opened and opened[1] == place else None

    def _leads(self, node: LexborNode) -> bool:
        """Of several elements with one id a browser goes to the first."""
        name = _own_id(node)
        return bool(name) and self._first.get(name) == node.mem_id


def _own_id(node: LexborNode) -> str:
    attributes = node.attributes
    return (attributes.get("id") or (node.tag == "a" and attributes.get("name")) or "").strip()
