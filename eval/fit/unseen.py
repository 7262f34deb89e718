"""How good fitted weights are on questions that they have not seen, with intervals by question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import expit

from eval.abstention import ANSWERABLE, REFUSED, SCORE, auroc
from eval.bootstrap import RESAMPLES, Estimate, Rows, estimate, mean
from eval.fit.models import Fitted
from eval.fit.observe import Observation
from eval.fit.ranked import Ranked, answerable_row, rank, rank_read
from eval.fit.shares import Shares, cited, mean_f1

_NO_MORE = Shares(2.0, 2.0)
_OF_ANSWERABLE = (
    "recall@1", "recall@5", "recall@10", "citation_precision", "citation_recall",
    "first_sentence_right",
)  # fmt: skip


def evaluate(
    fitted: Sequence[Fitted],
    parts: Sequence[Sequence[Observation]],
    *,
    read: int = 0,
    resamples: int = RESAMPLES,
) -> dict[str, Any]:
    """Each part under its own weights, averaged over all questions.

    Returns:
        Figures by name, the number of `questions`, and under `intervals` the 95 % interval of each
        figure: percentile bootstrap by question. The weights stay as they are in a resample, so
        that the intervals say what other questions would change, and not what other weights would.
    """
    rows, measured = [], []
    for weights, part in zip(fitted, parts, strict=True):
        last = weights.read if read and weights.read else weights
        for one in part:
            ranked = _ranked(weights, one, read)
            score = float(expit(last.answerable.score(answerable_row(one, ranked)[None]))[0])
            rows.append((one.case.answerable, score < last.min_answerable, score))
            if one.case.answerable:
                found = [_recall(one, ranked, k) for k in (1, 5, 10)]
                found += [*cited(one, ranked, last.shares), cited(one, ranked, _NO_MORE)[0]]
                measured.append(found)
    asked = np.asarray(rows, dtype=np.float64)
    own = np.asarray(measured, dtype=np.float64).reshape(-1, len(_OF_ANSWERABLE))
    passed, yes = 1 - asked[:, REFUSED:SCORE], asked[:, ANSWERABLE] > 0
    figures = {
        name: estimate(own[:, [i]], mean, resamples=resamples)
        for i, name in enumerate(_OF_ANSWERABLE)
    }
    figures["answerable_auroc"] = estimate(asked, auroc, resamples=resamples)
    figures["answered_of_answerable"] = estimate(passed[yes], mean, resamples=resamples)
    figures["refused_of_unanswerable"] = estimate(1 - passed[~yes], mean, resamples=resamples)
    return _told(figures, len(asked))


def evaluate_near(
    fitted: Sequence[Fitted],
    parts: Sequence[Sequence[Observation]],
    *,
    read: int,
    resamples: int = RESAMPLES,
) -> dict[str, Any]:
    """How well sentences of one section are chosen, each part under its own weights."""
    found = [
        mean_f1([(one, _ranked(weights, one, read))], (weights.read or weights).shares)
        for weights, part in zip(fitted, parts, strict=True)
        for one in part
    ]
    rows: Rows = np.asarray(found, dtype=np.float64)[:, None]
    return _told({"f1": estimate(rows, mean, resamples=resamples)}, len(found))


def _ranked(weights: Fitted, one: Observation, read: int) -> Ranked:
    last = weights.read
    if not (read and last):
        return rank(one, weights.passage, weights.sentence)
    return rank_read(one, weights.passage, weights.sentence, last.passage, last.sentence, read)


def _recall(one: Observation, ranked: Ranked, k: int) -> float:
    """Share of the parts that one of the first `k` holds."""
    return float(one.right[ranked.order[:k]].any(axis=0).mean())


def _told(figures: Mapping[str, Estimate | None], questions: int) -> dict[str, Any]:
    known = {name: one for name, one in figures.items() if one}
    return {
        **{name: round(one.value, 4) for name, one in known.items()},
        "questions": float(questions),
        "intervals": {name: [round(one.low, 4), round(one.high, 4)] for name, one in known.items()},
    }
