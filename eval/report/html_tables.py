"""The tables of a report's page, and the small bars in them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from eval.beside import OF_KINDS, Trivial
from eval.beside import of_group as trivial_of
from eval.bootstrap import Estimate, Figure
from eval.figures import Group
from eval.grade import Grades
from eval.outcomes import Outcome, outcomes
from eval.report.as_text import of_group, trivial_note
from eval.tables import NONE, marked, shown_with_n

_GROUPS: dict[Group, str] = {
    "retrieval": "Retrieval",
    "answers": "Answers; citations where not refused",
    "abstention": "Answer or refuse",
    "time": "Time of a question, ms",
}
_BAR = 120  # pixels of an interval's bar


def kinds_table(grades: Grades, mark: str = "") -> str:
    rows = []
    beside = dict(grades.trivial_kinds)
    for kind, figures in grades.kinds:
        own = [case for case in grades.cases if case.kind == kind]
        found = {one.name: one.estimate for one in figures}
        became = {one: n for one, n in outcomes(own).items() if n}
        cells = "".join(_cell(found[name]) for name in OF_KINDS)
        rows.append(
            f'<tr><th scope="row">{escape(kind)}</th><td class="n">{len(own):,}</td>'
            f'<td class="wide">{stack(became)}</td>{cells}</tr>'
        )
        rows += [_beside_row(one) for one in beside[kind]]
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in OF_KINDS)
    return (
        '<section><h2 id="by-kind">'
        f"{escape(marked('By kind of question', mark))}</h2>"
        '<div class="scroll" tabindex="0" role="region" aria-labelledby="by-kind">'
        "<table><thead><tr>"
        '<th scope="col">Kind</th><th scope="col">Cases</th><th scope="col">Outcomes</th>'
        f"{heads}</tr>"
        f"</thead><tbody>{''.join(rows)}</tbody></table></div>"
        '<p class="note">n is of each figure: a case that was refused is in no figure of'
        " citations.</p>"
        "</section>"
    )


def _beside_row(one: Trivial) -> str:
    """What a trivial system earned on the kind that stands above it."""
    cells = "".join(
        f"<td>{shown_with_n(one.estimate(name)) if one.knows(name) else ''}</td>"
        for name in OF_KINDS
    )
    name = f"… {escape(one.name)}"
    return f'<tr class="beside"><th scope="row">{name}</th><td></td><td></td>{cells}</tr>'


def _beside_cell(one: Trivial, metric: str) -> str:
    return _cell(one.estimate(metric)) if one.knows(metric) else '<td class="n"></td>'


def _cell(one: Estimate | None) -> str:
    if one is None:
        return f'<td class="n">{NONE}</td>'
    return (
        f'<td class="n">{one.value:.3f}{interval(one, 1.0)}'
        f'<span class="of">[{one.low:.3f}, {one.high:.3f}] · n {one.n:,}</span></td>'
    )


def figures_tables(grades: Grades, mark: str = "") -> str:
    tables = "".join(_table(grades, group, name) for group, name in _GROUPS.items())
    return (
        f"<section><details><summary><h2>{escape(marked('All figures', mark))}</h2></summary>"
        f'{tables}<p class="note">{escape(trivial_note(grades))}</p>'
        '<p class="note">[low, high] is a 95 % interval: percentile bootstrap by question,'
        f" {grades.resamples:,} resamples, seed {grades.seed}; of a mean whose n are all 0 or"
        " all 1, Wilson's. An interval without width says that"
        " all n scored alike, not that the figure is certain.</p></details></section>"
    )


def _table(grades: Grades, group: Group, name: str) -> str:
    figures = of_group(grades.figures, group)
    beside = trivial_of(grades.trivial, group)
    highest = max((one.estimate.high for one in figures if one.estimate), default=1.0)
    heads = ("value", "interval", "[low, high]", "n", *(one.name for one in beside))
    rows = "".join(_row(one, 1.0 if group != "time" else highest, beside) for one in figures)
    columns = "".join(f'<th scope="col">{one}</th>' for one in heads)
    label = f"table-{group}"
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-labelledby="{label}"><table><thead>'
        f'<tr><th scope="col" id="{label}">{escape(name)}</th>{columns}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _row(figure: Figure, of: float, beside: Sequence[Trivial]) -> str:
    one = figure.estimate
    digits = 3 if of <= 1 else 0
    cells = [NONE, "", NONE, "0"]
    if one:
        cells = [
            f"{one.value:.{digits}f}",
            interval(one, of),
            f"[{one.low:.{digits}f}, {one.high:.{digits}f}]",
            f"{one.n:,}",
        ]
    told = "".join(f'<td class="n">{cell}</td>' for cell in cells)
    told += "".join(_beside_cell(one, figure.name) for one in beside)
    return f'<tr><th scope="row">{escape(figure.name)}</th>{told}</tr>'


def interval(one: Estimate, of: float) -> str:
    low, value, high = (_BAR * min(1.0, part / of) for part in (one.low, one.value, one.high))
    return (
        f'<svg class="interval" viewBox="-4 0 {_BAR + 8} 12" preserveAspectRatio="xMinYMid" '
        f'aria-hidden="true">'
        f'<path class="rail" d="M0 6 H{_BAR}"/><path class="span" d="M{low:.1f} 6 H{high:.1f}"/>'
        f'<circle cx="{value:.1f}" cy="6" r="3.5"/></svg>'
    )


def css_name(one: Outcome) -> str:
    return one.value.replace(" ", "-")


def stack(found: dict[Outcome, int]) -> str:
    of = sum(found.values()) or 1
    left, parts = 0.0, []
    for one, n in found.items():
        width = 1000 * n / of
        parts.append(
            f'<rect class="o-{css_name(one)}" x="{left:.1f}" width="{width:.1f}" height="10">'
            f"<title>{n:,} {one.value}</title></rect>"
        )
        left += width
    told = ", ".join(f"{n:,} {one.value}" for one, n in found.items())
    return (
        f'<svg class="stack" viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" '
        f'aria-label="{told}">{"".join(parts)}</svg>'
    )
