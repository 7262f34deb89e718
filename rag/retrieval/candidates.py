"""Passages that may hold the answer: the best by meaning and by words, and what is measured."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

import numpy as np

from rag.catalog import filters as catalog_filters
from rag.catalog import read as catalog_read
from rag.catalog.vectors import search_vectors
from rag.embedding.embedder import Embedder, QuestionVectors
from rag.index.index import Index
from rag.retrieval.late import LateQuestion, late_question, passage_scores
from rag.text.sentences import question_words
from rag.types import Filters, Vector

_EXACT = 20_000  # up to so many allowed passages are compared one by one


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may hold the answer, and what was measured of it."""

    id: str
    late: float
    """Idf-weighted MaxSim, in [-1, 1]."""
    cosine: float
    """In [-1, 1]."""
    words: float
    """BM25 as part of the best candidate's, in [0, 1]."""
    share: float
    """Of the question's tokens that stand in the passage, idf-weighted, in [0, 1]."""

    @property
    def features(self) -> tuple[float, ...]:
        """In the order of `calibration.PASSAGE_FEATURES`."""
        return self.late, self.cosine, self.words, self.share


@dataclass(frozen=True, slots=True)
class Search:
    """One text that is searched for, as the index and the ranking need it."""

    text: str
    vectors: QuestionVectors
    late: LateQuestion
    candidates: tuple[Candidate, ...]
    """In no order that means anything."""


def search(
    text: str,
    index: Index,
    embedder: Embedder,
    *,
    filters: Filters,
    limit: int,
    sections: Sequence[tuple[str, str]] = (),
    hidden: Set[str] = frozenset(),
) -> Search:
    """Candidates for one search text with all that is measured of them."""
    vectors = embedder.embed_question(text)
    allowed = (
        catalog_filters.allowed_passages(index.catalog, filters, sections)
        if filters or sections
        else None
    )
    more = limit + len(hidden)
    by_meaning = _without(hidden, nearest(vectors.question, index, allowed, more), limit)
    by_words = _without(hidden, best_by_words(text, index, allowed, more), limit)
    ids = list(dict.fromkeys((*by_meaning, *by_words)))
    stored = search_vectors(index.catalog, ids)
    ids = [id_ for id_ in ids if id_ in stored]
    late = late_question(vectors, catalog_read.token_weights(index.catalog, vectors.token_ids))
    scores, shares = passage_scores(late, [stored[id_] for id_ in ids])
    most = max(by_words.values(), default=0.0) or 1.0
    return Search(
        text,
        vectors,
        late,
        tuple(
            Candidate(
                id=id_,
                late=float(scores[i]),
                cosine=float(stored[id_].passage.astype(np.float32) @ vectors.question),
                words=by_words.get(id_, 0.0) / most,
                share=float(shares[i]),
            )
            for i, id_ in enumerate(ids)
        ),
    )


def _without(hidden: Set[str], found: dict[str, float], limit: int) -> dict[str, float]:
    return dict([item for item in found.items() if item[0] not in hidden][:limit])


def nearest(
    question: Vector, index: Index, allowed: Set[str] | None, limit: int
) -> dict[str, float]:
    """Ids of the passages nearest in meaning, best first, and their cosines.

    Args:
        question: Its vector.
        index: Where to look.
        allowed: Ids of those that count; None: all.
        limit: At most so many, however few of the nearest are allowed.
    """
    if allowed is None:
        return index.search(question, limit)
    if len(allowed) <= _EXACT:
        return index.exact_search(question, sorted(allowed), limit)
    wanted = 10 * limit
    while True:
        found = index.search(question, wanted)
        kept = [item for item in found.items() if item[0] in allowed][:limit]
        # Where few are allowed, the nearest of them are far down.
        if len(kept) == limit or len(found) < wanted or wanted >= _EXACT:
            return dict(kept)
        wanted = min(4 * wanted, _EXACT)


def best_by_words(
    text: str, index: Index, allowed: Set[str] | None, limit: int
) -> dict[str, float]:
    """Ids of the passages that share words with a text, best first, and their BM25.

    Args:
        text: What is searched for.
        index: Where to look.
        allowed: Ids of those that count; None: all.
        limit: At most so many, however few of the best are allowed.
    """
    words = question_words(text)
    if allowed is None:
        return catalog_read.by_words(index.catalog, words, limit)
    found = catalog_read.by_words(index.catalog, words, _EXACT)
    return dict([item for item in found.items() if item[0] in allowed][:limit])
