"""Tests of two runs on the same questions: could the difference be chance?

Approximate randomisation (Noreen, 1989; for F1 and its like Yeh, 2000,
https://aclanthology.org/C00-2137): where both runs were equally good, it would not matter which
answer to a question came from which of them. So they are swapped question by question at random,
and p is the share of swaps that differ at least as much as the runs did. For a mean this is the
sign-flip test of Fisher, 1935.

McNemar, 1947, https://doi.org/10.1007/BF02295996, exact: for a yes or no by question, the questions
on which the runs disagree are coin tosses.

Own code: `scipy.stats` has both, but counts a swap that does not define the statistic as less far
apart, and importing it takes longer than all that `pullquote eval` imports at its start. The tests
hold these against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import numpy as np

from eval.bootstrap import Rows, Statistic

SWAPS = 5000
_BLOCK = 1_000_000  # rows swapped at once: keeps memory small for large sets
_ROUNDING = 1e-12  # of the larger figure, at least of 1: sums in another order differ by less


def randomisation_p(
    rows: Rows, baseline: Rows, statistic: Statistic, *, seed: int = 0, swaps: int = SWAPS
) -> float | None:
    """Two-sided p, in (0, 1]; None where the statistic is not defined on the rows.

    Row i of both is the same question. The runs as they are count as one of the swaps, so p is
    never 0.
    """
    n = len(rows)
    ours, theirs = (float(statistic(one)) if n else np.nan for one in (rows, baseline))
    if not np.isfinite(ours - theirs):
        return None
    least = abs(ours - theirs) - _ROUNDING * max(1.0, abs(ours), abs(theirs))
    draw = np.random.default_rng(seed)
    block = max(1, _BLOCK // n)
    as_far = defined = 0
    for done in range(0, swaps, block):
        size = min(block, swaps - done)
        swapped = draw.integers(0, 2, (size, n, 1)).astype(bool)
        drawn = statistic(np.where(swapped, baseline, rows)) - statistic(
            np.where(swapped, rows, baseline)
        )
        drawn = drawn[np.isfinite(drawn)]
        defined += len(drawn)
        as_far += int((np.abs(drawn) >= least).sum())
    return (as_far + 1) / (defined + 1)


def mcnemar_p(better: int, worse: int) -> float:
    """Exact two-sided p, in (0, 1], of so many questions gained and so many lost.

    Twice the probability of at most the fewer among n fair coins, 2 Σ C(n, k) / 2ⁿ for k up to it.
    """
    n, fewer = better + worse, min(better, worse)
    tail = sum(comb(n, k) for k in range(fewer + 1))
    return min(1.0, 2 * tail / (1 << n))


def holm(ps: Sequence[float]) -> tuple[float, ...]:
    """The p values made larger for their number, in the order given (Holm, 1979).

    Of those at most .05 afterwards, one being chance has at most that probability, however the
    tests hang together.
    """
    found = [0.0] * len(ps)
    least = 0.0
    for place, i in enumerate(sorted(range(len(ps)), key=lambda i: ps[i])):
        least = max(least, min(1.0, (len(ps) - place) * ps[i]))
        found[i] = least
    return tuple(found)
