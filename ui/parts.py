"""An answer in the parts that screens show: sentences, and lists of items or rows."""

from __future__ import annotations

from dataclasses import dataclass

from rag.text.whole import LISTED, list_around
from rag.types import Answer, Basis, Block, CheckedSentence, Citation

_CELLS = " | "  # between the cells of a row, as sections have them


@dataclass(frozen=True, slots=True)
class Part:
    """What is shown together."""

    lines: tuple[tuple[int, ...], ...]
    """Numbers of sentences, from 0: one of them, or for each item of a list its own."""
    listed: bool = False
    left: int = 0
    """Further items, or rows, of the same list in the post."""


def parts(answer: Answer) -> tuple[Part, ...]:
    """The sentences of an answer, in order, grouped as they are shown."""
    found: list[Part] = []
    runs: list[_Run] = []
    for number, sentence in enumerate(answer.sentences):
        place = _listed(sentence)
        if place is None:
            found += [run.part() for run in runs]
            runs = []
            found.append(Part(((number,),)))
            continue
        if not (runs and runs[-1].takes(place)):
            runs.append(_Run(place))
        runs[-1].add(number, place)
    return (*found, *(run.part() for run in runs))


def more(left: int) -> str:
    """How much of a list is not shown."""
    return f"{left} more in the post"


def row_words(citation: Citation) -> str:
    """A table's row with the words at the head of its columns; empty where it is no such row."""
    block = citation.block
    if block is None or block.kind != "row" or not block.header:
        return ""
    cells, heads = citation.quote.split(_CELLS), block.header.split(_CELLS)
    if len(cells) != len(heads):
        return f"({block.header}) {citation.quote}"
    return "; ".join(f"{head}: {cell}" for head, cell in zip(heads, cells, strict=True))


@dataclass(frozen=True, slots=True)
class _Place:
    citation: Citation
    block: int
    first: int
    last: int
    """Of the list or table."""

    @property
    def of(self) -> tuple[str, str, int]:
        section = self.citation.section
        return self.citation.post.id, section.key if section else "", self.first


class _Run:
    """Items of one list, one after the other."""

    def __init__(self, place: _Place) -> None:
        self._list = place
        self._lines: list[list[int]] = []
        self._blocks: list[int] = []

    def takes(self, place: _Place) -> bool:
        return self._list.of == place.of

    def add(self, number: int, place: _Place) -> None:
        if self._blocks and self._blocks[-1] == place.block:
            self._lines[-1].append(number)
            return
        self._lines.append([number])
        self._blocks.append(place.block)

    def part(self) -> Part:
        size = self._list.last - self._list.first + 1
        lines = tuple(tuple(line) for line in self._lines)
        return Part(lines, listed=True, left=size - len(set(self._blocks)))


def _listed(sentence: CheckedSentence) -> _Place | None:
    """Where a quote stands in its list; None where it is of none."""
    citation = sentence.citations[0]
    block: Block | None = citation.block if sentence.basis is Basis.QUOTED else None
    if block is None or citation.section is None or block.kind not in LISTED:
        return None
    blocks = citation.section.blocks
    number = blocks.index(block)
    return _Place(citation, number, *list_around(blocks, number))
