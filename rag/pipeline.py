"""The stages in their order: understand, retrieve, write, verify. Knows no framework."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Protocol

from rag.calibration import Calibration
from rag.embed import Embedder
from rag.index import Index
from rag.reader import Reader
from rag.retrieve import retrieve
from rag.settings import Settings
from rag.types import Answer, Draft, Filters, Found, Provenance, Query, Turn
from rag.understand import understand
from rag.verify import Check, verify


class Writer(Protocol):
    """Says something about what was found."""

    @property
    def name(self) -> str: ...

    def write(self, query: Query, found: Found) -> Draft:
        """A draft whose claims point at sentences of the hits."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """All that it takes to answer a question."""

    index: Index
    embedder: Embedder
    writer: Writer
    check: Check
    calibration: Calibration
    settings: Settings
    reader: Reader | None = None
    """Reads the best passages closely; None ranks by what the index knows alone."""

    @property
    def min_answerable(self) -> float:
        own = self.settings.min_answerable
        return self.calibration.thresholds(read=self.reads)[0] if own is None else own

    @property
    def reads(self) -> bool:
        return self.reader is not None and self.settings.read_passages > 0

    def answers(
        self, question: str, *, history: Sequence[Turn] = (), filters: Filters | None = None
    ) -> Iterator[Answer]:
        """Growing answers; the last one is complete.

        Raises:
            QuestionInvalid: The question is empty or too long.
            ModelUnavailable: A model fails before the first sentence is shown.
            IndexMismatch: The index has been given another model; nothing is shown yet.
        """
        settings = self.settings
        started = perf_counter()
        turns = history[-settings.history_turns :] if settings.history_turns else ()
        query = understand(
            question,
            history=turns,
            filters=filters or Filters(),
            longest=settings.question_characters,
        )
        understood = perf_counter()
        with self.index.catalog.reading():  # so that what was found is of this very generation
            found = self.retrieve(query)
            generation, synced_at = self.index.generation, self.index.synced_at
        timing = {
            "understand": (understood - started) * 1000,
            "retrieve": (perf_counter() - understood) * 1000,
        }
        retrieved = perf_counter()
        if found.hits and found.answerable >= self.min_answerable:
            draft = self.writer.write(query, found)
        else:
            draft = Draft(query, found, (), self.writer.name)
        timing["write"] = (perf_counter() - retrieved) * 1000
        made_with = replace(self.check.provenance, index_generation=generation, synced_at=synced_at)
        yield from verify(draft, replace(self.check, provenance=made_with), timing=timing)

    def with_provenance(self, provenance: Provenance) -> Pipeline:
        """The same, saying what it is made of."""
        return replace(self, check=replace(self.check, provenance=provenance))

    def retrieve(self, query: Query) -> Found:
        """What is found for a query, best first.

        Raises:
            IndexMismatch: The index has been given another model.
        """
        with self.index.catalog.reading():
            self.index.check_model(self.embedder.id)
            return retrieve(
                query,
                self.index,
                self.embedder,
                self.calibration,
                candidates=self.settings.candidates,
                hits=self.settings.hits,
                reader=self.reader if self.reads else None,
                read=self.settings.read_passages,
            )
