"""What was measured several times, and how it is shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from time import perf_counter, process_time
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from bench.machine import Machine

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Spread:
    """Several measurements of one thing."""

    values: tuple[float, ...]
    """In the order in which they were taken; never empty."""

    @property
    def median(self) -> float:
        return median(self.values)

    def percentile(self, percent: float) -> float:
        """Linear between the two nearest values; `percent` in [0, 100]."""
        return float(np.percentile(self.values, percent))

    def text(self, digits: int = 1) -> str:
        """The median, and the lowest and highest value."""
        low, high = min(self.values), max(self.values)
        return f"{self.median:,.{digits}f} [{low:,.{digits}f}, {high:,.{digits}f}]"


def spread(values: Sequence[float]) -> Spread:
    return Spread(tuple(values))


@dataclass(frozen=True, slots=True)
class Times:
    """Of one kind of step, done many times, in milliseconds."""

    median: float
    p99: float
    processor: float
    """Processor time of all threads together, mean."""

    def text(self) -> str:
        return f"{self.median:,.1f} ({self.p99:,.1f})"


def times_of(work: Callable[[T], object], given: Sequence[T], repeats: int) -> Times:
    """Of a step on each of what is given, all of it as often as is wished."""
    taken = []
    processor = process_time()
    for one in [*given] * repeats:
        begun = perf_counter()
        work(one)
        taken.append((perf_counter() - begun) * 1000)
    processor = (process_time() - processor) * 1000 / len(taken)
    return Times(median(taken), float(np.percentile(taken, 99)), processor)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns align; the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = []
    for first, *rest in (head, rule, *rows):
        padded = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        lines.append(f"| {' | '.join([first.ljust(widths[0]), *padded])} |")
    return "\n".join(lines)


def shown(machine: Machine, measured: DataclassInstance, text: str, *, as_json: bool) -> str:
    """Where it was measured and what: `text` below the machine, or every value as JSON."""
    if not as_json:
        return f"{machine}\n\n{text}\n"
    return json.dumps({"machine": asdict(machine), "measured": asdict(measured)}, indent=1)
