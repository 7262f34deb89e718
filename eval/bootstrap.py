"""Percentile bootstrap by question: how far a figure may be off, and whether two differ.

Efron and Tibshirani, 1993, chapter 13; for retrieval: Sakai, 2006,
https://doi.org/10.1145/1148170.1148261. Questions are drawn with replacement, so two figures of
one question stay together. The same seed and number of questions give the same draws.

Where all questions score alike every draw is the same, and the interval has no width; that says
that the data hold no spread, not that the figure is certain. Of a mean that is 0 or 1 (12 of 12)
the interval is therefore that of Wilson, 1927, for a share: of all values in [0, 1] with the same
mean, shares have the most spread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = Floats  # shape (…, n questions, what a statistic needs of each)
Statistic = Callable[[Rows], Floats]  # rows to shape (…); nan where they do not define it

RESAMPLES = 2000
_BLOCK = 1_000_000  # questions drawn at once: keeps memory small for large sets
_Z = 1.959964  # two-sided 95 % of the normal distribution
_TAIL = 2.5  # percent on either side: 95 % intervals


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float
    n: int
    """Questions it was computed from."""

    @property
    def excludes_zero(self) -> bool:
        """For a difference: the interval lies on one side of zero."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric's name and what was measured; None where no question could say anything."""

    name: str
    estimate: Estimate | None


def estimate(
    rows: Rows, statistic: Statistic, *, seed: int = 0, resamples: int = RESAMPLES
) -> Estimate | None:
    """A statistic with its interval; None where there is nothing to compute it from.

    Resamples that do not define the statistic (an area under a curve without one of its two
    classes) are left out.
    """
    found = _interval(rows, statistic, seed=seed, resamples=resamples)
    return of_share(found, found.n) if found and statistic is mean else found


def of_share(found: Estimate, n: int) -> Estimate:
    """A share of `n`, with Wilson's interval where every draw was 0, or every one 1."""
    if found.low != found.high or found.value not in (0.0, 1.0):
        return found
    low, high = wilson(found.value, n)
    return replace(found, low=min(low, found.value), high=max(high, found.value))


def difference(
    rows: Rows, baseline: Rows, statistic: Statistic, *, seed: int = 0, resamples: int = RESAMPLES
) -> Estimate | None:
    """Statistic of `rows` less that of `baseline`, paired: row i of both is the same question.

    None where there is nothing to compute it from.

    Raises:
        ValueError: The two do not have the same number of rows.
    """
    if len(rows) != len(baseline):
        raise ValueError(f"paired rows differ in number: {len(rows)} and {len(baseline)}")
    width = rows.shape[1]
    return _interval(
        np.hstack([rows, baseline]),
        lambda both: statistic(both[..., :width]) - statistic(both[..., width:]),
        seed=seed,
        resamples=resamples,
    )


def wilson(share: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a share of n: Wilson, 1927, https://doi.org/10.1080/01621459.1927.10502953."""
    middle = share + _Z**2 / (2 * n)
    half = _Z * sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    below = 1 + _Z**2 / n
    return max(0.0, (middle - half) / below), min(1.0, (middle + half) / below)


def mean(rows: Rows) -> Floats:
    """Of the first column; in [0, 1] where it is given to `estimate`."""
    return np.asarray(rows[..., 0].mean(axis=-1))


def _interval(rows: Rows, statistic: Statistic, *, seed: int, resamples: int) -> Estimate | None:
    """As `scipy.stats.bootstrap` has it for the same draws, which the tests hold it against.

    Own code, because there one resample that does not define the statistic leaves it without an
    interval, and importing it takes longer than all that `pullquote eval` imports at its start.
    """
    n = len(rows)
    value = float(statistic(rows)) if n else np.nan
    if not np.isfinite(value):
        return None
    draw = np.random.default_rng(seed)
    block = max(1, _BLOCK // n)
    sizes = [min(block, resamples - done) for done in range(0, resamples, block)]
    drawn = np.concatenate([statistic(rows[draw.integers(0, n, (size, n))]) for size in sizes])
    low, high = np.percentile(drawn[np.isfinite(drawn)], [_TAIL, 100 - _TAIL])
    # Of a skewed statistic of few questions the draws may all lie on one side of it.
    return Estimate(value, min(float(low), value), max(float(high), value), n)
