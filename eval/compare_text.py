"""What two runs have changed, for people (Markdown) and for machines (JSON)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from eval.compare import Change, Compared, Comparison, Mark, Verdict
from eval.figures import METRICS
from eval.tables import NONE, counted, marked, shown, table, value

_TIME = {metric.name for metric in METRICS if metric.group == "time"}
_CLAIMS = frozenset(Verdict) - {Verdict.NONE, Verdict.UNKNOWN}
_LISTED = 30  # questions of a list: the rest stand in the JSON


def comparison_text(found: Comparison) -> str:
    """A table of all figures, and the questions that became better and worse."""
    parts = [
        f"A: {found.before}\nB: {found.now}\n{counted(found.shared, 'case', 'cases')} in both"
        + (f", {found.left_out:,} left out." if found.left_out else "."),
        *_marks(found.marks),
        table(
            ["Figure", "n", *_sides(found), "B − A [low, high]", "p", "verdict on B"],
            [_row(one, headline=found.headline) for one in found.figures],
        ),
        _legend(found.figures),
        f"{_questions(len(found.better))} became better, {len(found.worse):,} worse"
        f" (p {_p(found.p)}, exact test of McNemar)"
        + (f", {len(found.otherwise):,} otherwise wrong." if found.otherwise else "."),
        *_lists("Better", found.better),
        *_lists("Worse", found.worse),
        *_lists("Otherwise wrong", found.otherwise),
    ]
    return "\n\n".join(parts)


def comparison_json(found: Comparison) -> str:
    """Everything of `comparison_text`, with all questions."""
    content = {"headline": found.headline} | asdict(found)
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _marks(marks: Sequence[Mark]) -> list[str]:
    if not marks:
        return []
    told = [
        f"{one.run} is marked “{one.mark}”" + f" (fitted were: {one.fitted})" * bool(one.fitted)
        for one in marks
    ]
    return [
        f"**No headline**: {'; '.join(told)}. The figures flatter, so what is better here need not"
        " be better on questions that nothing was fitted on."
    ]


def _sides(found: Comparison) -> list[str]:
    marks = {one.run: one.mark for one in found.marks}
    return [marked(run, marks.get(run, "")) for run in ("A", "B")]


def _row(one: Compared, *, headline: bool) -> list[str]:
    digits = 0 if one.name in _TIME else 3
    between = shown(one.difference, digits=digits, signed=True)
    sides = [f"{side.value:.0f}" if side else NONE for side in (one.before, one.now)]
    if digits:
        sides = [value(one.before), value(one.now)]
    n = str(one.difference.n) if one.difference else "0"
    p = NONE if one.p is None else _p(one.p)
    verdict = one.verdict.value
    if not headline and one.verdict in _CLAIMS:
        verdict += ", no headline"
    return [one.name, n, *sides, between, p, verdict]


def _legend(figures: Sequence[Compared]) -> str:
    tested = sum(one.verdict is not Verdict.UNKNOWN for one in figures)
    return (
        "[low, high] is a 95 % interval of the difference, paired by question; p is of swapping the"
        " answers of both runs at random. “Better” and “worse” need an interval without zero and a"
        f" p below .05 that also holds for {tested} figures tested together (Holm); “perhaps” is"
        " what holds for the figure alone. Times compare only where both ran on the same machine."
    )


def _lists(title: str, changes: Sequence[Change]) -> list[str]:
    if not changes:
        return []
    lines = [
        f"- {one.case_id}: {one.before.value} → {one.now.value}: {one.question}"
        for one in changes[:_LISTED]
    ]
    more = len(changes) - len(lines)
    return ["\n".join([f"{title}:", *lines, *([f"- and {more:,} more"] if more > 0 else [])])]


def _questions(n: int) -> str:
    return counted(n, "question", "questions")


def _p(p: float) -> str:
    return "< .001" if p < 0.001 else f"{p:.3f}"
