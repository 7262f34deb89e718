"""Rankings against gold: each ranking's figures, and its paired difference to a baseline.

Works on lists of hits alone, so that any way of ranking can be compared without an answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass

import numpy as np

from eval.bootstrap import RESAMPLES, Figure, Rows, difference, estimate, mean
from eval.cases.cases import Case
from eval.cases.gold import Retrieved
from eval.metrics import (
    found_parts,
    ndcg_at,
    one_of_each_post,
    recall_at,
    reciprocal_rank_at,
)


@dataclass(frozen=True, slots=True)
class RankGrade:
    """Of one question's hits; all in [0, 1]. The fields' order is that of `RANK_METRICS`."""

    recall_1: float = 0.0
    recall_5: float = 0.0
    recall_10: float = 0.0
    reciprocal_rank: float = 0.0
    ndcg: float = 0.0


RANK_METRICS = ("Recall@1", "Recall@5", "Recall@10", "MRR@10", "nDCG@10")


@dataclass(frozen=True, slots=True)
class RankingFigures:
    """One ranking over all answerable cases."""

    name: str
    figures: tuple[Figure, ...]
    """One for each metric, such as `RANK_METRICS`."""
    differences: tuple[Figure, ...]
    """The same, less the baseline's, paired by question; empty for the baseline itself."""


def grade_ranking(case: Case, hits: Sequence[Retrieved]) -> RankGrade:
    """Hits, best first, against the gold of an answerable case."""
    found, parts = found_parts(_counted(case, hits)[:10], case.parts), len(case.parts)
    return RankGrade(
        recall_1=recall_at(1, found, parts),
        recall_5=recall_at(5, found, parts),
        recall_10=recall_at(10, found, parts),
        reciprocal_rank=reciprocal_rank_at(10, found),
        ndcg=ndcg_at(10, found, parts),
    )


def found_at(case: Case, hits: Sequence[Retrieved]) -> tuple[int | None, ...]:
    """Per part of the gold, the rank from 1 of the first hit that holds it; None: none does."""
    found = found_parts(_counted(case, hits), case.parts)
    return tuple(
        next((rank for rank, here in enumerate(found, 1) if part in here), None)
        for part in range(len(case.parts))
    )


def _counted(case: Case, hits: Sequence[Retrieved]) -> Sequence[Retrieved]:
    """The hits, or one of each post where whole posts are gold."""
    return one_of_each_post(hits) if all(gold.whole_post for gold in case.gold) else hits


def rank_metrics(
    cases: Sequence[Case],
    rankings: Mapping[str, Sequence[Sequence[Retrieved]]],
    *,
    baseline: str,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> tuple[RankingFigures, ...]:
    """The figures of each ranking, in the order given.

    Args:
        cases: Unanswerable ones have nothing to find and are passed over.
        rankings: Name to the hits of each case, best first, in the order of `cases`.
        baseline: The ranking that the others are compared with.
        seed: Of the bootstrap.
        resamples: Of the bootstrap.

    Raises:
        ValueError: The baseline is not among the rankings, or one does not fit the cases.
    """
    rows = {name: _rows(cases, name, lists) for name, lists in rankings.items()}
    return compare_rows(rows, RANK_METRICS, baseline=baseline, seed=seed, resamples=resamples)


def compare_rows(
    rows: Mapping[str, Rows],
    metrics: Sequence[str],
    *,
    baseline: str,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> tuple[RankingFigures, ...]:
    """The means of what was measured of each ranking, in the order given.

    Args:
        rows: Name to a row for each question, in one order for all, with a column for each metric.
        metrics: Their names.
        baseline: The ranking that the others are compared with.
        seed: Of the bootstrap.
        resamples: Of the bootstrap.

    Raises:
        ValueError: The baseline is not among the rankings.
    """
    if baseline not in rows:
        raise ValueError(f"there is no ranking {baseline!r} among {sorted(rows)}")
    base = rows[baseline]

    def figures(own: Rows, less: Rows | None) -> tuple[Figure, ...]:
        columns = [[column] for column in range(len(metrics))]
        found = (
            estimate(own[:, at], mean, seed=seed, resamples=resamples)
            if less is None
            else difference(own[:, at], less[:, at], mean, seed=seed, resamples=resamples)
            for at in columns
        )
        return tuple(map(Figure, metrics, found))

    return tuple(
        RankingFigures(name, figures(own, None), () if name == baseline else figures(own, base))
        for name, own in rows.items()
    )


def _rows(cases: Sequence[Case], name: str, lists: Sequence[Sequence[Retrieved]]) -> Rows:
    if len(lists) != len(cases):
        raise ValueError(f"ranking {name!r} has {len(lists)} lists for {len(cases)} cases")
    grades = [
        astuple(grade_ranking(case, hits))
        for case, hits in zip(cases, lists, strict=True)
        if case.parts
    ]
    return np.array(grades, dtype=np.float64).reshape(-1, len(RANK_METRICS))
