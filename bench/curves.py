"""How something grows with the size of an index: its law, and its curve as an SVG file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, log10, sqrt

import numpy as np

from eval.report.svg import Axis, Frame, Point, shares

# Two-sided 95 % of Student's distribution with 1, 2, … degrees of freedom.
_T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
_STYLE = """<style>
text { font: 11.5px sans-serif; fill: #555 } path { fill: none } .grid { stroke: #ddd }
.axis { stroke: #555 } .dash { stroke: #999; stroke-dasharray: 4 4 } .dot { fill: #0b62a3 }
.line { stroke: #0b62a3; stroke-width: 2 } .note { fill: #0b62a3 } rect.paper { fill: #fff }
</style><rect class="paper" width="100%" height="100%"/>"""


@dataclass(frozen=True, slots=True)
class Law:
    """`value = scale * size ** slope`, by least squares on logarithms."""

    slope: float
    low: float
    """End of the slope's 95 % interval; without bound where there are two sizes only …"""
    high: float
    """… and its other end."""
    scale: float
    n_log_n: float
    """The slope that n log n has over the same sizes."""

    @property
    def is_steeper(self) -> bool:
        """Whether the whole interval lies above n log n."""
        return self.low > self.n_log_n

    def text(self) -> str:
        ends = "" if self.high == inf else f" [{self.low:.2f}, {self.high:.2f}]"
        return f"{self.slope:.2f}{ends}"

    def at(self, size: float) -> float:
        return float(self.scale * size**self.slope)


def law(sizes: Sequence[float], values: Sequence[float]) -> Law:
    """The law of at least two sizes; sizes above 1, values above 0."""
    x, y = np.log(np.asarray(sizes, float)), np.log(np.asarray(values, float))
    slope, start = _line(x, y)
    spare = len(x) - 2
    width = inf
    if spare:
        left = y - (start + slope * x)
        error = sqrt(float(left @ left) / spare / float(((x - x.mean()) ** 2).sum()))
        width = error * (_T[spare - 1] if spare <= len(_T) else 1.96)
    n_log_n, _ = _line(x, x + np.log(x))
    return Law(slope, slope - width, slope + width, exp(start), n_log_n)


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    slope, start = np.polyfit(x, y, 1)
    return float(slope), float(start)


def curve(title: str, unit: str, series: dict[str, Sequence[Point]]) -> str:
    """A plot with logarithmic axes, as the text of an SVG file.

    Args:
        title: What grows.
        unit: In which it is measured; empty for a share of all, whose axis goes from 0 to 1.
        series: By name: sizes and values, both above 0, sizes rising; at least one point each.
    """
    every = [point for points in series.values() for point in points]
    x = _axis("passages", [size for size, _ in every])
    y = _axis(f"{title}, {unit}", [value for _, value in every]) if unit else shares(title)
    frame = Frame(x, y)
    marks = []
    for name, points in series.items():
        places = [(log10(size), log10(value) if unit else value) for size, value in points]
        marks.append(frame.line(places, "line"))
        told = zip(points, places, strict=True)
        marks += [frame.dot(at, "dot", f"{n:,.0f}: {v:,.4g} {unit}") for (n, v), at in told]
        if len(series) > 1:
            marks.append(frame.text(places[-1], name, dx=8, dy=-8))
    drawn = frame.drawn(title, marks)
    head, _, body = drawn.partition(">")
    return f'{head} xmlns="http://www.w3.org/2000/svg">{_STYLE}{body}\n'


def _axis(label: str, values: Sequence[float]) -> Axis:
    """From the power of ten below the lowest value to the one above the highest."""
    low, high = int(np.floor(log10(min(values)))), int(np.ceil(log10(max(values))))
    high = max(high, low + 1)
    ticks = tuple((float(power), f"{10.0**power:,g}") for power in range(low, high + 1))
    return Axis(label, float(low), float(high), ticks)
