"""Two runs on the same cases: which figures differ by more than chance, and on which questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from eval.bootstrap import Estimate, Rows, difference, estimate, mean
from eval.figures import METRICS, CaseGrade, Metric, rows_of
from eval.outcomes import Outcome, changed, outcome
from eval.paired import holm, mcnemar_p, randomisation_p
from eval.report.as_json import SavedCase, SavedReport
from rag.errors import SourceError

_LEVEL = 0.05  # the usual one; part of the definition, not fitted


class Verdict(StrEnum):
    """What may be said of a difference."""

    BETTER = "better"
    """The interval excludes zero, and p is below .05 after Holm's correction."""
    PERHAPS_BETTER = "perhaps better"
    """The interval excludes zero and p is below .05, but of so many figures one may be chance."""
    NONE = "no difference shown"
    PERHAPS_WORSE = "perhaps worse"
    WORSE = "worse"
    UNKNOWN = "not measured"
    """No question takes part in it in both runs."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure in both runs, on the cases that take part in it in both."""

    name: str
    before: Estimate | None
    now: Estimate | None
    difference: Estimate | None
    """Now less before, paired by question."""
    p: float | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Change:
    """A question whose outcome is another one."""

    case_id: str
    question: str
    before: Outcome
    now: Outcome


@dataclass(frozen=True, slots=True)
class Mark:
    """That the figures of a run are no headlines."""

    run: str
    """"A" or "B"."""
    mark: str
    """As `MadeWith.mark`."""
    fitted: str
    """What of ours was fitted on the family; empty where it was on these very questions."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that can be said of two runs."""

    before: str
    now: str
    shared: int
    left_out: int
    """Cases that are not the same in both; 0 unless it was asked to pass over them."""
    figures: tuple[Compared, ...]
    better: tuple[Change, ...]
    worse: tuple[Change, ...]
    otherwise: tuple[Change, ...]
    """Another outcome that is neither better nor worse."""
    p: float
    """McNemar's, exact: of questions that became better and those that became worse."""
    marks: tuple[Mark, ...] = ()
    """Why nothing of it is a headline; empty: nothing is known that says so."""

    @property
    def headline(self) -> bool:
        """Whether what is better here may be told as better on questions that were not seen."""
        return not self.marks


def compare_reports(
    before: SavedReport, now: SavedReport, *, shared_only: bool = False
) -> Comparison:
    """What changed from one run to the other.

    Raises:
        SourceError: The cases differ and `shared_only` is not set, or none is shared.
    """
    pairs = _pairs(before, now, shared_only=shared_only)
    changes = [one for one in (_change(*pair) for pair in pairs) if one.before != one.now]
    better = tuple(one for one in changes if changed(one.before, one.now) > 0)
    worse = tuple(one for one in changes if changed(one.before, one.now) < 0)
    return Comparison(
        before=before.name,
        now=now.name,
        shared=len(pairs),
        left_out=len({one.grade.id for one in (*before.cases, *now.cases)}) - len(pairs),
        figures=_figures([(old.grade, new.grade) for old, new in pairs], now),
        better=better,
        worse=worse,
        otherwise=tuple(one for one in changes if one not in (*better, *worse)),
        p=mcnemar_p(len(better), len(worse)),
        marks=tuple(
            Mark(run, one.mark, one.fitted) for run, one in (("A", before), ("B", now)) if one.mark
        ),
    )


def _pairs(
    before: SavedReport, now: SavedReport, *, shared_only: bool
) -> list[tuple[SavedCase, SavedCase]]:
    old = {(one.grade.id, one.fingerprint): one for one in before.cases}
    pairs = [
        (old[one.grade.id, one.fingerprint], one)
        for one in now.cases
        if (one.grade.id, one.fingerprint) in old
    ]
    same = len(pairs) == len(before.cases) == len(now.cases)
    if not pairs or not (same or shared_only):
        raise SourceError(
            f"The two runs were asked other cases: {len(pairs)} are the same in both, of"
            f" {len(before.cases)} in {before.name} and {len(now.cases)} in {now.name}.",
            hint="Add --shared to compare those alone; the same means question, turns and gold."
            if pairs
            else "Compare runs on the same case file.",
        )
    return pairs


def _change(old: SavedCase, new: SavedCase) -> Change:
    return Change(new.grade.id, new.question, outcome(old.grade), outcome(new.grade))


def _figures(
    pairs: Sequence[tuple[CaseGrade, CaseGrade]], now: SavedReport
) -> tuple[Compared, ...]:
    measured = [_measured(metric, pairs, now) for metric in METRICS]
    known = [i for i, one in enumerate(measured) if one[3] is not None]
    corrected = dict(zip(known, holm([measured[i][3] or 0.0 for i in known]), strict=True))
    return tuple(
        Compared(metric.name, *one, _verdict(metric, one[2], one[3], corrected.get(i, 1.0)))
        for i, (metric, one) in enumerate(zip(METRICS, measured, strict=True))
    )


_Measured = tuple[Estimate | None, Estimate | None, Estimate | None, float | None]


def _measured(
    metric: Metric, pairs: Sequence[tuple[CaseGrade, CaseGrade]], now: SavedReport
) -> _Measured:
    both = [pair for pair in pairs if None not in map(metric.row, pair)]
    old, new = (rows_of(metric, [pair[side] for pair in both]) for side in (0, 1))
    seed, resamples, statistic = now.seed, now.resamples, metric.statistic
    return (
        estimate(old, statistic, seed=seed, resamples=resamples),
        estimate(new, statistic, seed=seed, resamples=resamples),
        difference(new, old, statistic, seed=seed, resamples=resamples),
        _p(metric, new, old, seed),
    )


def _p(metric: Metric, new: Rows, old: Rows, seed: int) -> float | None:
    yes_or_no = metric.statistic is mean and len(new) and _is_binary(new) and _is_binary(old)
    if yes_or_no:
        return mcnemar_p(int((new[:, 0] > old[:, 0]).sum()), int((new[:, 0] < old[:, 0]).sum()))
    return randomisation_p(new, old, metric.statistic, seed=seed)


def _is_binary(rows: Rows) -> bool:
    return bool(np.isin(rows[:, 0], (0.0, 1.0)).all())


def _verdict(metric: Metric, found: Estimate | None, p: float | None, corrected: float) -> Verdict:
    if found is None or p is None:
        return Verdict.UNKNOWN
    if not found.excludes_zero or p >= _LEVEL:
        return Verdict.NONE
    if (found.value > 0) != metric.lower_is_better:
        return Verdict.BETTER if corrected < _LEVEL else Verdict.PERHAPS_BETTER
    return Verdict.WORSE if corrected < _LEVEL else Verdict.PERHAPS_WORSE
