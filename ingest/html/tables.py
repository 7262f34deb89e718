"""Tables of data to rows of text."""

from __future__ import annotations

from dataclasses import dataclass

from selectolax.lexbor import LexborNode

from ingest.html.clutter import left_out_as
from ingest.html.gaps import lacking, split_marks
from ingest.html.inline_text import children, inline_text, marked_text

CELL = " | "
_LARGEST_SPAN = 1000
_MOST_REPEATED = 100_000  # characters that cells over several rows may add to a table


@dataclass(frozen=True, slots=True)
class Table:
    """A table of at least two columns."""

    caption: str
    header: str
    """Its column heads; empty where it has none."""
    rows: tuple[str, ...]
    """With the marks of `ingest.html.gaps`."""


def read_table(table: LexborNode, closed: frozenset[str]) -> Table | None:
    """What a table says; None where it only lays a page out.

    Args:
        table: The element.
        closed: Names of plugins' tags that are closed somewhere in the document.
    """
    rows = [row for row in table.css("tr") if _belongs(row, table)]
    cells = [[c for c in children(row) if c.tag in {"td", "th"} and _shown(c)] for row in rows]
    if max((len(row) for row in cells), default=0) < 2:
        return None
    captions = [
        inline_text(child, closed) or ""
        for child in children(table)
        if child.tag == "caption" and _shown(child)
    ]
    texts = _grid(cells, closed)
    head = bool(cells[0]) and all(cell.tag == "th" for cell in cells[0]) and len(rows) > 1
    lines = (CELL.join(filter(None, row)) for row in (texts[1:] if head else texts))
    return Table(
        caption=" ".join(captions).strip(),
        header=split_marks(CELL.join(filter(None, texts[0])))[0] if head else "",
        rows=tuple(line for line in lines if line),
    )


def _grid(rows: list[list[LexborNode]], closed: frozenset[str]) -> list[list[str]]:
    """The texts of each row's cells; what spans rows stands in each of them."""
    texts: list[list[str]] = []
    reaching: dict[int, tuple[int, str]] = {}  # column to the rows still to fill, and the text
    repeated = 0
    for row in rows:
        line: list[tuple[int, str]] = []
        taken = reaching
        reaching = {at: (left - 1, text) for at, (left, text) in taken.items() if left > 1}
        column = 0
        for cell in row:
            while column in taken:
                column += 1
            text = marked_text(cell, closed) or ""
            line.append((column, text))
            down = _number(cell.attributes.get("rowspan"))
            repeated += (down - 1) * len(text)
            if down > 1 and repeated <= _MOST_REPEATED:
                reaching[column] = (down - 1, text)
            column += _number(cell.attributes.get("colspan"))
        line += [(at, lacking(split_marks(text)[0])) for at, (_, text) in taken.items() if text]
        texts.append([text for _, text in sorted(line)])
    return texts


def _number(value: str | None) -> int:
    if not value or not value.isascii() or not value.isdigit() or len(value) > 9:
        return 1
    return min(max(int(value), 1), _LARGEST_SPAN)


def _shown(node: LexborNode) -> bool:
    return left_out_as(node.tag or "", node.attributes) is None


def _belongs(row: LexborNode, table: LexborNode) -> bool:
    """Whether a row is one of this table that is shown, not one of a table in it."""
    node: LexborNode | None = row
    while node is not None and node.tag != "table":
        if not _shown(node):
            return False
        node = node.parent
    return node is not None and node.mem_id == table.mem_id
