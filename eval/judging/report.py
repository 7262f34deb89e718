"""What judges are worth, as text for people and as JSON; the same data give the same bytes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from eval.bootstrap import RESAMPLES, Figure
from eval.hashes import code_sha256, commit, made_with_text, settings_sha256
from eval.judging.hold import AREA, AT_FITTED, JudgeGrade, SetGrade
from eval.tables import shown, table
from rag.settings import Settings

_SLICE_FIGURES = (AT_FITTED, AREA)


def judges_text(
    grades: Sequence[SetGrade],
    settings: Settings | None = None,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> str:
    """Each set with its source, its figures, and their slices; then what they were made with."""
    told = [_set_text(one) for one in grades]
    return "\n\n".join(
        [
            *told,
            "*Its threshold*: the shipped one of the judge; *unsupported that pass*: the share, at "
            "that threshold, of the claims that people did not find supported; *cross-fitted*: the "
            "best one on the other four of five folds of the set, by question or text, so that a "
            "judge without a threshold can be compared. *Base rate* gives every claim the set's "
            "own share of supported ones. ECE and Brier take scores as probabilities, lower is "
            "better. [low, high] is a 95 % interval: bootstrap of whole questions or texts, "
            f"{resamples:,} resamples, seed {seed}.",
            made_with_text([], settings),
        ]
    )


def judges_json(
    grades: Sequence[SetGrade],
    settings: Settings | None = None,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> str:
    whole = {
        "schema": 1,
        "made_with": {
            "settings_sha256": settings_sha256(settings) if settings else None,
            "code_sha256": code_sha256(),
            "commit": commit(),
        },
        "seed": seed,
        "resamples": resamples,
        "sets": [_set_json(one) for one in grades],
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def _set_text(grade: SetGrade) -> str:
    family, data = grade.data.family, grade.data
    labels = [one.label for one in data.items]
    groups = len({one.group for one in data.items})
    share = sum(labels) / len(labels)
    lines = [
        f"## {family.title}",
        "",
        f"{len(labels):,} claims of {groups:,} questions or texts, "
        + (f"mean grade {share:.2f}" if family.graded else f"{share:.3f} of them supported")
        + f". What counts: {family.counts_as}.",
        f"Source: {family.source}. Licence: {family.licence}.",
        *(f"File: {one.name}, sha256 {one.sha256}" for one in data.files),
        *(f"Left out: {n:,}, {reason}" for reason, n in data.left_out),
    ]
    if data.seen:
        lines.append(f"**Seen family**, no headline figures: {data.seen}.")
    lines += ["", _figures_table(grade)]
    for judge in grade.judges:
        if judge.failed:
            lines.append(f"\n{judge.judge} failed on {len(judge.failed):,}: each counts as wrong.")
    if slices := _slices_table(grade):
        lines += ["", slices]
    lines += [text for judge in grade.judges if (text := _reliability_text(judge))]
    return "\n".join(lines)


def _figures_table(grade: SetGrade) -> str:
    names = [one.name for one in grade.base]
    rows = [[one.judge, *(shown(f.estimate) for f in one.figures)] for one in grade.judges]
    if not grade.data.family.graded:
        rows.append(["base rate", *(shown(f.estimate) for f in grade.base)])
    for one in grade.judges:
        if one.beside:
            known = {f.name: shown(f.estimate, signed=True) for f in one.beside}
            cells = [known.get(name, "") for name in names]
            rows.append([f"{one.judge} − {grade.judges[0].judge}", *cells])
    return table([f"judge (n {len(grade.data.items):,})", *names], rows)


def _slices_table(grade: SetGrade) -> str:
    names = [name for name in _SLICE_FIGURES if not grade.data.family.graded]
    names = names or [one.name for one in grade.base]
    rows = [
        [one.name, judge.judge, str(one.n), f"{one.supported:.2f}", *_chosen(one.figures, names)]
        for place in range(len(grade.judges[0].slices) if grade.judges else 0)
        for judge in grade.judges
        for one in [judge.slices[place]]
    ]
    return table(["slice", "judge", "n", "supported", *names], rows) if rows else ""


def _chosen(figures: Sequence[Figure], names: Sequence[str]) -> list[str]:
    known = {one.name: one.estimate for one in figures}
    return [shown(known.get(name)) for name in names]


def _reliability_text(judge: JudgeGrade) -> str:
    if not judge.reliability or judge.threshold is None:
        return ""
    rows = [
        [f"{one.low:.1f} to {one.high:.1f}", str(one.n), f"{one.said:.2f}", f"{one.supported:.2f}"]
        for one in judge.reliability
    ]
    title = f"score of {judge.judge}"
    return "\n" + table([title, "n", "mean score", "supported"], rows)


def _set_json(grade: SetGrade) -> dict[str, Any]:
    data = grade.data
    return {
        "name": data.family.name,
        "title": data.family.title,
        "licence": data.family.licence,
        "source": data.family.source,
        "counts_as": data.family.counts_as,
        "files": [asdict(one) for one in data.files],
        "n": len(data.items),
        "left_out": dict(data.left_out),
        "seen": data.seen or None,
        "headline": not data.seen,
        "base_rate": {one.name: _estimate(one) for one in grade.base},
        "judges": [_judge_json(one, grade) for one in grade.judges],
    }


def _judge_json(judge: JudgeGrade, grade: SetGrade) -> dict[str, Any]:
    return {
        "judge": judge.judge,
        "threshold": judge.threshold,
        "figures": {one.name: _estimate(one) for one in judge.figures},
        "less_the_first": {one.name: _estimate(one) for one in judge.beside},
        "reliability": [asdict(one) for one in judge.reliability],
        "slices": [
            {
                "name": one.name,
                "n": one.n,
                "supported": one.supported,
                "figures": {f.name: _estimate(f) for f in one.figures},
            }
            for one in judge.slices
        ],
        "failed": list(judge.failed),
        "scores": {
            item.id: round(float(score), 6)
            for item, score in zip(grade.data.items, judge.scores, strict=True)
        },
    }


def _estimate(figure: Figure) -> dict[str, float] | None:
    return asdict(figure.estimate) if figure.estimate else None
