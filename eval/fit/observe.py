"""What retrieval measures for labelled questions: the rows that weights are fitted on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from eval.cases.cases import Case, resolve_gold
from eval.cases.gold import Gold, RetrievedText, holds, is_post, same_sentence
from rag.calibration import Logistic, load_calibration
from rag.catalog import read as catalog_read
from rag.embedding.embedder import Embedder
from rag.index.index import Index
from rag.reading.reader import Reader, Reading
from rag.retrieval.candidates import search
from rag.retrieval.retrieve import sentence_features
from rag.settings import Settings
from rag.types import Filters, Passage
from rag.understanding.understand import understand

_READ = 12  # candidates; the best few under any weights are among them
_ALL = Filters()
Rows = NDArray[np.float64]
Marks = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Observation:
    """One question: its candidates, and which of them hold the answer."""

    case: Case
    texts: tuple[RetrievedText, ...]
    """Of each candidate."""
    sections: tuple[str, ...]
    """Of each candidate, a name of the section that it stands in."""
    passages: Rows
    """Shape (candidates, features), in the order of `calibration.PASSAGE_FEATURES`."""
    right: Marks
    """Shape (candidates, parts): the candidate holds a gold sentence of the part."""
    sentences: tuple[Rows, ...]
    """For each candidate, shape (sentences, features), in the order of
    `calibration.SENTENCE_FEATURES`, with 0 for the passage's relevance, which is fitted first."""
    gold: tuple[Marks, ...]
    """For each candidate, shape (sentences, parts): the sentence is a gold one of the part."""
    readings: Mapping[int, Reading] = field(default_factory=dict)
    """Of the candidates that were read."""


def observe(
    cases: Sequence[Case],
    index: Index,
    embedder: Embedder,
    settings: Settings,
    reader: Reader | None = None,
    *,
    filters: Filters = _ALL,
) -> list[Observation]:
    """Search for every case as the assistant would; those with no candidates are left out.

    Args:
        cases: What is asked.
        index: Where to look.
        embedder: The model that made the index.
        settings: How many candidates there are.
        reader: Reads the best ones, and more of them than are needed: which are the best is
            fitted later.
        filters: What every question is limited to.
    """
    shipped = load_calibration(embedder.id.revision).passage
    known = resolve_gold(cases, index)
    found = (_observe(case, index, embedder, settings, reader, shipped, filters) for case in known)
    return [one for one in found if len(one.passages)]


def _observe(
    case: Case,
    index: Index,
    embedder: Embedder,
    settings: Settings,
    reader: Reader | None,
    shipped: Logistic,
    filters: Filters,
) -> Observation:
    query = understand(case.question, history=case.history)
    with index.catalog.reading():
        source = search(
            query.searches[0], index, embedder, filters=filters, limit=settings.candidates
        )
        ids = [candidate.id for candidate in source.candidates]
        passages = catalog_read.passages(index.catalog, ids)
        stored = catalog_read.stored_vectors(index.catalog, ids)
    readings: dict[int, Reading] = {}
    if reader and source.candidates:
        order = np.argsort([-shipped.score(c.features) for c in source.candidates], kind="stable")
        first = order[:_READ].tolist()
        read = reader.read(query.standalone, [passages[ids[i]] for i in first])
        readings = dict(zip(first, read, strict=True))
    return Observation(
        readings=readings,
        case=case,
        texts=tuple(RetrievedText(passages[i].post.id, passages[i].text) for i in ids),
        sections=tuple(f"{passages[i].post.id}#{passages[i].section.key}" for i in ids),
        passages=np.asarray([c.features for c in source.candidates], dtype=np.float64),
        right=np.asarray([_holds(passages[id_], case) for id_ in ids], dtype=bool),
        sentences=tuple(
            np.asarray(sentence_features(passages[id_], source, stored[id_], 0.0)) for id_ in ids
        ),
        gold=tuple(
            np.asarray([_is_gold(passages[id_], s.text, case) for s in passages[id_].sentences])
            for id_ in ids
        ),
    )


def _holds(passage: Passage, case: Case) -> list[bool]:
    return [any(_in_passage(passage, gold) for gold in part) for part in case.parts]


def _in_passage(passage: Passage, gold: Gold) -> bool:
    return is_post(gold, passage.post.id) and holds(passage.text, gold.quote)


def _is_gold(passage: Passage, text: str, case: Case) -> list[bool]:
    return [
        any(is_post(gold, passage.post.id) and same_sentence(text, gold.quote) for gold in part)
        for part in case.parts
    ]
