"""How well a judge's scores agree with people: formulas on weighted claims, with intervals.

A resample draws groups (all claims of a question or of a text) with replacement, because claims of
one text are not independent: Field and Welsh, 2007,
https://doi.org/10.1111/j.1467-9868.2007.00593.x. It is held as a weight for each claim, shape
(resamples, claims), so that a formula is computed for all of them at once, which scikit-learn does
not do; with weights of 1 it is the plain figure. The tests hold each against scikit-learn or scipy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from eval.bootstrap import RESAMPLES, Estimate, Floats

Weighted = Callable[[Floats], Floats]
"""Weights, shape (resamples, claims), to a figure of each; nan where they do not define it."""

BINS = 10  # of equal width, as Guo et al. have them
_BLOCK = 4_000_000  # weights held at once
_TAIL = 2.5  # percent on either side


def interval(
    statistic: Weighted, groups: Sequence[str], *, seed: int = 0, resamples: int = RESAMPLES
) -> Estimate | None:
    """A figure with its 95 % interval by group; None where it is not defined."""
    value = float(statistic(np.ones((1, len(groups))))[0]) if groups else np.nan
    if not np.isfinite(value):
        return None
    drawn = np.concatenate([statistic(one) for one in _draws(groups, seed, resamples)])
    low, high = np.percentile(drawn[np.isfinite(drawn)], [_TAIL, 100 - _TAIL])
    return Estimate(value, min(float(low), value), max(float(high), value), len(groups))


def balanced_accuracy(passed: Floats, labels: Floats) -> Weighted:
    """The mean of how many supported claims pass and how many others do not, in [0, 1]."""

    def statistic(weights: Floats) -> Floats:
        right = _share(weights @ (passed * labels), weights @ labels)
        stopped = _share(weights @ ((1 - passed) * (1 - labels)), weights @ (1 - labels))
        return (right + stopped) / 2

    return statistic


def passing(passed: Floats, among: Floats) -> Weighted:
    """Which share of the claims among which 1 stands pass, in [0, 1]."""
    return lambda weights: _share(weights @ (passed * among), weights @ among)


def area(scores: Floats, labels: Floats) -> Weighted:
    """AUROC: that a supported claim scores above another one, ties counting half.

    Fawcett, 2006, https://doi.org/10.1016/j.patrec.2005.10.010.
    """
    order = np.argsort(scores, kind="stable")
    _, starts = np.unique(scores[order], return_index=True)
    yes = labels[order]

    def statistic(weights: Floats) -> Floats:
        ordered = weights[:, order]
        # Claims of equal score are one step of the curve.
        positive = np.add.reduceat(ordered * yes, starts, axis=1)
        negative = np.add.reduceat(ordered * (1 - yes), starts, axis=1)
        below = np.cumsum(negative, axis=1) - negative / 2
        return _share((positive * below).sum(axis=1), positive.sum(axis=1) * negative.sum(axis=1))

    return statistic


def calibration_error(scores: Floats, labels: Floats) -> Weighted:
    """ECE: how far the mean score of a bin lies from its share of supported claims, on average.

    In [0, 1]; ten bins of equal width, each counting as many as it holds: Guo et al., 2017,
    https://arxiv.org/abs/1706.04599. Scores outside [0, 1] count as its ends.
    """
    inside = np.clip(scores, 0, 1)
    held = np.eye(BINS)[bins(inside)] * (inside - labels)[:, None]

    def statistic(weights: Floats) -> Floats:
        return _share(np.abs(weights @ held).sum(axis=1), weights.sum(axis=1))

    return statistic


def brier(scores: Floats, labels: Floats) -> Weighted:
    """The mean squared distance of score and label, in [0, 1]; lower is better.

    Brier, 1950, https://doi.org/10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.
    """
    squares = (np.clip(scores, 0, 1) - labels) ** 2

    def statistic(weights: Floats) -> Floats:
        return _share(weights @ squares, weights.sum(axis=1))

    return statistic


def rank_correlation(scores: Floats, grades: Floats) -> Weighted:
    """Spearman's ρ with the raters' mean grade, in [-1, 1]."""
    from scipy.stats import spearmanr

    def of_one(weights: Floats) -> float:
        places = np.repeat(np.arange(len(weights)), weights.astype(int))
        x, y = scores[places], grades[places]
        # Where one of the two does not vary there is no order to agree on.
        return float(spearmanr(x, y).statistic) if len(set(x)) > 1 and len(set(y)) > 1 else np.nan

    def statistic(weights: Floats) -> Floats:
        return np.array([of_one(one) for one in weights])

    return statistic


def weighted_mean(values: Floats) -> Weighted:
    """Of what every claim has."""
    return lambda weights: _share(weights @ values, weights.sum(axis=1))


def kappa(one: Floats, other: Floats) -> Weighted:
    """Cohen's κ of two people who said yes (1) or no (0): how far they agree beyond chance.

    In [-1, 1]; nan where both said the same of all, which leaves nothing to agree on. Cohen, 1960,
    https://doi.org/10.1177/001316446002000104.
    """
    same = (one == other).astype(np.float64)

    def statistic(weights: Floats) -> Floats:
        total = weights.sum(axis=1)
        agreed, yes, also = (_share(weights @ said, total) for said in (same, one, other))
        chance = yes * also + (1 - yes) * (1 - also)
        return _share(agreed - chance, 1 - chance)

    return statistic


def difference(one: Weighted, other: Weighted) -> Weighted:
    """Of two figures on the same claims: paired, as both are given the same weights."""
    return lambda weights: one(weights) - other(weights)


def cross_fitted(scores: Floats, labels: Floats, groups: Sequence[str]) -> Floats:
    """Which claims pass (1 or 0) at the threshold that is best on the other four of five folds.

    A group lies in one fold only. Where the groups do not allow five folds, nan for all.
    """
    from sklearn.model_selection import GroupKFold

    passed = np.full(len(scores), np.nan)
    if len(set(groups)) < _FOLDS:
        return passed
    for train, test in GroupKFold(_FOLDS).split(scores, labels, groups):
        passed[test] = scores[test] >= best_threshold(scores[train], labels[train])
    return passed


def best_threshold(scores: Floats, labels: Floats) -> float:
    """Where the balanced accuracy is highest; the lowest of several."""
    cuts = np.unique(scores)
    passed = scores[None, :] >= cuts[:, None]
    right = passed @ labels / max(labels.sum(), 1)
    stopped = ~passed @ (1 - labels) / max((1 - labels).sum(), 1)
    return float(cuts[int(np.argmax(right + stopped))])


def bins(scores: Floats) -> NDArray[np.int64]:
    """The bin of each score, from 0."""
    return np.minimum((np.clip(scores, 0, 1) * BINS).astype(np.int64), BINS - 1)


_FOLDS = 5


def _draws(groups: Sequence[str], seed: int, resamples: int) -> Iterator[Floats]:
    _, place = np.unique(list(groups), return_inverse=True)
    n = int(place.max()) + 1
    draw = np.random.default_rng(seed)
    block = max(1, _BLOCK // len(groups))
    for done in range(0, resamples, block):
        size = min(block, resamples - done)
        counts = draw.multinomial(n, np.full(n, 1 / n), size=size)
        yield counts[:, place].astype(np.float64)


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(
        part, whole, out=np.full_like(whole, np.nan, dtype=np.float64), where=whole > 0
    )
