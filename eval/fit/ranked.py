"""A question's hits under some weights, with and without a reader."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from eval.fit.linear import Linear
from eval.fit.observe import Observation, Rows
from rag.calibration import SENTENCE_FEATURES, bounded

HITS = 20  # as many as a question ends up with
_PASSAGE = SENTENCE_FEATURES.index("passage")


@dataclass(frozen=True, slots=True)
class Ranked:
    """A question's hits under some weights."""

    order: NDArray[np.int64]
    """Candidates, best first."""
    relevance: Rows
    """Of each candidate, in [0, 1]."""
    sentences: list[tuple[int, int, float]]
    """Candidate, sentence and relevance of the hits' sentences, best first."""
    answers: float | None = None
    """The best log-odds of the reader; None where nothing was read."""


def rank(one: Observation, passage: Linear, sentence: Linear) -> Ranked:
    relevance: Rows = expit(passage.score(one.passages))
    order = np.argsort(-relevance, kind="stable")
    sentences = []
    for i in order[:HITS]:
        scores = expit(sentence.score(with_relevance(one.sentences[i], relevance[i])))
        sentences += [(int(i), j, float(score)) for j, score in enumerate(scores)]
    return Ranked(order, relevance, sorted(sentences, key=lambda entry: -entry[2]))


def rank_read(
    one: Observation, passage: Linear, sentence: Linear, closely: Linear, own: Linear, read: int
) -> Ranked:
    """As `_rank`, with the first ones read."""
    before = rank(one, passage, sentence)
    chosen = read_first(one, passage, read)
    relevance = before.relevance.copy()
    relevance[chosen] = expit(closely.score(closely_rows(one, passage, chosen)))
    # Hits stay the same ones; reading only changes their order.
    hits = before.order[:HITS]
    order = hits[np.argsort(-relevance[hits], kind="stable")]
    was_read = set(chosen.tolist())
    sentences = [entry for entry in before.sentences if entry[0] not in was_read]
    for i in was_read:
        scores = expit(own.score(read_rows(one, i, relevance[i])))
        sentences += [(i, j, float(score)) for j, score in enumerate(scores)]
    return Ranked(
        np.concatenate([order, before.order[HITS:]]),
        relevance,
        sorted(sentences, key=lambda entry: -entry[2]),
        max((bounded(one.readings[i].answers) for i in was_read), default=None),
    )


def read_first(one: Observation, passage: Linear, read: int) -> NDArray[np.int64]:
    """The candidates that are read, best first."""
    order = np.argsort(-passage.score(one.passages), kind="stable")[:read]
    return np.asarray([i for i in order.tolist() if i in one.readings], dtype=np.int64)


def closely_rows(one: Observation, passage: Linear, chosen: NDArray[np.int64]) -> Rows:
    """In the order of `calibration.PASSAGE_READ_FEATURES`."""
    found: Rows = np.column_stack([
        passage.score(one.passages[chosen]),
        [bounded(one.readings[i].answers) for i in chosen.tolist()],
    ])  # fmt: skip
    return found


def with_relevance(rows: Rows, relevance: float) -> Rows:
    filled = rows.copy()
    filled[:, _PASSAGE] = relevance
    return filled


def read_rows(one: Observation, i: int, relevance: float) -> Rows:
    """In the order of `calibration.SENTENCE_READ_FEATURES`."""
    odds = [bounded(s) for s in one.readings[i].sentences]
    return np.column_stack([with_relevance(one.sentences[i], relevance), odds])


def answerable_row(one: Observation, ranked: Ranked) -> Rows:
    """As `rag.retrieval.retrieve.answerable_features`."""
    top = ranked.order[:HITS]
    relevance = ranked.relevance[top]
    best = [score for _, _, score in ranked.sentences]
    late, cosine, _, share = one.passages[top].max(axis=0)
    lead = relevance[0] - (relevance[1:10].mean() if len(relevance) > 1 else 0.0)
    sentence_lead = best[0] - (float(np.mean(best[1:10])) if len(best) > 1 else 0.0)
    row = [relevance[0], late, cosine, share, best[0], lead, sentence_lead]
    return np.asarray(row if ranked.answers is None else [*row, ranked.answers])


def right_candidates(one: Observation) -> NDArray[np.bool_]:
    return _any(one.right, len(one.passages))


def gold_sentences(one: Observation, i: int) -> NDArray[np.bool_]:
    return _any(one.gold[i], len(one.sentences[i]))


def _any(marks: NDArray[np.bool_], rows: int) -> NDArray[np.bool_]:
    """Whether a row is right for any part; a question without parts has no right ones."""
    found: NDArray[np.bool_] = np.zeros(rows, dtype=bool)
    if marks.size:
        found |= marks.any(axis=1)
    return found
