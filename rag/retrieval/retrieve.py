"""Query to hits: candidates by meaning and by words, ranked together by late interaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import zip_longest

import numpy as np

from rag.calibration import UNCALIBRATED, Calibration, ReadCalibration, bounded, sigmoid
from rag.catalog import filters as catalog_filters
from rag.catalog import read as catalog_read
from rag.catalog.read import StoredVectors
from rag.embedding.embedder import Embedder
from rag.index.index import Index
from rag.reading.reader import Reader, Reading, Reranker
from rag.retrieval.candidates import Candidate, Search, search
from rag.retrieval.late import sentence_scores
from rag.retrieval.preferred import against_language, for_post, post_spoken_of
from rag.text.saying import of_others, says_nothing
from rag.types import Found, Hit, Passage, Query, SentenceScore, Span

_SHORT = 40.0  # characters; a sentence below says little by itself


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found for a question, before it is weighed whether that answers it."""

    hits: tuple[Hit, ...]
    """Best first."""
    row: tuple[float, ...]
    """In the order of `calibration.ANSWERABLE_FEATURES`, or of `ANSWERABLE_READ_FEATURES` where a
    reader has read; empty without a hit."""
    warnings: tuple[str, ...] = ()
    generation: int = 0
    """Of the index, as `synced_at`."""
    synced_at: datetime | None = None


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
    reranker: Reranker | None = None,
) -> Found:
    """The passages most likely to hold the answer, and whether they do; as `look`."""
    looked = look(
        query, index, embedder, calibration,
        candidates=candidates, hits=hits, reader=reader, read=read, reranker=reranker,
    )  # fmt: skip
    uncalibrated = () if calibration.fitted else (UNCALIBRATED,)
    answerable = calibration.weigh_answerable(looked.row) if looked.row else 0.0
    if query.sections and looked.hits:  # what they say is asked for, whatever that is
        answerable = 1.0
    return Found(
        looked.hits, answerable, (*looked.warnings, *uncalibrated),
        generation=looked.generation, synced_at=looked.synced_at,
    )  # fmt: skip


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
    reranker: Reranker | None = None,
    hidden: Set[str] = frozenset(),
    same_post: float | None = None,
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
        reranker: Orders the hits anew before they are read.
        hidden: Ids of passages that are looked past, as if the index did not hold them.
        same_post: What speaks for passages of the post that was spoken of, as log-odds; None: as
            it was fitted.

    Raises:
        IndexMismatch: The index has been given another model.
    """
    # Reranker and reader take their time, and a writer who erases waits for who looks at the
    # catalog: so they come when all has been read from it.
    with index.catalog.reading():
        index.check_model(embedder.id)
        generation, synced_at = index.generation, index.synced_at
        searches = _searches(query, index, embedder, candidates, hidden)
        post = post_spoken_of(query.before, index, embedder, calibration, hidden)
        against = against_language(searches, index, query.preferred)
        likelier = for_post(searches, index, post, same_post)
        ranked = _fuse(searches, calibration, against, likelier)[:hits]
        best = [one.candidate.id for one in ranked]
        stored = catalog_read.stored_vectors(index.catalog, best)
        passages = catalog_read.passages(index.catalog, best)
        names = catalog_filters.unknown_names(index.catalog, query.filters)
    if reranker:
        ranked = _reordered(ranked, reranker.scores(query.standalone, [passages[i] for i in best]))
    first = [passages[one.candidate.id] for one in ranked[:read]] if reader else []
    able = {i: _able(query.standalone, passages[i]) for i in best}
    readings = _readings(reader, query, ranked[: len(first)], first, able) if reader else []
    found = [
        _hit(
            passages[one.candidate.id],
            one,
            stored[one.candidate.id],
            calibration,
            reading,
            against.get(one.candidate.id, 0.0),
            able[one.candidate.id],
        )
        for one, reading in zip_longest(ranked, readings)
    ]
    return Looked(
        hits=tuple(sorted(found, key=lambda hit: -hit.relevance) if readings else found),
        row=_answerable_row(found, ranked, readings, calibration),
        warnings=tuple(f"No post has the {name}." for name in names),
        generation=generation,
        synced_at=synced_at,
    )


@dataclass(frozen=True, slots=True)
class _Ranked:
    """A candidate in its place."""

    candidate: Candidate
    source: Search
    """The search text that likes it best."""
    searched: float
    """Log-odds that it answers, as far as the search tells."""


def _searches(
    query: Query, index: Index, embedder: Embedder, limit: int, hidden: Set[str]
) -> list[Search]:
    return [
        search(
            text, index, embedder,
            filters=query.filters, limit=limit, sections=query.sections, hidden=hidden,
        )
        for text in query.searches
    ]  # fmt: skip


def _readings(
    reader: Reader,
    query: Query,
    ranked: Sequence[_Ranked],
    passages: Sequence[Passage],
    able: Mapping[str, Sequence[bool]],
) -> list[Reading]:
    """One for each passage, which is asked in the words that it was found by."""
    reworded = [one.source.text == query.reworded for one in ranked]
    readings: dict[int, Reading] = {}
    for question, other in ((query.standalone, False), (query.reworded or "", True)):
        chosen = [i for i, own in enumerate(reworded) if own is other]
        if chosen:
            read = reader.read(question, [passages[i] for i in chosen])
            readings.update(zip(chosen, read, strict=True))
    return [readings[i].only(able[passage.id]) for i, passage in enumerate(passages)]


def _able(question: str, passage: Passage) -> list[bool]:
    """Of each sentence whether it can answer at all."""
    texts = [one.text for one in passage.sentences]
    whole = "\n".join((passage.post.title, *passage.section.headings, passage.text))
    others = of_others(question, whole, texts)
    return [
        not (says_nothing(text, question) or other)
        for text, other in zip(texts, others, strict=True)
    ]


def _reordered(ranked: Sequence[_Ranked], scores: Sequence[float]) -> list[_Ranked]:
    """By other scores, which order and are not calibrated: so each place keeps its log-odds."""
    order = np.argsort(-np.asarray(scores), kind="stable").tolist()
    return [replace(ranked[i], searched=one.searched) for i, one in zip(order, ranked, strict=True)]


def _fuse(
    searches: Sequence[Search],
    calibration: Calibration,
    against: Mapping[str, float],
    speaks_for: Mapping[str, float],
) -> list[_Ranked]:
    """Every candidate once, as the search text sees it that likes it best; best first."""
    best: dict[str, _Ranked] = {}
    for one in searches:
        for candidate in one.candidates:
            score = calibration.passage.score(candidate.features)
            score += speaks_for.get(candidate.id, 0.0) - against.get(candidate.id, 0.0)
            if candidate.id not in best or score > best[candidate.id].searched:
                best[candidate.id] = _Ranked(candidate, one, score)
    return sorted(best.values(), key=lambda one: (-one.searched, one.candidate.id))


def _hit(
    passage: Passage,
    ranked: _Ranked,
    stored: StoredVectors,
    calibration: Calibration,
    reading: Reading | None,
    against: float,
    able: Sequence[bool],
) -> Hit:
    relevance, weigh = sigmoid(ranked.searched), calibration.sentence
    own = calibration.read
    if reading and own:
        relevance = own.passage((ranked.searched, bounded(reading.answers)))
        weigh = own.sentence
    rows = sentence_features(passage, ranked.source, stored, relevance)
    if reading and own:
        rows = [(*row, bounded(s)) for row, s in zip(rows, reading.sentences, strict=True)]
    return Hit(
        passage=passage,
        relevance=relevance,
        sentences=tuple(
            SentenceScore(
                sentence,
                sigmoid(weigh.score(row) - against) if able[i] else 0.0,
                _short(reading, i, own),
            )
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
    ranked: Sequence[_Ranked],
    readings: Sequence[Reading],
    calibration: Calibration,
) -> tuple[float, ...]:
    if not hits:
        return ()
    row = answerable_features(hits, [one.candidate for one in ranked])
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


def answerable_features(hits: Sequence[Hit], top: Sequence[Candidate]) -> tuple[float, ...]:
    """In the order of `calibration.ANSWERABLE_FEATURES`; there must be a hit."""
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
