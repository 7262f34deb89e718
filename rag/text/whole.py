"""What a quoted sentence needs beside it to be read by itself: what it leans on, its list.

* A sentence whose subject stands only in the one before it brings that one.
* A sentence that introduces a list brings the list, an item what introduces it; where several
  items answer, or the question asks for several things, an item brings the others as well.
* A table's row needs no others: screens show it with the words at the head of its columns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

from rag.text.leaning import Leaning, leaning
from rag.text.sentences import RUNNING, split_sentences
from rag.types import Block, BlockKind, Section, Sentence

LISTED: tuple[BlockKind, ...] = ("item", "row")
_INTRODUCES = (":", "：")
_BACK = 2  # sentences that one may lean on, one on the other
_ITEMS = 8  # of a list that are brought at most


def wholes(
    section: Section,
    chosen: Collection[int],
    *,
    language: str | None = None,
    several: bool = False,
) -> tuple[tuple[Sentence, ...], ...]:
    """The chosen sentences with what they need, as stretches that are read together.

    Args:
        section: Where they stand.
        chosen: Where they start, in characters of the section.
        language: Of the post, BCP 47.
        several: Whether the question asks for several things, as a list may be.

    Returns:
        Stretches in reading order; no sentence is in two of them.
    """
    layout = _Layout(section, language)
    places = [i for i, one in enumerate(layout.sentences) if one.start in chosen]
    stretches: list[set[int]] = []
    for place in places:
        needed = set(layout.needed(place, places, several))
        apart = [one for one in stretches if not one & needed]
        together = [one for one in stretches if one & needed]
        stretches = [*apart, needed.union(*together)]
    return tuple(
        tuple(layout.sentences[i] for i in sorted(one)) for one in sorted(stretches, key=min)
    )


@dataclass(frozen=True)
class _Layout:
    """A section as blocks and sentences, by their numbers."""

    section: Section
    language: str | None

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        return split_sentences(self.section.text, self.blocks, language=self.language)

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        return self.section.blocks or (Block(0, len(self.section.text)),)

    @cached_property
    def block_of(self) -> tuple[int, ...]:
        """The block of each sentence."""
        found, block = [], 0
        for sentence in self.sentences:
            while sentence.start >= self.blocks[block].end:
                block += 1
            found.append(block)
        return tuple(found)

    def kind(self, place: int) -> BlockKind:
        return self.blocks[self.block_of[place]].kind

    def needed(self, place: int, chosen: Collection[int], several: bool) -> Iterator[int]:
        """A sentence and those that it needs."""
        yield place
        if self.kind(place) in LISTED:
            first, last = self._list(place)
            yield self.block_of.index(self.block_of[place])
            yield from self._leans_on(place)
            lead = self._lead_in(first)
            if lead is not None:
                yield lead
                yield from self._leans_on(lead)
            beside = {self.block_of[i] for i in chosen} & set(range(first, last + 1))
            full = several or len(beside) > 1 or lead in chosen
            if self.kind(place) == "item" and full and last - first < _ITEMS:
                yield from self._heads(first, last)
            return
        yield from self._leans_on(place)
        yield from self._introduced(place)

    def _leans_on(self, place: int) -> Iterator[int]:
        for _ in range(_BACK):
            how = leaning(self.sentences[place].text, self.language)
            before = place - 1
            if how is None or before < 0 or not self._goes_on(before, place):
                return
            if how is Leaning.CONNECTED and self.kind(place) in RUNNING:
                return  # it names its subject, and screens show what stands before it
            yield before
            place = before

    def _goes_on(self, before: int, place: int) -> bool:
        """Whether one sentence is read right after the other."""
        if self.block_of[before] == self.block_of[place]:
            return self.kind(place) != "code"
        return self.kind(before) in RUNNING and self.kind(place) in RUNNING

    def _introduced(self, place: int) -> Iterator[int]:
        """What a sentence that ends with a colon promises."""
        behind = place + 1
        if not self.sentences[place].text.endswith(_INTRODUCES) or behind == len(self.sentences):
            return
        if self.kind(behind) in LISTED:
            first, last = self._list(behind)
            yield from self._heads(first, min(last, first + _ITEMS - 1))
        elif self._goes_on(place, behind):
            yield behind

    def _heads(self, first: int, last: int) -> Iterator[int]:
        """The first sentence of each of these blocks."""
        for block in range(first, last + 1):
            if block in self.block_of:
                yield self.block_of.index(block)

    def _list(self, place: int) -> tuple[int, int]:
        """The first and the last block of the list or table that a sentence stands in."""
        return list_around(self.blocks, self.block_of[place])

    def _lead_in(self, first: int) -> int | None:
        """The sentence that introduces a list: it ends with a colon, or is the table's caption."""
        place = self.block_of.index(first) - 1
        if place < 0 or self.block_of[place] != first - 1:
            return None
        if self.kind(place) in RUNNING and self.sentences[place].text.endswith(_INTRODUCES):
            return place
        captioned = self.kind(place) == "caption" and self.blocks[first].kind == "row"
        return place if captioned else None


def list_around(blocks: tuple[Block, ...], block: int) -> tuple[int, int]:
    """The first and the last of the blocks of the same kind that stand next to one."""
    kind, first, last = blocks[block].kind, block, block
    while first and blocks[first - 1].kind == kind:
        first -= 1
    while last + 1 < len(blocks) and blocks[last + 1].kind == kind:
        last += 1
    return first, last
