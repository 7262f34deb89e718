"""From observations to weights and thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from eval.fit.linear import Linear, fit_order, logistic
from eval.fit.observe import Observation, Rows
from eval.fit.ranked import (
    HITS,
    Ranked,
    answerable_row,
    closely_rows,
    gold_sentences,
    rank,
    rank_read,
    read_first,
    read_rows,
    right_candidates,
    with_relevance,
)
from eval.fit.shares import Shares, best_share, best_shares
from rag.calibration import (
    ANSWERABLE_FEATURES,
    ANSWERABLE_READ_FEATURES,
    PASSAGE_FEATURES,
    PASSAGE_READ_FEATURES,
    SENTENCE_FEATURES,
    SENTENCE_READ_FEATURES,
)

FOLDS = 5
SEED = 0
_ANSWERED = 0.94  # of the answerable questions, where the score tells little
_STILL_ANSWERED = 0.85  # of them at least, where it tells more
CRITERIA = {
    "min_answerable": f"answers {_ANSWERED} of the answerable questions",
    "read min_answerable": "highest mean of both rates, the answered share of the answerable and "
    f"the refused share of the others, that answers at least {_STILL_ANSWERED} of the answerable",
    "read min_share, min_share_near": "highest mean F1 of citations, the cases and the half of "
    "CLAPNQ that the reader was trained on counting the same",
}


@dataclass(frozen=True, slots=True)
class Fitted:
    """All that is fitted on questions."""

    passage: Linear
    sentence: Linear
    answerable: Linear
    min_answerable: float
    shares: Shares
    read: Fitted | None = None
    """The same for questions whose best passages are read."""

    def values(self) -> dict[str, Any]:
        if self.read:
            return {**replace(self, read=None).values(), "read": self.read.values()}
        reads = len(self.passage.weights) == len(PASSAGE_READ_FEATURES)
        names = (PASSAGE_READ_FEATURES, SENTENCE_READ_FEATURES, ANSWERABLE_READ_FEATURES)
        passage, sentence, answerable = (
            names if reads else (PASSAGE_FEATURES, SENTENCE_FEATURES, ANSWERABLE_FEATURES)
        )
        return {
            "passage": self.passage.values(passage),
            "sentence": self.sentence.values(sentence),
            "answerable": self.answerable.values(answerable),
            "thresholds": {
                "min_answerable": round(self.min_answerable, 4),
                "min_share": round(self.shares.elsewhere, 4),
                **({"min_share_near": round(self.shares.near, 4)} if reads else {}),
            },
        }


def fit(
    observations: Sequence[Observation], *, read: int = 0, near: Sequence[Observation] = ()
) -> Fitted:
    """Fit all weights.

    Args:
        observations: Questions with what was measured.
        near: Questions of one section each, for the share of its further sentences alone.
        read: How many of the best passages a reader reads; 0 fits nothing for a reader.
    """
    passage = fit_passage(observations)
    sentence = _fit_sentence(observations, passage)
    first = _finish(observations, passage, sentence, [
        rank(one, passage, sentence) for one in observations
    ])  # fmt: skip
    if not read:
        return first
    closely = _fit_read_passage(observations, passage, read)
    own = _fit_read_sentence(observations, passage, closely, read)

    def closer(some: Sequence[Observation]) -> list[Ranked]:
        return [rank_read(one, passage, sentence, closely, own, read) for one in some]

    last = _finish(observations, closely, own, closer(observations), near, closer(near))
    return replace(first, read=last)


def _finish(
    observations: Sequence[Observation],
    passage: Linear,
    sentence: Linear,
    ranked: Sequence[Ranked],
    near: Sequence[Observation] = (),
    ranked_near: Sequence[Ranked] = (),
) -> Fitted:
    rows = np.asarray([answerable_row(o, r) for o, r in zip(observations, ranked, strict=True)])
    labels = np.asarray([one.case.answerable for one in observations])
    answerable, least = fit_refusal(rows, labels)
    pairs = [(o, r) for o, r in zip(observations, ranked, strict=True) if o.case.answerable]
    sections = list(zip(near, ranked_near, strict=True))
    return Fitted(
        passage=passage,
        sentence=sentence,
        answerable=answerable,
        min_answerable=least,
        shares=best_shares([pairs, sections]) if sections else best_share(pairs),
    )


def fold_numbers(n: int) -> NDArray[np.int64]:
    """The fold of each of `n` questions, for figures on questions that no weight has seen."""
    return np.random.default_rng(SEED).permutation(n) % FOLDS


def fit_passage(
    observations: Sequence[Observation], using: Sequence[str] = PASSAGE_FEATURES
) -> Linear:
    """First the order (softmax over each question's candidates), then the scale.

    Args:
        observations: At least one must have a right candidate.
        using: The features that may count; the others get no weight.
    """
    off = [name not in using for name in PASSAGE_FEATURES]
    right = [right_candidates(one) for one in observations]
    return fit_order([one.passages for one in observations], right, off=off)


def _fit_read_passage(observations: Sequence[Observation], passage: Linear, read: int) -> Linear:
    chosen = [read_first(one, passage, read) for one in observations]
    rows = [closely_rows(one, passage, i) for one, i in zip(observations, chosen, strict=True)]
    right = [right_candidates(o)[i] for o, i in zip(observations, chosen, strict=True)]
    return fit_order(rows, right)


def _fit_read_sentence(
    observations: Sequence[Observation], passage: Linear, closely: Linear, read: int
) -> Linear:
    rows, labels = [], []
    for one in observations:
        chosen = read_first(one, passage, read)
        relevance = expit(closely.score(closely_rows(one, passage, chosen)))
        for i, relevant in zip(chosen.tolist(), relevance.tolist(), strict=True):
            rows.append(read_rows(one, i, relevant))
            labels.append(gold_sentences(one, i))
    return logistic(
        np.concatenate(rows), np.concatenate(labels), against=(SENTENCE_FEATURES.index("short"),)
    )


def _fit_sentence(observations: Sequence[Observation], passage: Linear) -> Linear:
    rows, labels = [], []
    for one in observations:
        relevance = expit(passage.score(one.passages))
        for i in np.argsort(-relevance, kind="stable")[:HITS]:
            rows.append(with_relevance(one.sentences[i], relevance[i]))
            labels.append(gold_sentences(one, i))
    return logistic(
        np.concatenate(rows), np.concatenate(labels), against=(SENTENCE_FEATURES.index("short"),)
    )


def _threshold(scores: Rows, labels: NDArray[np.bool_], *, read: bool) -> float:
    """From which score on a question is answered.

    With a reader, where the mean of both rates is highest, as long as enough is answered: an
    answer without one then costs as much as a refusal with one. Without a reader that is no
    guide: the mean hardly changes over a third of the scale, so nearly all are let through.
    """
    if not read:
        return float(np.quantile(scores[labels], 1 - _ANSWERED))
    answered = np.asarray([(scores[labels] >= least).mean() for least in scores])
    refused = np.asarray([(scores[~labels] < least).mean() for least in scores])
    allowed = np.where(answered >= _STILL_ANSWERED, answered + refused, -np.inf)
    return float(scores[allowed.argmax()])


def fit_refusal(rows: Rows, labels: NDArray[np.bool_]) -> tuple[Linear, float]:
    """When to answer, and from which probability on; as `fit` does it.

    Args:
        rows: Shape (questions, features).
        labels: Whether the posts answer; both must be there.
    """
    answerable = logistic(rows, labels, balanced=True)
    read = rows.shape[1] == len(ANSWERABLE_READ_FEATURES)
    return answerable, _threshold(expit(answerable.score(rows)), labels, read=read)
