"""Late interaction: a question's tokens against a passage's, idf-weighted MaxSim.

For each token of the question the best cosine among the passage's tokens, averaged with the
question tokens' inverse document frequency as weight: Khattab and Zaharia, 2020,
https://arxiv.org/abs/2004.12832, with weights. Nothing but the question is encoded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.catalog.read import SearchVectors, StoredVectors
from rag.embedding.embedder import QuestionVectors

Floats = NDArray[np.float32]
_FULL = np.float32(127 * 127)
_SMALL = 200_000  # multiplications in one product; OpenBLAS keeps up to 262,144 on one core


@dataclass(frozen=True, slots=True)
class LateQuestion:
    """A question's tokens and how much each of them counts."""

    vectors: QuestionVectors
    weights: Floats
    """Shape (tokens,), positive; adds up to 1 where there is a token."""


def late_question(vectors: QuestionVectors, idf: Floats) -> LateQuestion:
    total = float(idf.sum())
    return LateQuestion(vectors, idf / total if total > 0 else idf)


def passage_scores(
    question: LateQuestion, stored: Sequence[SearchVectors]
) -> tuple[Floats, Floats]:
    """For each passage its MaxSim in [-1, 1], and which share of the question's words it holds.

    The share counts equal tokens, idf-weighted, in [0, 1].
    """
    late = np.zeros(len(stored), dtype=np.float32)
    share = np.zeros(len(stored), dtype=np.float32)
    filled = [i for i, one in enumerate(stored) if len(one.token_ids)]
    if not filled or not len(question.weights):
        return late, share
    tokens = np.concatenate([stored[i].tokens for i in filled])
    ids = np.concatenate([stored[i].token_ids for i in filled])
    starts = np.cumsum([0, *(len(stored[i].token_ids) for i in filled)])[:-1]
    best, equal = _best(question.vectors, tokens, ids, starts)
    late[filled] = _weighted(best, question)
    share[filled] = _weighted(equal, question)
    return late, share


def sentence_scores(question: LateQuestion, stored: StoredVectors) -> tuple[Floats, Floats, Floats]:
    """For each sentence of a passage: MaxSim, the same with the breadcrumb's help, and the share.

    The breadcrumb may stand for what the sentence leaves out: "It opened in 2004".
    """
    n = len(stored.sentences)
    own, helped, share = (np.zeros(n, dtype=np.float32) for _ in range(3))
    if not len(question.weights) or not len(stored.token_ids):
        return own, helped, share
    order = np.argsort(stored.token_sentence, kind="stable")
    numbers, starts = np.unique(stored.token_sentence[order], return_index=True)
    best, equal = _best(question.vectors, stored.tokens[order], stored.token_ids[order], starts)
    nothing = np.zeros_like(question.weights)
    crumb = (best[0], equal[0]) if numbers[0] == -1 else (nothing, nothing)
    filled = (numbers >= 0) & (numbers < n)
    # A sentence without a token of its own has its breadcrumb's.
    helped += _weighted(np.maximum(nothing, crumb[0]), question)
    share += _weighted(crumb[1], question)
    places = numbers[filled]
    own[places] = _weighted(best[filled], question)
    helped[places] = _weighted(np.maximum(best[filled], crumb[0]), question)
    share[places] = _weighted(np.maximum(equal[filled], crumb[1]), question)
    return own, helped, share


def token_best(
    question: LateQuestion, tokens: NDArray[np.int8], ids: NDArray[np.int32]
) -> tuple[Floats, Floats]:
    """For each token of the question its best cosine among `tokens`, and whether it is there."""
    if not len(ids):
        nothing = np.zeros(len(question.weights), dtype=np.float32)
        return nothing, nothing
    best, equal = _best(question.vectors, tokens, ids, np.zeros(1, dtype=np.int64))
    return best[0], equal[0]


def _weighted(of_tokens: Floats, question: LateQuestion) -> Floats:
    """What each token of the question brings, the last axis, by how much it counts, added up.

    Not as a matrix product: of so few numbers OpenBLAS now and then reports an invalid value where
    there is none (https://github.com/numpy/numpy/issues/24067), and numpy warns of it.
    """
    total: Floats = (of_tokens * question.weights).sum(axis=-1)
    return total


def _products(tokens: NDArray[np.int8], others: NDArray[np.int8]) -> Floats:
    """Every row times every other row, on one core.

    The libraries under numpy set all cores on a large product. They would be done a little sooner
    and then wait actively for the next one, which takes the cores from everything else.
    """
    right = others.astype(np.float32).T
    found = np.empty((len(tokens), len(others)), dtype=np.float32)
    rows = max(1, _SMALL // max(1, right.size))
    for start in range(0, len(tokens), rows):
        np.matmul(
            tokens[start : start + rows].astype(np.float32), right, out=found[start : start + rows]
        )
    return found


def _best(
    question: QuestionVectors,
    tokens: NDArray[np.int8],
    ids: NDArray[np.int32],
    starts: NDArray[np.int64],
) -> tuple[Floats, Floats]:
    """For each stretch of tokens and each question token: best cosine, and whether it is there."""
    cosines = _products(tokens, question.tokens) / _FULL
    best: Floats = np.maximum.reduceat(cosines, starts, axis=0)
    equal = ids[:, None] == question.token_ids[None, :]
    there: Floats = np.maximum.reduceat(equal, starts, axis=0).astype(np.float32)
    return best, there
