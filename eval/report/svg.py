"""Plots as inline SVG: a frame with axes, and marks in it. Colours come from the page's style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 440, 264
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 22, 14, 44
_TICK = 5  # pixels

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear axis."""

    label: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """Two axes; its methods give marks in their coordinates."""

    x: Axis
    y: Axis

    def line(self, points: Sequence[Point], kind: str) -> str:
        return f'<path class="{kind}" d="M{" L".join(map(self._at, points))}"/>'

    def area(self, points: Sequence[Point], kind: str) -> str:
        return f'<path class="{kind}" d="M{" L".join(map(self._at, points))} Z"/>'

    def dot(self, point: Point, kind: str, told: str, *, radius: float = 4) -> str:
        """A dot that says what it is when pointed at."""
        x, y = self._pixels(point)
        return (
            f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}">'
            f"<title>{escape(told)}</title></circle>"
        )

    def text(self, point: Point, words: str, *, dx: float = 0, dy: float = 0) -> str:
        """Words beside a point; on its left where they would leave the plot on its right."""
        x, y = self._pixels(point)
        end = x > WIDTH * 0.7
        x += -dx if end else dx
        anchor = ' text-anchor="end"' if end else ""
        return f'<text class="note" x="{x:.1f}" y="{y + dy:.1f}"{anchor}>{escape(words)}</text>'

    def bar(self, left: float, right: float, top: float, told: str) -> str:
        """From the bottom up to `top`."""
        (x, y), (x2, y2) = self._pixels((left, top)), self._pixels((right, self.y.low))
        size = f'width="{max(0.5, x2 - x - 1):.1f}" height="{max(0, y2 - y):.1f}"'
        return (
            f'<rect class="bar" x="{x:.1f}" y="{y:.1f}" {size}><title>{escape(told)}</title></rect>'
        )

    def _at(self, point: Point) -> str:
        x, y = self._pixels(point)
        return f"{x:.1f} {y:.1f}"

    def _pixels(self, point: Point) -> Point:
        across = (point[0] - self.x.low) / (self.x.high - self.x.low)
        up = (point[1] - self.y.low) / (self.y.high - self.y.low)
        return (
            _LEFT + across * (WIDTH - _LEFT - _RIGHT),
            HEIGHT - _BOTTOM - up * (HEIGHT - _TOP - _BOTTOM),
        )

    def drawn(self, title: str, marks: Sequence[str]) -> str:
        """The whole plot; `title` is read out in its place."""
        return (
            f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'aria-label="{escape(title)}">{self._axes()}{"".join(marks)}</svg>'
        )

    def _axes(self) -> str:
        left, right, top, bottom = _LEFT, WIDTH - _RIGHT, _TOP, HEIGHT - _BOTTOM
        parts = []
        for value, label in self.y.ticks:
            _, y = self._pixels((self.x.low, value))
            parts.append(f'<path class="grid" d="M{left} {y:.1f} H{right}"/>')
            parts.append(
                f'<text class="tick" x="{left - 7}" y="{y + 4:.1f}" text-anchor="end">'
                f"{escape(label)}</text>"
            )
        for value, label in self.x.ticks:
            x, _ = self._pixels((value, self.y.low))
            parts.append(f'<path class="axis" d="M{x:.1f} {bottom} v{_TICK}"/>')
            parts.append(
                f'<text class="tick" x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">'
                f"{escape(label)}</text>"
            )
        middle, up = (left + right) / 2, (top + bottom) / 2
        return (
            f'{"".join(parts)}<path class="axis" d="M{left} {bottom} H{right}"/>'
            f'<text class="label" x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">'
            f"{escape(self.x.label)}</text>"
            f'<text class="label" transform="translate(12 {up}) rotate(-90)" text-anchor="middle">'
            f"{escape(self.y.label)}</text>"
        )


def shares(label: str) -> Axis:
    """An axis from 0 to 1."""
    ticks = tuple((step / 4, f"{step * 25} %") for step in range(5))
    return Axis(label, 0.0, 1.0, ticks)
