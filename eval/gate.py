"""Thresholds that a run must keep to: for a build that fails when answers get worse."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from eval.bootstrap import Figure
from eval.figures import METRICS, Metric
from rag.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Threshold:
    """A bound on a figure's value; its interval plays no part."""

    metric: str
    bound: float
    side: Literal["under", "over"]
    """Which side of the bound fails."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A threshold, and whether the run kept to it."""

    threshold: Threshold
    value: float | None
    """None where nothing could be measured, which fails."""

    @property
    def ok(self) -> bool:
        if self.value is None:
            return False
        bound = self.threshold.bound
        return self.value >= bound if self.threshold.side == "under" else self.value <= bound

    @property
    def told(self) -> str:
        """One line for people."""
        name, bound = self.threshold.metric, self.threshold.bound
        if self.value is None:
            return f"{name}: could not be measured, and the threshold is {bound:g}"
        least = "at least" if self.threshold.side == "under" else "at most"
        verdict = "" if self.ok else "not "
        return f"{name}: {self.value:.4g} is {verdict}{least} {bound:g}"


def threshold(text: str, side: Literal["under", "over"]) -> Threshold:
    """What was typed as metric=value.

    Args:
        text: A metric by its name, or by its `short_name`.
        side: Which side of the bound fails.

    Raises:
        ConfigError: No such metric, no number, or the side is the good one.
    """
    name, _, number = text.rpartition("=")
    metric = _metric(name.strip())
    try:
        bound = float(number)
        if not isfinite(bound):
            raise ValueError
    except ValueError as error:
        raise ConfigError(
            f"{text!r} is no threshold: {number!r} is no number.",
            hint=f"Write it as {short_name(metric.name)}=0.8.",
        ) from error
    if metric.lower_is_better != (side == "over"):
        better = "lower" if metric.lower_is_better else "higher"
        other = "over" if side == "under" else "under"
        raise ConfigError(
            f"--fail-{side} {text} would fail where the figure is good: {better} is better.",
            hint=f"Write --fail-{other} {text}.",
        )
    return Threshold(metric.name, bound, side)


def check(thresholds: Sequence[Threshold], figures: Sequence[Figure]) -> tuple[Kept, ...]:
    """Which of the thresholds the figures keep to, in order."""
    found = {one.name: one.estimate for one in figures}
    return tuple(
        Kept(one, estimate.value if (estimate := found.get(one.metric)) else None)
        for one in thresholds
    )


def short_name(metric: str) -> str:
    """A metric's name as it is typed without quotation marks: "recall@5"."""
    plain = re.sub(r" ?\(lower is better\)", "", metric.lower())
    return re.sub(r"[^a-z0-9@]+", "-", plain).strip("-")


def _metric(name: str) -> Metric:
    for metric in METRICS:
        if name.lower() in (metric.name.lower(), short_name(metric.name)):
            return metric
    known = ", ".join(short_name(metric.name) for metric in METRICS)
    raise ConfigError(f"There is no metric {name!r}.", hint=f"Take one of {known}.")
