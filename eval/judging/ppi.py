"""Prediction-powered inference: what people say of a few, and a judge of all, as one estimate.

A judge's own mean is off by as much as the judge is. On the claims that people labelled, that is
seen, and taken away: Angelopoulos, Bates, Fannjiang, Jordan and Zrnic, 2023,
https://doi.org/10.1126/science.adi6000. How much the judge counts is chosen so that the estimate
varies least: Angelopoulos, Duchi and Zrnic, 2023 (PPI++), https://arxiv.org/abs/2311.01453. With
labels y and judgements f of the n labelled claims, and judgements f' of the other N,

    estimate = mean(y) + w (mean(f') - mean(f)),    0 <= w <= 1
    variance = var(mean(y - w f)) + w² var(mean(f'))

A judge that knows nothing gets w = 0: what is left is the mean of the labels. Claims of one answer
are not independent, so variances of means are taken between answers (Liang and Zeger, 1986,
https://doi.org/10.1093/biomet/73.1.13), times G / (G - 1) for G of them. A few lines of ours
because ppi-python, the authors' package, brings numba, statsmodels and pandas.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eval.bootstrap import Estimate, Floats

_Z = 1.959964  # two-sided 95 % of the normal distribution


@dataclass(frozen=True, slots=True)
class Labelled:
    """Claims with what people and the judge said of each, in [0, 1]."""

    labels: Floats
    judged: Floats
    groups: Sequence[str]
    """The answer that each is of."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """A judge's mean, put right by labels."""

    estimate: Estimate
    """n is the number of labelled claims."""
    weight: float
    """Of the judge, in [0, 1]."""


def corrected_mean(
    known: Labelled, others: Floats, groups: Sequence[str], *, weight: float | None = None
) -> Corrected | None:
    """The mean label of all claims; None with fewer than two labelled answers.

    The labelled answers have to be drawn at random from all, each with all of its claims.

    Args:
        known: The labelled claims.
        others: What the judge said of the others.
        groups: The answer that each of the others is of.
        weight: Of the judge; None: that with which the variance is least.
    """
    if len(set(known.groups)) < 2:
        return None
    if len(set(groups)) < 2:  # nothing to gain from the judge, and no variance of its mean
        weight = 0.0
    varies = _covariance(others, others, groups) if weight != 0 else 0.0
    if weight is None:
        both = _covariance(known.labels, known.judged, known.groups)
        own = _covariance(known.judged, known.judged, known.groups)
        weight = float(np.clip(both / (own + varies), 0, 1)) if own + varies > 0 else 0.0
    rest = known.labels - weight * known.judged
    gained = weight * float(others.mean()) if weight else 0.0
    value = float(rest.mean()) + gained
    variance = _covariance(rest, rest, known.groups) + weight**2 * varies
    half = _Z * float(np.sqrt(variance))
    low, high, value = (min(1.0, max(0.0, one)) for one in (value - half, value + half, value))
    return Corrected(Estimate(value, low, high, len(known.labels)), weight)


def _covariance(one: Floats, other: Floats, groups: Sequence[str]) -> float:
    """Of two means over the same claims, whose answers are independent of each other."""
    _, place = np.unique(list(groups), return_inverse=True)
    n = int(place.max()) + 1
    sums = [np.bincount(place, weights=values - values.mean()) for values in (one, other)]
    return float(sums[0] @ sums[1]) / len(one) ** 2 * n / (n - 1)
