"""Query to hits: candidates by meaning and by words, ranked together by late interaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

from rag import catalog_filters, catalog_languages, catalog_read
from rag.calibration import UNCALIBRATED, Calibration, ReadCalibration, bounded, sigmoid
from rag.catalog_read import StoredVectors
from rag.embed import Embedder, QuestionVectors
from rag.index import Index
from rag.language import fitted
from rag.late import LateQuestion, late_question, passage_scores, sentence_scores
from rag.reader import Reader, Reading
from rag.text import question_words
from rag.types import Filters, Found, Hit, Passage, Query, SentenceScore, Span

_EXACT = 20_000  # up to so many allowed passages are compared one by one
_SHORT = 40.0  # characters; a sentence below says little by itself


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
class Looked:
    """What was found for a question, before it is weighed whether that answers it."""

    hits: tuple[Hit, ...]
    """Best first."""
    row: tuple[float, ...]
    """In the order of `calibration.ANSWERABLE_FEATURES`, or of `ANSWERABLE_READ_FEATURES` where a
    reader has read; empty without a hit."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Search:
    """One text that is searched for, as the index and the ranking need it."""

    vectors: QuestionVectors
    late: LateQuestion
    candidates: tuple[Candidate, ...]
    """In no order that means anything."""


def retrieve(
    query: Query,
    index: Index,
    embedder: Embedder,
    calibration: Calibration,
    *,
    candidates: int,
    hits: int,
    reader: Reader | None = None,
    read: int = 0,
) -> Found:
    """The passages most likely to hold the answer, and whether they do; as `look`."""
    looked = look(
        query, index, embedder, calibration,
        candidates=candidates, hits=hits, reader=reader, read=read,
    )  # fmt: skip
    uncalibrated = () if calibration.fitted else (UNCALIBRATED,)
    answerable = calibration.weigh_answerable(looked.row) if looked.row else 0.0
    return Found(looked.hits, answerable, (*looked.warnings, *uncalibrated))


def look(
    query: Query,
    index: Index,
    embedder: Embedder,
    calibration: Calibration,
    *,
    candidates: int,
    hits: int,
    reader: Reader | None = None,
    read: int = 0,
    hidden: Set[str] = frozenset(),
) -> Looked:
    """The passages most likely to hold the answer, and what was measured of them.

    Args:
        query: The question, as it was understood.
        index: Where to look.
        embedder: The model that made the index.
        calibration: What was fitted for that model.
        candidates: How many are taken by meaning, and as many by words, for each search text.
        hits: At most so many are handed back.
        reader: Reads the best ones closely; None ranks by what the index knows alone.
        read: How many it reads.
        hidden: Ids of passages that are looked past, as if the index did not hold them.
    """
    with index.catalog.reading():
        searches = [
            search(text, index, embedder, filters=query.filters, limit=candidates, hidden=hidden)
            for text in query.searches
        ]
        against = _against(searches, index, query.language)
        ranked = _fuse(searches, calibration, against)[:hits]
        best = {candidate.id: source for candidate, source in ranked}
        stored = catalog_read.stored_vectors(index.catalog, list(best))
        passages = catalog_read.passages(index.catalog, list(best))
        names = catalog_filters.unknown_names(index.catalog, query.filters)
    unknown = [f"No post has the {name}." for name in names]
    first = [passages[candidate.id] for candidate, _ in ranked[:read]] if reader else []
    readings = reader.read(query.standalone, first) if reader else []
    unread = [None] * (len(ranked) - len(readings))
    found = [
        _hit(passages[c.id], c, source, stored[c.id], calibration, reading, against.get(c.id, 0.0))
        for (c, source), reading in zip(ranked, [*readings, *unread], strict=True)
    ]
    return Looked(
        hits=tuple(sorted(found, key=lambda hit: -hit.relevance) if readings else found),
        row=_answerable_row(found, ranked, readings, calibration),
        warnings=tuple(unknown),
    )


def search(
    text: str,
    index: Index,
    embedder: Embedder,
    *,
    filters: Filters,
    limit: int,
    hidden: Set[str] = frozenset(),
) -> Search:
    """Candidates for one search text with all that is measured of them."""
    vectors = embedder.embed_question(text)
    allowed = catalog_filters.allowed_passages(index.catalog, filters) if filters else None
    more = limit + len(hidden)
    by_meaning = _without(hidden, _by_meaning(vectors, index, allowed, more), limit)
    by_words = _without(hidden, _by_words(text, index, allowed, more), limit)
    ids = list(dict.fromkeys((*by_meaning, *by_words)))
    stored = catalog_read.stored_vectors(index.catalog, ids)
    ids = [id_ for id_ in ids if id_ in stored]
    late = late_question(vectors, catalog_read.token_weights(index.catalog, vectors.token_ids))
    scores, shares = passage_scores(late, [stored[id_] for id_ in ids])
    most = max(by_words.values(), default=0.0) or 1.0
    return Search(
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


def _by_meaning(
    vectors: QuestionVectors, index: Index, allowed: set[str] | None, limit: int
) -> dict[str, float]:
    if allowed is None:
        return index.search(vectors.question, limit)
    if len(allowed) <= _EXACT:
        return index.exact_search(vectors.question, sorted(allowed), limit)
    # Most passages are allowed, so some of the nearest are.
    found = index.search(vectors.question, 10 * limit)
    return dict([item for item in found.items() if item[0] in allowed][:limit])


def _by_words(text: str, index: Index, allowed: set[str] | None, limit: int) -> dict[str, float]:
    words = question_words(text)
    if allowed is None:
        return catalog_read.by_words(index.catalog, words, limit)
    found = catalog_read.by_words(index.catalog, words, _EXACT)
    return dict([item for item in found.items() if item[0] in allowed][:limit])


def _against(searches: Sequence[Search], index: Index, language: str | None) -> dict[str, float]:
    """What stands against candidates in another language than the question's, as log-odds."""
    if language is None:
        return {}
    ids = list(dict.fromkeys(one.id for search in searches for one in search.candidates))
    other = catalog_languages.in_other_languages(index.catalog, ids, language)
    return dict.fromkeys(other, float(fitted()["other_language"]))


def _fuse(
    searches: Sequence[Search], calibration: Calibration, against: Mapping[str, float]
) -> list[tuple[Candidate, Search]]:
    """Every candidate once, as the search text sees it that likes it best; best first."""
    best: dict[str, tuple[float, Candidate, Search]] = {}
    for one in searches:
        for candidate in one.candidates:
            score = calibration.passage.score(candidate.features) - against.get(candidate.id, 0.0)
            if candidate.id not in best or score > best[candidate.id][0]:
                best[candidate.id] = (score, candidate, one)
    order = sorted(best.values(), key=lambda entry: (-entry[0], entry[1].id))
    return [(candidate, one) for _, candidate, one in order]


def _hit(
    passage: Passage,
    candidate: Candidate,
    source: Search,
    stored: StoredVectors,
    calibration: Calibration,
    reading: Reading | None,
    against: float,
) -> Hit:
    searched = calibration.passage.score(candidate.features) - against
    relevance, weigh = sigmoid(searched), calibration.sentence
    own = calibration.read
    if reading and own:
        relevance, weigh = own.passage((searched, bounded(reading.answers))), own.sentence
    rows = sentence_features(passage, source, stored, relevance)
    if reading and own:
        rows = [(*row, bounded(s)) for row, s in zip(rows, reading.sentences, strict=True)]
    return Hit(
        passage=passage,
        relevance=relevance,
        sentences=tuple(
            SentenceScore(sentence, sigmoid(weigh.score(row) - against), _short(reading, i, own))
            for i, (sentence, row) in enumerate(zip(passage.sentences, rows, strict=True))
        ),
    )


def _short(reading: Reading | None, number: int, own: ReadCalibration | None) -> Span | None:
    """The short answer in the sentence with this number, where the reader is sure enough of it."""
    found = reading.short if reading else None
    if found is None or own is None or own.min_short is None or found.sentence != number:
        return None
    return Span(found.start, found.end) if found.sure >= own.min_short else None


def _answerable_row(
    hits: Sequence[Hit],
    ranked: Sequence[tuple[Candidate, Search]],
    readings: Sequence[Reading],
    calibration: Calibration,
) -> tuple[float, ...]:
    if not hits:
        return ()
    row = answerable_features(hits, ranked)
    if readings and calibration.read:
        return (*row, bounded(max(reading.answers for reading in readings)))
    return row


def sentence_features(
    passage: Passage, source: Search, stored: StoredVectors, relevance: float
) -> list[tuple[float, ...]]:
    """For each sentence, in the order of `calibration.SENTENCE_FEATURES`."""
    own, helped, share = sentence_scores(source.late, stored)
    cosines = stored.sentences.astype(np.float32) @ source.vectors.sentence / 127
    return [
        (
            float(own[i]), float(helped[i]), float(share[i]), float(cosines[i]), relevance,
            max(0.0, 1 - len(sentence.text) / _SHORT),
        )
        for i, sentence in enumerate(passage.sentences)
    ]  # fmt: skip


def answerable_features(
    hits: Sequence[Hit], ranked: Sequence[tuple[Candidate, Search]]
) -> tuple[float, ...]:
    """In the order of `calibration.ANSWERABLE_FEATURES`; there must be a hit."""
    top = [candidate for candidate, _ in ranked[: len(hits)]]
    sentences = sorted((s.relevance for hit in hits for s in hit.sentences), reverse=True)
    relevances = sorted((hit.relevance for hit in hits), reverse=True)
    behind = float(np.mean(relevances[1:10])) if len(relevances) > 1 else 0.0
    behind_sentences = float(np.mean(sentences[1:10])) if len(sentences) > 1 else 0.0
    return (
        relevances[0],
        max(candidate.late for candidate in top),
        max(candidate.cosine for candidate in top),
        max(candidate.share for candidate in top),
        sentences[0],
        relevances[0] - behind,
        sentences[0] - behind_sentences,
    )
