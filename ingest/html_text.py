"""HTML to what a reader sees: headings and stretches of text, in order.

The text is the browser's rendered text, so that a link to the words finds them in the page: spaces
as a browser shows them, block borders kept apart, table cells parted by " | ".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingest.clutter import is_clutter
from ingest.inline_text import (
    CONTROLS,
    INLINE,
    INVISIBLE,
    SPACES,
    children,
    clean,
    emoji,
    inline_text,
    is_mark,
    walk,
    without_shortcodes,
)  # fmt: skip
from ingest.tables import read_table
from rag.types import BlockKind

SOFT = 7
"""Level of a paragraph that is set as a heading: below every real one."""

_LONGEST_HEADING = 200  # characters; above, a heading was never closed
_LONGEST_SOFT = 100
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_KINDS: dict[str, BlockKind] = {
    "li": "item", "dt": "item", "dd": "item", "blockquote": "quote", "figcaption": "caption",
    "caption": "caption",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    """1 to 6; `SOFT` for a paragraph that is nothing but bold."""
    text: str
    anchor: str | None
    """The id that leads to it in the page."""


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    kind: BlockKind = "paragraph"
    header: str = ""
    """Of a table's row."""


@dataclass(frozen=True, slots=True)
class PageBreak:
    """`<!--nextpage-->`."""


Item = Heading | Text | PageBreak


def items(html: str) -> list[Item]:
    """Headings, texts and page breaks in reading order; never an empty text."""
    # Half of a surrogate pair cannot be stored or shown anywhere.
    tree = LexborHTMLParser(html.encode("utf-8", "replace").decode("utf-8"))
    if tree.body is None:
        return []
    first: dict[str, int] = {}
    for node in tree.css("[id], a[name]"):
        name = _own_id(node)
        if name:
            first.setdefault(name, node.mem_id)
    reader = _Reader(first)
    walk(tree.body, reader.enter, reader.leave)
    reader.flush()
    return reader.items


class _Reader:
    """Collects inline text until a block ends; one per document."""

    def __init__(self, first_with_id: Mapping[str, int]) -> None:
        self.items: list[Item] = []
        self._first = first_with_id
        self._inline: list[str] = []
        self._kinds: list[tuple[int, BlockKind]] = []
        self._wrapper: tuple[str, int] | None = None
        """Id of an element that was opened, with the number of items at that time."""

    def enter(self, node: LexborNode) -> bool:
        """Take a node; whether its children are still to be taken."""
        tag = node.tag or ""
        if tag == "-text":
            self._inline.append(SPACES.sub(" ", node.text_content or ""))
            return False
        if tag == "-comment":
            if (node.comment_content or "").strip() == "nextpage":
                self.flush()
                self.items.append(PageBreak())
            return False
        if tag not in INLINE:
            self.flush()
        attributes = node.attributes
        if not node.is_element_node or is_clutter(tag, attributes) or is_mark(node, tag):
            return False
        if tag not in INLINE:
            return self._block(node, tag, attributes)
        if tag == "br":
            self._inline.append("\n")
        elif tag == "img":
            self._inline.append(emoji(attributes))
        return True

    def _block(self, node: LexborNode, tag: str, attributes: Mapping[str, str | None]) -> bool:
        if tag in _HEADINGS:
            return self._heading(node, int(tag[1]))
        if tag == "pre":
            self._code(node)
            return False
        if tag == "table" and self._table(node):
            return False
        if tag == "p" and self._soft_heading(node):
            return False
        if tag in _KINDS or _is_notes(attributes):
            self._kinds.append((node.mem_id, "note" if _is_notes(attributes) else _KINDS[tag]))
        if self._is_anchor(node):
            self._wrapper = (_own_id(node), len(self.items))
        return True

    def leave(self, node: LexborNode) -> None:
        if node.tag in INLINE:
            return
        self.flush()
        if self._kinds and self._kinds[-1][0] == node.mem_id:
            self._kinds.pop()

    def flush(self) -> None:
        """The inline text so far is a block."""
        text = clean(without_shortcodes("".join(self._inline)))
        self._inline.clear()
        if text:
            self.items.append(Text(text, self._kind()))

    def _kind(self) -> BlockKind:
        kinds = [kind for _, kind in self._kinds]
        return "note" if "note" in kinds else kinds[-1] if kinds else "paragraph"

    def _heading(self, node: LexborNode, level: int) -> bool:
        text = inline_text(node)
        if not text:
            images = (image.attributes.get("alt") or "" for image in node.css("img"))
            text = SPACES.sub(" ", clean(" ".join(images)))
        # In a quote it is what someone else set as a heading; unclosed, it holds the text below.
        if not text or len(text) > _LONGEST_HEADING or "quote" in dict(self._kinds).values():
            return True
        self.items.append(Heading(level, text, self._anchor(node)))
        return False

    def _soft_heading(self, node: LexborNode) -> bool:
        """A short paragraph that is nothing but bold stands for a heading."""
        inner = [child for child in children(node) if child.tag != "br" and _shows(child)]
        if self._kinds or len(inner) != 1 or inner[0].tag not in {"strong", "b"}:
            return False
        text = inline_text(node)
        if not text or len(text) > _LONGEST_SOFT or text[-1] in ".!?…。":
            return False
        self.items.append(Heading(SOFT, text, self._anchor(node)))
        return True

    def _anchor(self, node: LexborNode) -> str | None:
        """Its own id, one inside it, or that of an element that it begins."""
        for one in (node, *node.css("[id], a[name]")):
            if self._is_anchor(one):
                return _own_id(one)
        before = self.items[-1] if self.items else None
        if isinstance(before, Text | Heading) or before is None:
            wrapper, self._wrapper = self._wrapper, None
            if wrapper and wrapper[1] == len(self.items):
                return wrapper[0]
        return None

    def _is_anchor(self, node: LexborNode) -> bool:
        """Of several elements with one id a browser goes to the first."""
        name = _own_id(node)
        return bool(name) and self._first.get(name) == node.mem_id

    def _code(self, node: LexborNode) -> None:
        text = INVISIBLE.sub("", CONTROLS.sub(" ", node.text()))
        lines = [line.rstrip() for line in text.replace("\r\n", "\n").split("\n")]
        while lines and not lines[0]:
            del lines[0]
        code = "\n".join(lines).rstrip()
        if code.strip():
            # A block neither begins nor ends with white space.
            self.items.append(Text(code.lstrip(), "code"))

    def _table(self, node: LexborNode) -> bool:
        """Whether it is one of data: then its rows are taken."""
        table = read_table(node)
        if table is None:
            return False
        if table.caption:
            self.items.append(Text(table.caption, "caption"))
        self.items += [Text(row, "row", table.header) for row in table.rows]
        return True


def _shows(node: LexborNode) -> bool:
    return bool((node.text_content or "").strip()) if node.is_text_node else node.is_element_node


def _own_id(node: LexborNode) -> str:
    attributes = node.attributes
    return (attributes.get("id") or (node.tag == "a" and attributes.get("name")) or "").strip()


def _is_notes(attributes: Mapping[str, str | None]) -> bool:
    names = (attributes.get("class") or "").split()
    return "wp-block-footnotes" in names or "footnotes" in names
