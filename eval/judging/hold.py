"""Judges held against people: every claim of the sets scored by each, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from eval.bootstrap import RESAMPLES, Figure, Floats
from eval.datasets.labelled import DataSet, Labelled
from eval.judging.by_name import NamedJudge
from eval.judging.evidence import nearest, statements
from eval.judging.figures import (
    BINS,
    Weighted,
    area,
    balanced_accuracy,
    bins,
    brier,
    calibration_error,
    cross_fitted,
    difference,
    interval,
    passing,
    rank_correlation,
)

AT_SHIPPED, AT_FITTED = "bAcc at its threshold", "bAcc, threshold cross-fitted"
LET_THROUGH = "unsupported that pass"
AREA, ERROR, BRIER, RANK = "AUROC", "ECE", "Brier", "Spearman"
_FEWEST = 20  # claims of a slice with both labels: below that its figures say nothing
OnProgress = Callable[[str, int, int], None]
"""Told what is judged by whom, claims done, and claims in all."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Claims whose scores lie near one another."""

    low: float
    high: float
    n: int
    said: float
    """Their mean score."""
    supported: float
    """Their share of supported ones."""


@dataclass(frozen=True, slots=True)
class SliceGrade:
    name: str
    n: int
    supported: float
    """Share, or mean grade."""
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class JudgeGrade:
    """A judge on one set."""

    judge: str
    threshold: float | None
    figures: tuple[Figure, ...]
    beside: tuple[Figure, ...]
    """The figures that order claims, less those of the first judge, paired; none for itself."""
    reliability: tuple[Bin, ...]
    slices: tuple[SliceGrade, ...]
    failed: tuple[str, ...]
    """Ids of claims that it could not score: each counts as wrong as can be."""
    scores: Floats


@dataclass(frozen=True, slots=True)
class SetGrade:
    """All judges on one set."""

    data: DataSet
    base: tuple[Figure, ...]
    """The figures of a judge that gives every claim the share of supported ones."""
    judges: tuple[JudgeGrade, ...]


def judge_set(
    data: DataSet,
    judges: Sequence[NamedJudge],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    on_progress: OnProgress | None = None,
) -> SetGrade:
    """Score every claim and hold the scores against its label.

    A claim of several sentences is as good as the worst of them where people said yes or no, and
    their mean where they gave grades. All judges are given the same sentences of the evidence.
    """
    grades: list[JudgeGrade] = []
    for judge in judges:
        scores, failed = _scores(data, judge, on_progress)
        first = grades[0].scores if grades else None
        grades.append(_grade(data, judge, scores, failed, first, seed=seed, resamples=resamples))
    constant = np.full(len(data.items), _labels(data.items).mean())
    base = _figures(data.items, constant, None, data.family.graded, seed=seed, resamples=resamples)
    return SetGrade(data, base, tuple(grades))


def _scores(
    data: DataSet, judge: NamedJudge, on_progress: OnProgress | None
) -> tuple[Floats, tuple[str, ...]]:
    found: list[float] = []
    failed: list[str] = []
    for done, item in enumerate(data.items, 1):
        each = [judge.score(one, nearest(one, item.evidence)) for one in statements(item.claim)]
        known = [one for one in each if one is not None]
        if len(known) < len(each):
            failed.append(item.id)
            found.append(np.nan)
        else:
            found.append(fmean(known) if data.family.graded else min(known))
        if on_progress:
            on_progress(f"{data.family.title}, {judge.name}", done, len(data.items))
    scores = np.array(found)
    if failed:  # as wrong as can be, so that failing never lifts a figure
        labels = _labels(data.items)
        wrong = np.where(labels > labels.mean(), 0.0, 1.0)
        scores = np.where(np.isnan(scores), wrong, scores)
    return scores, tuple(failed)


def _grade(
    data: DataSet,
    judge: NamedJudge,
    scores: Floats,
    failed: tuple[str, ...],
    first: Floats | None,
    *,
    seed: int,
    resamples: int,
) -> JudgeGrade:
    graded, groups = data.family.graded, [one.group for one in data.items]
    labels = _labels(data.items)
    order = rank_correlation if graded else area
    beside: tuple[Figure, ...] = ()
    if first is not None:
        paired = difference(order(scores, labels), order(first, labels))
        found = interval(paired, groups, seed=seed, resamples=resamples)
        beside = (Figure(RANK if graded else AREA, found),)

    def figures(chosen: Sequence[int]) -> tuple[Figure, ...]:
        return _figures(
            [data.items[i] for i in chosen],
            scores[list(chosen)],
            judge.threshold,
            graded,
            seed=seed,
            resamples=resamples,
        )

    return JudgeGrade(
        judge=judge.name,
        threshold=judge.threshold,
        figures=figures(range(len(scores))),
        beside=beside,
        reliability=() if graded else reliability(scores, labels),
        slices=tuple(
            SliceGrade(name, len(chosen), float(labels[chosen].mean()), figures(chosen))
            for name, chosen in _slices(data)
        ),
        failed=failed,
        scores=scores,
    )


def reliability(scores: Floats, labels: Floats) -> tuple[Bin, ...]:
    """Mean score and share of supported claims of each bin that holds any."""
    place = bins(scores)
    return tuple(
        Bin(
            low=one / BINS,
            high=(one + 1) / BINS,
            n=int((place == one).sum()),
            said=float(scores[place == one].mean()),
            supported=float(labels[place == one].mean()),
        )
        for one in range(BINS)
        if (place == one).any()
    )


def _figures(
    items: Sequence[Labelled],
    scores: Floats,
    threshold: float | None,
    graded: bool,
    *,
    seed: int,
    resamples: int,
) -> tuple[Figure, ...]:
    labels, groups = _labels(items), [one.group for one in items]

    def figure(name: str, statistic: Weighted | None) -> Figure:
        found = interval(statistic, groups, seed=seed, resamples=resamples) if statistic else None
        return Figure(name, found)

    if graded:
        return (figure(RANK, rank_correlation(scores, labels)),)
    shown = None if threshold is None else (scores >= threshold).astype(np.float64)
    return (
        figure(AT_SHIPPED, None if shown is None else balanced_accuracy(shown, labels)),
        figure(LET_THROUGH, None if shown is None else passing(shown, 1 - labels)),
        figure(AT_FITTED, balanced_accuracy(cross_fitted(scores, labels, groups), labels)),
        figure(AREA, area(scores, labels)),
        figure(ERROR, calibration_error(scores, labels)),
        figure(BRIER, brier(scores, labels)),
    )


def _slices(data: DataSet) -> list[tuple[str, list[int]]]:
    """The places of each slice's claims, where there are enough of both labels."""
    found: dict[str, list[int]] = {}
    for place, item in enumerate(data.items):
        for kind, value in item.slices:
            found.setdefault(f"{kind} {value}", []).append(place)
    return [
        (name, chosen)
        for name, chosen in sorted(found.items())
        if len(chosen) >= _FEWEST and len({data.items[i].label for i in chosen}) > 1
    ]


def _labels(items: Sequence[Labelled]) -> Floats:
    return np.array([one.label for one in items], dtype=np.float64)
