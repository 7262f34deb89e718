"""A graded run for people (aligned Markdown tables) and for machines (JSON)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from eval.bootstrap import Figure
from eval.figures import METRICS, Group
from eval.grade import Grades
from eval.retrieval import RankingFigures
from eval.run import EvalResult
from eval.tables import shown, table, value

_KIND_METRICS = (
    "Recall@5",
    "citation precision (sentence)",
    "citation recall (sentence)",
    "says what it must",
)


def grades_text(grades: Grades) -> str:
    """Tables of all figures with n and 95 % intervals, by kind, and the cases that failed."""
    parts = [
        _figures("Retrieval", _of(grades.figures, "retrieval")),
        _figures("Answers, where not refused", _of(grades.figures, "answers")),
        _abstention(grades),
        _figures("Time of a question, ms", _of(grades.figures, "time"), digits=0),
        _kinds(grades),
        f"[low, high] is a 95 % interval: percentile bootstrap by question, {grades.resamples:,} "
        f"resamples, seed {grades.seed}. One without width says that all n scored alike.",
    ]
    failed = [f"- {one.case_id}: {one.reason}" for one in grades.failed]
    counted = f"{len(failed)} of {len(grades.cases)} cases failed"
    parts.append("\n".join([f"{counted}:", *failed]) if failed else f"{counted}.")
    return "\n\n".join(parts)


def text_report(result: EvalResult) -> str:
    """`grades_text` with what the run was made with, and gold that the index lacks."""
    made = result.made_with
    head = (
        f"{made.case_file} (sha256 {made.case_sha256[:12]}): {len(result.grades.cases)} cases on "
        f"{made.posts:,} posts, {made.passages:,} passages; {made.embedder}"
    )
    parts = [head, grades_text(result.grades)]
    if result.missing:
        parts.append(
            f"{len(result.missing)} cases have gold that the index does not hold, and cannot be "
            f"right: {', '.join(result.missing)}."
        )
    return "\n\n".join(parts)


def json_report(result: EvalResult) -> str:
    """Everything of `text_report` and every case's own grades, as indented JSON.

    A figure that nothing could be measured on is null.
    """
    grades = result.grades
    content = {
        "schema": 1,
        "made_with": asdict(result.made_with) | {"versions": dict(result.made_with.versions)},
        "bootstrap": {"seed": grades.seed, "resamples": grades.resamples, "interval": 0.95},
        "figures": _mapping(grades.figures),
        "baselines": {
            "always refuse": _mapping(grades.always_refuse),
            "never refuse": _mapping(grades.never_refuse),
        },
        "kinds": {kind: _mapping(figures) for kind, figures in grades.kinds},
        "failed": {one.case_id: one.reason for one in grades.failed},
        "missing_gold": result.missing,
        "cases": [asdict(one) for one in grades.cases],
    }
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def differences_text(differences: Sequence[Figure]) -> str:
    """A table of `eval.grade.compare`: this run less the baseline."""
    return _figures("Difference, paired by question", differences, signed=True)


def rankings_text(rankings: Sequence[RankingFigures]) -> str:
    """A row for each ranking, and one for each difference to the baseline."""
    names = [figure.name for figure in rankings[0].figures] if rankings else []
    rows = [[one.name, *(shown(figure.estimate) for figure in one.figures)] for one in rankings]
    baseline = next((one.name for one in rankings if not one.differences), "")
    rows += [
        [
            f"{one.name} − {baseline}",
            *(shown(figure.estimate, signed=True) for figure in one.differences),
        ]
        for one in rankings
        if one.differences
    ]
    n = max(
        (figure.estimate.n for one in rankings for figure in one.figures if figure.estimate),
        default=0,
    )
    return table([f"ranking (n {n})", *names], rows)


def _figures(
    title: str, figures: Sequence[Figure], *, digits: int = 3, signed: bool = False
) -> str:
    rows = [
        [figure.name, shown(figure.estimate, digits=digits, signed=signed), _n(figure)]
        for figure in figures
    ]
    return table([title, "value [low, high]", "n"], rows)


def _abstention(grades: Grades) -> str:
    columns = _of(grades.figures, "abstention"), grades.always_refuse, grades.never_refuse
    rows = [
        [own.name, shown(own.estimate), _n(own), value(all_.estimate), value(none.estimate)]
        for own, all_, none in zip(*columns, strict=True)
    ]
    head = ["Abstention", "value [low, high]", "n", "always refuse", "never refuse"]
    return table(head, rows)


def _kinds(grades: Grades) -> str:
    rows = []
    for kind, figures in grades.kinds:
        of_kind = [one for one in grades.cases if one.kind == kind]
        values = {figure.name: figure.estimate for figure in figures}
        refused = sum(one.refused for one in of_kind)
        rows.append(
            [
                kind,
                str(len(of_kind)),
                str(refused),
                *(value(values[name]) for name in _KIND_METRICS),
            ]
        )
    return table(["Kind", "n", "refused", *_KIND_METRICS], rows)


def _of(figures: Sequence[Figure], group: Group) -> list[Figure]:
    names = {metric.name for metric in METRICS if metric.group == group}
    return [figure for figure in figures if figure.name in names]


def _n(figure: Figure) -> str:
    return str(figure.estimate.n if figure.estimate else 0)


def _mapping(figures: Sequence[Figure]) -> dict[str, object]:
    return {one.name: asdict(one.estimate) if one.estimate else None for one in figures}
