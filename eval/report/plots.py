"""The plots of a report: what each shows, and the words that stand below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from eval.abstention import risks
from eval.bootstrap import Floats, Rows, estimate, mean, wilson
from eval.figures import CaseGrade
from eval.report.svg import Axis, Frame, Point, shares
from eval.tables import counted, shown

_KS = 10
_BINS = 10
_BARS = 24
_NAMED = 5  # cases that failed, in a caption; the page lists them above
_POINTS = 300  # of a curve: more would not be seen


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot with its heading and what it means."""

    title: str
    svg: str
    caption: str


def plots(graded: Sequence[CaseGrade], *, seed: int, resamples: int) -> tuple[Plot, ...]:
    """Those that the cases have something for."""
    found = (
        _recall_by_k(graded, seed, resamples),
        _risk_coverage(graded),
        _reliability(graded, seed, resamples),
        _latency(graded),
    )
    return tuple(one for one in found if one is not None)


def _recall_by_k(graded: Sequence[CaseGrade], seed: int, resamples: int) -> Plot | None:
    found = [one.found_at for one in graded if one.found_at]
    if not found:
        return None
    known = []
    for k in range(1, _KS + 1):
        rows = np.array([[_share_found(ranks, k)] for ranks in found])
        one = estimate(rows, mean, seed=seed, resamples=resamples)
        if one:
            known.append((float(k), one))
    x = Axis("first k sections found", 1, _KS, tuple((k, str(k)) for k in range(1, _KS + 1)))
    frame = Frame(x, shares("share of the gold found"))
    band = [(k, one.low) for k, one in known] + [(k, one.high) for k, one in reversed(known)]
    dots = [frame.dot((k, one.value), "dot", f"k = {k:.0f}: {shown(one)}") for k, one in known]
    marks = [
        frame.area(band, "band"),
        frame.line([(k, one.value) for k, one in known], "line"),
        *dots,
    ]
    said = ", ".join(f"{one.value:.3f} at {k:.0f}" for k, one in known if k in (1, 3, 5, 10))
    return Plot(
        "Recall by k",
        frame.drawn(f"Recall by k: {said}", marks),
        f"How much of the gold stands in the first k hits"
        f" ({counted(len(found), 'question', 'questions')}; the band is the 95 % interval)."
        + _failed([one for one in graded if one.found_at], "found nothing"),
    )


def _share_found(ranks: Sequence[int | None], k: int) -> float:
    return sum(rank is not None and rank <= k for rank in ranks) / len(ranks)


def _risk_coverage(graded: Sequence[CaseGrade]) -> Plot | None:
    scores = np.array([one.score for one in graded])
    without = np.array([not one.answerable for one in graded], dtype=float)
    given = {one.score for one in graded if one.failed is None}
    if not 0 < without.sum() < len(graded) or len(given) < 2:
        return None
    risk = risks(scores, without)
    n = len(graded)
    steps = np.unique(np.linspace(0, n - 1, min(n, _POINTS)).astype(int))
    curve = [((i + 1) / n, float(risk[i])) for i in steps.tolist()]
    frame = Frame(shares("share of the questions answered"), shares("of them without an answer"))
    base = float(without.mean())
    answered = [one for one in graded if one.answered]
    wrong = sum(not one.answerable for one in answered)
    marks = [
        frame.line([(0.0, base), (1.0, base)], "dash"),
        frame.text((0.02, base), "in any order", dy=-6),
        frame.line(curve, "line"),
    ]
    told = "none is answered"
    if answered:
        here: Point = (len(answered) / n, wrong / len(answered))
        coverage, risk_here = (f"{100 * share:.0f}\u00a0%" for share in here)
        told = f"{coverage} are answered, {risk_here} of them without an answer in the posts"
        marks += [
            frame.dot(here, "here", told, radius=6),
            frame.text(here, "as it is set", dx=10, dy=-8),
        ]
    return Plot(
        "Risk and coverage",
        frame.drawn(f"Risk and coverage: {told}", marks),
        "Questions answered in the order of the system's own score. Low on the left is good. The"
        f" dot is the system as it is set: {told} ({counted(n, 'question', 'questions')})."
        + _failed(graded, "counts as the worst: last in order with an answer, first without"),
    )


def _reliability(graded: Sequence[CaseGrade], seed: int, resamples: int) -> Plot | None:
    """Bins of equal width; of a share the interval of Wilson, 1927.

    A case that failed gave no score. It is in no bin, where it would say something of scores; in
    the Brier score it counts as the worst, as in every other figure.
    """
    every = np.array([[one.score, float(one.answerable)] for one in graded]).reshape(-1, 2)
    rows = every[np.array([one.failed is None for one in graded], dtype=bool)]
    if len(np.unique(rows[:, 0])) < 2 or len(np.unique(rows[:, 1])) < 2:
        return None
    frame = Frame(shares("the score says"), shares("the posts answer"))
    marks = [frame.line([(0.0, 0.0), (1.0, 1.0)], "dash")]
    bins = np.minimum((rows[:, 0] * _BINS).astype(int), _BINS - 1)
    for number in np.unique(bins).tolist():
        own = rows[bins == number]
        score, share = map(float, own.mean(axis=0))
        low, high = wilson(share, len(own))
        of = counted(len(own), "question", "questions")
        told = f"{of}: score {score:.2f}, answered by the posts {share:.2f}"
        marks.append(frame.line([(score, low), (score, high)], "whisker"))
        marks.append(frame.dot((score, share), "dot", told, radius=_size(len(own), len(rows))))
    brier = estimate(every, _brier, seed=seed, resamples=resamples)
    return Plot(
        "Reliability of the score",
        frame.drawn(f"Reliability of the score: Brier score {shown(brier)}", marks),
        "Does a score of 70 % mean that the posts answer 7 of 10 such questions? On the line it"
        f" does. Larger dots are more questions ({len(rows):,} in all); Brier score"
        f" {shown(brier)} (n {len(every):,}), lower is better."
        + _failed(
            graded, "gave no score: no dot holds it, and it counts 1, the worst, in the Brier score"
        ),
    )


def _failed(graded: Sequence[CaseGrade], done: str) -> str:
    """How many failed, which, and what became of each; empty where none did."""
    failed = [one.id for one in graded if one.failed is not None]
    if not failed:
        return ""
    more = len(failed) - _NAMED
    named = ", ".join([*failed[:_NAMED], *([f"and {more:,} more"] if more > 0 else [])])
    return f" {len(failed):,} of {len(graded):,} failed ({named}); each {done}."


def _brier(rows: Rows) -> Floats:
    """Mean squared difference of score and outcome: Brier, 1950."""
    return np.asarray(((rows[..., 0] - rows[..., 1]) ** 2).mean(axis=-1))


def _size(n: int, of: int) -> float:
    return 3 + 6 * sqrt(n / of)


def _latency(graded: Sequence[CaseGrade]) -> Plot | None:
    times = np.array([one.milliseconds for one in graded if one.milliseconds is not None])
    if not len(times):
        return None
    median, slow = float(np.median(times)), float(np.percentile(times, 95))
    last = max(1.0, float(np.percentile(times, 99)) * 1.05)
    counts, edges = np.histogram(np.minimum(times, last), bins=_BARS, range=(0, last))
    top = float(counts.max()) * 1.12
    frame = Frame(
        Axis("milliseconds", 0, last, _round_ticks(last)),
        Axis("questions", 0, top, _round_ticks(top)),
    )
    bars = [
        frame.bar(
            left,
            right,
            float(count),
            f"{left:.0f} to {right:.0f} ms: {counted(count, 'question', 'questions')}",
        )
        for left, right, count in zip(edges, edges[1:], counts.tolist(), strict=False)
        if count
    ]
    lines = [
        mark
        for at, name, high in ((median, "median", 0.98), (slow, "95 %", 0.86))
        for mark in (
            frame.line([(at, 0.0), (at, top)], "dash"),
            frame.text((at, top * high), f"{name} {at:.0f}", dx=5, dy=6),
        )
    ]
    return Plot(
        "Time of a question",
        frame.drawn(f"Time: median {median:.0f} ms, 95th percentile {slow:.0f} ms", bars + lines),
        f"From the question to the whole answer, on the machine that ran it ({len(times):,}"
        " questions, those that failed included; the slowest 1 % are in the last bar).",
    )


def _round_ticks(high: float) -> tuple[tuple[float, str], ...]:
    """About four round numbers from 0 to `high`."""
    rough = high / 4
    size = 10 ** np.floor(np.log10(rough))
    step = next(float(size * one) for one in (1, 2, 2.5, 5, 10) if size * one >= rough)
    return tuple((i * step, f"{i * step:g}") for i in range(int(high / step) + 1))
