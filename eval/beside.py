"""Which figures of trivial systems stand beside a run's own in its report.

A figure that is no higher than that of who does nothing says nothing, however high it is. Left out
are those that a trivial system earns by how it is made, such as sentences with a citation.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from eval.bootstrap import Estimate, Figure
from eval.figures import METRICS, CaseGrade, Group, Metric, measure

WORDS_ALONE, MEANING_ALONE = "words alone", "meaning alone"
CITE_EVERYTHING, CITE_NOTHING = "cite everything", "cite nothing"
ALWAYS_REFUSE, NEVER_REFUSE = "always refuse", "never refuse"

_GROUPS: Mapping[str, tuple[Group, ...]] = {
    WORDS_ALONE: ("retrieval", "answers", "abstention"),
    MEANING_ALONE: ("retrieval", "answers", "abstention"),
    CITE_EVERYTHING: ("answers",),
    CITE_NOTHING: ("answers",),
    ALWAYS_REFUSE: ("abstention",),
    NEVER_REFUSE: ("abstention",),
}
OF_KINDS = (
    "Recall@5",
    "citation precision (sentence)",
    "citation recall (sentence)",
    "says what it must",
)
"""The figures that are shown for each kind of case."""
_BY_MAKING = {
    "sentences with a citation",
    "citations that lead to a post",
    "claims that pass the check",
}


@dataclass(frozen=True, slots=True)
class Trivial:
    """A trivial system on the cases of a run."""

    name: str
    figures: tuple[Figure, ...]
    """Those that stand beside the run's own, in the order of `METRICS`."""

    def knows(self, metric: str) -> bool:
        """Whether there is such a figure, measured or not."""
        return any(one.name == metric for one in self.figures)

    def estimate(self, metric: str) -> Estimate | None:
        """None where nothing could be measured, or there is no such figure."""
        return next((one.estimate for one in self.figures if one.name == metric), None)


def trivial(
    name: str,
    graded: Sequence[CaseGrade],
    *,
    only: Collection[str] | None = None,
    seed: int,
    resamples: int,
) -> Trivial:
    """The figures of one of them that are shown.

    Args:
        name: One of the constants above.
        graded: What it earned.
        only: No other metrics than these, where they are shown at all.
        seed: Of the bootstrap.
        resamples: Of the bootstrap.
    """

    def wanted(metric: Metric) -> bool:
        fits = metric.group in _GROUPS[name] and metric.name not in _BY_MAKING
        return fits and (only is None or metric.name in only)

    return Trivial(name, measure(graded, wanted=wanted, seed=seed, resamples=resamples))


def constant(graded: Sequence[CaseGrade], *, answered: bool) -> list[CaseGrade]:
    """The same cases of who answers all or none of them, with one score for all."""
    return [replace(one, answered=answered, failed=None, score=0.5) for one in graded]


def of_group(some: Sequence[Trivial], group: Group) -> list[Trivial]:
    """Those that have a figure of the group, in order."""
    names = {metric.name for metric in METRICS if metric.group == group}
    return [one for one in some if any(figure.name in names for figure in one.figures)]
