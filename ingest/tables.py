"""Tables of data to rows of text."""

from __future__ import annotations

from dataclasses import dataclass

from selectolax.lexbor import LexborNode

from ingest.inline_text import children, inline_text

CELL = " | "


@dataclass(frozen=True, slots=True)
class Table:
    """A table of at least two columns."""

    caption: str
    header: str
    """Its column heads; empty where it has none."""
    rows: tuple[str, ...]


def read_table(table: LexborNode) -> Table | None:
    """What a table says; None where it only lays a page out."""
    rows = [row for row in table.css("tr") if _table_of(row) == table.mem_id]
    cells = [[c for c in children(row) if c.tag in {"td", "th"}] for row in rows]
    if max((len(row) for row in cells), default=0) < 2:
        return None
    captions = [inline_text(child) for child in children(table) if child.tag == "caption"]
    texts = _grid(cells)
    head = bool(cells[0]) and all(cell.tag == "th" for cell in cells[0]) and len(rows) > 1
    lines = (CELL.join(filter(None, row)) for row in (texts[1:] if head else texts))
    return Table(
        caption=" ".join(captions).strip(),
        header=CELL.join(texts[0]) if head else "",
        rows=tuple(line for line in lines if line),
    )


def _grid(rows: list[list[LexborNode]]) -> list[list[str]]:
    """The texts of each row's cells; what spans rows stands in each of them."""
    texts: list[list[str]] = []
    reaching: dict[int, tuple[int, str]] = {}  # column to the rows still to fill, and the text
    for row in rows:
        line: list[str] = []
        column = 0
        waiting = list(row)
        while waiting or any(at >= column for at in reaching):
            if column in reaching:
                left, text = reaching.pop(column)
                if left > 1:
                    reaching[column] = (left - 1, text)
                line.append(text)
                column += 1
                continue
            if not waiting:
                column += 1
                continue
            cell = waiting.pop(0)
            text = inline_text(cell)
            line.append(text)
            down = _number(cell.attributes.get("rowspan"))
            if down > 1:
                reaching[column] = (down - 1, text)
            column += _number(cell.attributes.get("colspan"))
        texts.append(line)
    return texts


def _number(value: str | None) -> int:
    return (
        min(int(value), 1000) if value and value.isascii() and value.isdigit() and int(value) else 1
    )


def _table_of(row: LexborNode) -> int:
    node = row.parent
    while node is not None and node.tag != "table":
        node = node.parent
    return node.mem_id if node is not None else 0
