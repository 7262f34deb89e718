"""HTML to what a reader sees: headings and stretches of text, in order.

The text is the browser's rendered text, so that a link to the words finds them in the page: spaces
as a browser shows them, block borders kept apart, table cells parted by " | ".
"""

from __future__ import annotations

from collections.abc import Mapping

from selectolax.lexbor import LexborNode

from ingest.html.anchors import Anchors
from ingest.html.clutter import left_out_as
from ingest.html.gaps import GAP, Gaps, lacking, split_marks
from ingest.html.inline_text import (
    SOFT_SPACES,
    SPACES,
    children,
    clean,
    code_text,
    emoji,
    image_text,
    inline_text,
    is_page_break,
    marked_text,
    shown,
    text_of,
    walk,
)
from ingest.html.items import INLINE, SOFT, Heading, Item, PageBreak, Text
from ingest.html.notes import beside, mark
from ingest.html.shortcodes import closed_in
from ingest.html.tables import read_table
from ingest.html.tree import parse
from rag.types import BlockKind

_LONGEST_HEADING = (
    200  # characters; above, one was never closed, or is a paragraph in large letters
)
_LONGEST_SOFT = 100
_MOST_NODES = 400  # of a heading
_DEEPEST_TABLE = 8  # a table in a cell of a table that lays the page out, and so on
_STOPS = ".!?…。！？．｡؟۔।॥"
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_BOLD = frozenset(("strong", "b"))
_AROUND_BOLD = frozenset(("em", "i", "u", "span", "font", "a", "mark", "big"))
_KINDS: dict[str, BlockKind] = {
    "li": "item", "dt": "item", "dd": "item", "blockquote": "quote", "figcaption": "caption",
    "caption": "caption",
}  # fmt: skip


def items(html: str) -> list[Item]:
    """Headings, texts and page breaks in reading order; never an empty text."""
    tree = parse(html)
    if tree.body is None:
        return []
    reader = _Reader(Anchors(tree), closed_in(html))
    walk(tree.body, reader.enter, reader.leave)
    reader.flush()
    return beside(reader.items)


class _Reader:
    """Collects inline text until a block ends; one per document."""

    def __init__(self, anchors: Anchors, closed: frozenset[str]) -> None:
        self.items: list[Item] = []
        self._anchors = anchors
        self._closed = closed
        self._inline: list[str] = []
        self._marks: list[str] = []
        self._marked: set[str] = set()
        self._kinds: list[tuple[int, BlockKind]] = []
        """The elements around, with the kind of block that the innermost says."""
        self._quotes = 0
        self._note: tuple[int, str] | None = None
        self._tables = 0

    def enter(self, node: LexborNode) -> bool:
        """Take a node; whether its children are still to be taken."""
        tag = node.tag or ""
        if node.is_text_node:
            self._inline.append(SOFT_SPACES.sub(" ", text_of(node)))
            return False
        if is_page_break(node):
            self.flush()
            self.items.append(PageBreak())
            return False
        if node.is_comment_node:
            return False
        if tag not in INLINE:
            self.flush()
        if not node.is_element_node:
            return False
        attributes = node.attributes
        note = mark(node, tag)
        if note is not None or left_out_as(tag, attributes):
            self._marks += filter(None, [note])
            self._inline.append(GAP)
            return False
        if tag not in INLINE:
            return self._block(node, tag, attributes)
        self._inline_element(node, tag, attributes)
        return True

    def _inline_element(
        self, node: LexborNode, tag: str, attributes: Mapping[str, str | None]
    ) -> None:
        if tag == "br":
            self._inline.append("\n")
        elif tag == "img":
            self._inline.append(lacking(emoji(attributes)))
        elif tag in {"a", "span"}:
            self._anchors.open(node, len(self.items))

    def _block(self, node: LexborNode, tag: str, attributes: Mapping[str, str | None]) -> bool:
        if tag in _HEADINGS:
            return self._heading(node, int(tag[1]))
        if tag == "pre":
            code = code_text(node)
            self.items += [Text(code, "code", gaps=self._gap_before())] if code else []
            return False
        if tag == "table":
            if self._tables < _DEEPEST_TABLE and self._table(node):
                return False
            self._tables += 1
        if tag == "p" and self._soft_heading(node):
            return False
        around = self._kinds[-1][1] if self._kinds else "paragraph"
        name = (attributes.get("id") or "").strip()
        if self._note is None and name in self._marked:
            self._note = (node.mem_id, name)
        self._quotes += tag == "blockquote"
        if around == "note" or self._note or _is_notes(attributes):
            self._kinds.append((node.mem_id, "note"))
        elif tag in _KINDS:
            self._kinds.append((node.mem_id, _KINDS[tag]))
        self._anchors.open(node, len(self.items))
        return True

    def leave(self, node: LexborNode) -> None:
        if node.tag in INLINE:
            return
        self.flush()
        if node.tag == "summary":
            self._inline.append(GAP)  # what is folded away is found by itself alone
        self._tables -= node.tag == "table"
        self._quotes -= node.tag == "blockquote"
        if self._kinds and self._kinds[-1][0] == node.mem_id:
            self._kinds.pop()
        if self._note and self._note[0] == node.mem_id:
            self._note = None

    def flush(self) -> None:
        """The inline text so far is a block."""
        text, gaps = split_marks(shown("".join(self._inline), self._closed))
        if not text:
            # What the page has here stands between the texts around it.
            self._inline[:] = [GAP] if GAP in self._inline else []
            return
        self._inline.clear()
        kind = self._kinds[-1][1] if self._kinds else "paragraph"
        note = self._note[1] if self._note else ""
        marks = tuple(dict.fromkeys(self._marks))
        self.items.append(Text(text, kind, marks=marks, note=note, gaps=gaps))
        # A link back from a note leads up the page, and what stands there is no note.
        self._marked.update(() if note else self._marks)
        self._marks.clear()

    def _heading(self, node: LexborNode, level: int) -> bool:
        marked = marked_text(node, self._closed, most=_MOST_NODES)
        text = marked and split_marks(marked)[0]
        if text == "":
            text = SPACES.sub(" ", clean(image_text(node)))
        # In a quote it is what someone else set as a heading; unclosed, it holds the text below.
        if not text or len(text) > _LONGEST_HEADING or self._quotes:
            return True
        self.items.append(Heading(level, text, self._anchors.of(node, len(self.items))))
        self._inline[:] = [GAP] if (marked or GAP).endswith(GAP) else []
        return False

    def _soft_heading(self, node: LexborNode) -> bool:
        """A short paragraph that is nothing but bold stands for a heading."""
        if self._kinds or not _is_bold(node):
            return False
        text = inline_text(node, self._closed, most=_MOST_NODES)
        if not text or len(text) > _LONGEST_SOFT or text[-1] in _STOPS:
            return False
        self.items.append(Heading(SOFT, text, self._anchors.of(node, len(self.items))))
        return True

    def _table(self, node: LexborNode) -> bool:
        """Whether it is one of data: then its rows are taken."""
        table = read_table(node, self._closed)
        if table is None:
            return False
        note = self._note[1] if self._note else ""
        if table.caption:
            self.items.append(Text(table.caption, "caption", note=note))
        for row in table.rows:
            text, gaps = split_marks(row)
            gaps = (*self._gap_before(), *gaps)
            self.items.append(Text(text, "row", table.header, note=note, gaps=gaps))
        return True

    def _gap_before(self) -> Gaps:
        """Of a text that is read as a whole: what the page has before it."""
        found, self._inline = bool(self._inline), []
        return ((0, 0),) if found else ()


def _is_bold(node: LexborNode) -> bool:
    """Whether all that an element shows is bold."""
    waiting, bold = [node], False
    for _ in range(_MOST_NODES):
        if not waiting:
            return bold
        for child in children(waiting.pop()):
            if child.tag in _BOLD:
                bold = True
            elif child.tag in _AROUND_BOLD:
                waiting.append(child)
            elif child.is_text_node and not (child.text_content or "").strip():
                continue
            elif child.tag != "br" and not child.is_comment_node:
                return False
    return False


def _is_notes(attributes: Mapping[str, str | None]) -> bool:
    names = (attributes.get("class") or "").split()
    return "wp-block-footnotes" in names or "footnotes" in names
