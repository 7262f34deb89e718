"""Reading a passage closely with the question in mind: what is found, not how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from rag.types import Passage

NONE = -1e4  # the score of what is not there


@dataclass(frozen=True, slots=True)
class ShortAnswer:
    """The words of a sentence that answer by themselves: a name, a date, a number."""

    sentence: int
    """Its place in the passage, from 0."""
    start: int
    """In characters of the sentence."""
    end: int
    sure: float
    """Log-odds against there being none in the passage."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader makes of a passage."""

    answers: float
    """Log-odds that it answers the question; not calibrated."""
    sentences: tuple[float, ...]
    """For each sentence, the log-odds that it answers against none of them doing so."""
    short: ShortAnswer | None = None

    def only(self, able: Sequence[bool]) -> Reading:
        """As if the other sentences were not there.

        Args:
            able: Of each sentence whether it counts.
        """
        if all(able):
            return self
        odds = [one if ok else NONE for one, ok in zip(self.sentences, able, strict=True)]
        short = self.short if self.short and able[self.short.sentence] else None
        return Reading(float(np.logaddexp.reduce(odds)), tuple(odds), short)


class Reader(Protocol):
    """Reads question and passage together; safe to use from several threads."""

    @property
    def id(self) -> str: ...

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        """One reading for each passage."""


class Reranker(Protocol):
    """Says which passages answer a question best; safe to use from several threads."""

    @property
    def id(self) -> str: ...

    def scores(self, question: str, passages: Sequence[Passage]) -> Sequence[float]:
        """One for each passage, the higher the better; only their order counts."""
