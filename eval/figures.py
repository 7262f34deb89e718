"""The figures of a run: which metric is taken over which cases, with which statistic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, replace
from functools import partial
from typing import Literal

import numpy as np

from eval.abstention import (
    auroc,
    refusal_f1,
    refusal_precision,
    risk_coverage_area,
)
from eval.bootstrap import RESAMPLES, Figure, Floats, Rows, Statistic, estimate, mean, of_share
from eval.citations import CitationGrade
from eval.retrieval import RANK_METRICS, RankGrade

Group = Literal["retrieval", "answers", "abstention", "time"]


@dataclass(frozen=True, slots=True)
class CaseGrade:
    """What one case earned."""

    id: str
    kind: str
    answerable: bool
    answered: bool
    failed: str | None
    """Why there is no answer; None where there is one."""
    score: float
    """The system's own `answerable`, in [0, 1]; of a failed case the wrong end."""
    ranking: RankGrade | None
    """None where there is nothing to find, or no gold."""
    citations: CitationGrade | None
    """None where there is nothing to cite or the question was refused."""
    says: float | None
    """1 if the text includes what it must, else 0; None as `citations`, or if nothing must be."""
    milliseconds: float | None
    """All stages, or until it failed; None where that is not known."""
    found_at: tuple[int | None, ...] = ()
    """Per part of the gold, the rank from 1 of the first hit that holds it; None: none does."""
    with_citation: float | None = None
    """Share of the answer's sentences that cite something; None where it was refused."""
    leading: float | None = None
    """Share of the distinct citations that lead to a post; None where nothing is cited."""
    passed: float | None = None
    """Share of the written claims that the check passed; None where none was written."""
    avoids: float | None = None
    """1 if it says nothing that it must not, as a refusal does, else 0; None: it may say all."""
    follow_up: float | None = None
    """1 if a question that has turns before it came out right, or was rightly refused, else 0;
    None where it has none, or where nothing says what is right."""
    relevance: float | None = None
    """As `eval.relevance` has it, in [0, 1]; None where it was refused, or without a model."""

    @property
    def refused(self) -> bool:
        return not self.answered and self.failed is None

    @property
    def counts_as_refused(self) -> bool:
        """Refused, or failed with an answer there to give: the worse of what it could be."""
        return self.refused or (self.failed is not None and self.answerable)


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure over all cases that take part in it."""

    name: str
    group: Group
    row: Callable[[CaseGrade], Sequence[float] | None]
    """What the statistic needs of a case; None: the case does not take part."""
    statistic: Statistic = mean
    counts: Callable[[CaseGrade], bool] | None = None
    """What stands below the line of a ratio, for n; None: every case that takes part."""
    lower_is_better: bool = False


def measure(
    graded: Sequence[CaseGrade],
    *,
    wanted: Callable[[Metric], bool] | None = None,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> tuple[Figure, ...]:
    """The figures of `METRICS` in their order, or those that are wanted."""
    figures = []
    for metric in METRICS:
        if wanted and not wanted(metric):
            continue
        found = estimate(rows_of(metric, graded), metric.statistic, seed=seed, resamples=resamples)
        if found and metric.counts:
            n = sum(map(metric.counts, graded))
            found = of_share(replace(found, n=n), n)
        figures.append(Figure(metric.name, found))
    return tuple(figures)


def rows_of(metric: Metric, graded: Sequence[CaseGrade]) -> Rows:
    """What the metric's statistic needs, a row for each case that takes part in it."""
    rows = [row for row in map(metric.row, graded) if row is not None]
    return np.array(rows, dtype=np.float64).reshape(len(rows), -1 if rows else 1)


def _ranking(column: int, one: CaseGrade) -> Sequence[float] | None:
    return None if one.ranking is None else (astuple(one.ranking)[column],)


def _citations(column: int, one: CaseGrade) -> Sequence[float] | None:
    return None if one.citations is None else (astuple(one.citations)[column],)


def _says(one: CaseGrade) -> Sequence[float] | None:
    return None if one.says is None else (one.says,)


def _with_citation(one: CaseGrade) -> Sequence[float] | None:
    return None if one.with_citation is None else (one.with_citation,)


def _leading(one: CaseGrade) -> Sequence[float] | None:
    return None if one.leading is None else (one.leading,)


def _passed(one: CaseGrade) -> Sequence[float] | None:
    return None if one.passed is None else (one.passed,)


def _follow_up(one: CaseGrade) -> Sequence[float] | None:
    return None if one.follow_up is None else (one.follow_up,)


def _avoids(one: CaseGrade) -> Sequence[float] | None:
    return None if one.avoids is None else (one.avoids,)


def _relevance(one: CaseGrade) -> Sequence[float] | None:
    return None if one.relevance is None else (one.relevance,)


def _answered(one: CaseGrade) -> Sequence[float] | None:
    return (float(one.answered),) if one.answerable else None


def _refused(one: CaseGrade) -> Sequence[float] | None:
    return None if one.answerable else (float(one.refused),)


def _refusal(one: CaseGrade) -> Sequence[float]:
    return float(one.answerable), float(one.counts_as_refused), one.score


def _milliseconds(one: CaseGrade) -> Sequence[float] | None:
    return None if one.milliseconds is None else (one.milliseconds,)


def _median(rows: Rows) -> Floats:
    return np.asarray(np.median(rows[..., 0], axis=-1))


def _p95(rows: Rows) -> Floats:
    return np.asarray(np.percentile(rows[..., 0], 95, axis=-1))


_CITATIONS = (
    "citation precision (sentence)",
    "citation recall (sentence)",
    "citation precision (section)",
    "citation recall (section)",
)

METRICS = (
    *(Metric(name, "retrieval", partial(_ranking, i)) for i, name in enumerate(RANK_METRICS)),
    *(Metric(name, "answers", partial(_citations, i)) for i, name in enumerate(_CITATIONS)),
    Metric("says what it must", "answers", _says),
    Metric("injection resistance", "answers", _avoids),
    Metric("sentences with a citation", "answers", _with_citation),
    Metric("citations that lead to a post", "answers", _leading),
    Metric("claims that pass the check", "answers", _passed),
    Metric("follow-up accuracy", "answers", _follow_up),
    Metric("answer relevance (cosine)", "answers", _relevance),
    Metric("answered, of the answerable", "abstention", _answered),
    # The first is the recall of refusing, the second its precision.
    Metric("refused, of the unanswerable", "abstention", _refused),
    Metric(
        "unanswerable, of the refused",
        "abstention",
        _refusal,
        refusal_precision,
        lambda one: one.counts_as_refused,
    ),
    Metric("F1 of refusing", "abstention", _refusal, refusal_f1),
    Metric("AUROC of the score", "abstention", _refusal, auroc),
    Metric(
        "AURC of the score (lower is better)",
        "abstention",
        _refusal,
        risk_coverage_area,
        lower_is_better=True,
    ),
    Metric("median ms", "time", _milliseconds, _median, lower_is_better=True),
    Metric("95th percentile ms", "time", _milliseconds, _p95, lower_is_better=True),
)
