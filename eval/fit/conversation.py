"""Fits how much speaks for passages of the post that the last answer was from.

    python -m eval.fit.conversation --index INDEX --cases FILE [--cases FILE] [--output FILE]

Two kinds of questions pull in opposite directions: those that follow on from others, whose answers
mostly stand in the same post, and questions by themselves, each behind a turn of another one as if
its asker had gone on to something else. The weight is that of a grid at which Recall@5 and MRR,
both kinds counting the same, are best in the mean; the smallest of several. Passages are ranked as
the index knows them, without the reader. Beside it stands what the weight gives when each question
is left out of its own fit.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.cases.cases import Case, load_cases, resolve_gold
from eval.cases.gold import RetrievedText
from eval.metrics import found_parts, recall_at, reciprocal_rank_at
from rag.assistant import Assistant
from rag.retrieval.preferred import FITTED
from rag.retrieval.retrieve import look
from rag.settings import load_settings
from rag.types import Turn

GRID = tuple(step / 4 for step in range(17))
"""Log-odds, from 0 to 4."""
_DEPTH, _RECALL = 10, 5
_SEED = 4

Grades = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--cases", type=Path, action="append", required=True)
    parser.add_argument("--output", type=Path, default=FITTED)
    arguments = parser.parse_args()
    read = [case for file in arguments.cases for case in load_cases(file)]
    with Assistant(load_settings(index=arguments.index)) as assistant:
        cases = [case for case in resolve_gold(read, assistant.index) if case.answerable]
        following = [case for case in cases if case.history]
        others = behind_others([case for case in cases if not case.history])
        grades = [grade(_ranked(some, assistant), assistant) for some in (following, others)]
    best = GRID[best_of(grades)]
    values: dict[str, Any] = {
        "same_post": best,
        "figures": {
            name: {
                "n": len(own),
                "without": _told(own[:, 0]),
                "fitted": _told(own[:, GRID.index(best)]),
                "left out of its own fit": _told(left_out(grades, kind)),
            }
            for kind, (name, own) in enumerate(
                zip(("following on", "behind another's turn"), grades, strict=True)
            )
        },
        "made_from": {
            "made": datetime.now(UTC).date().isoformat(),
            "by": "python -m eval.fit.conversation",
            "cases": {file.name: _digest(file) for file in arguments.cases},
        },
    }
    arguments.output.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(values, indent=1))


def behind_others(cases: Sequence[Case]) -> list[Case]:
    """Each question behind that of another one and its answer, about another post."""
    order = Random(_SEED).sample(cases, len(cases))
    found = []
    for case, other in zip(cases, order, strict=True):
        own, theirs = ({gold.post_id for gold in one.gold} for one in (case, other))
        if other.answer and own.isdisjoint(theirs):
            found.append(replace(case, history=(Turn(other.question, other.answer),)))
    return found


def _ranked(cases: Sequence[Case], assistant: Assistant) -> list[Case]:
    """Those that are answered from what is found, and not from posts' records."""
    understand = assistant.pipeline.understand
    return [case for case in cases if not understand(case.question, history=case.history).record]


def grade(cases: Sequence[Case], assistant: Assistant) -> Grades:
    """Recall@5 and MRR@10 of each case at each weight, shape (cases, weights, 2)."""
    pipeline, settings = assistant.pipeline, assistant.settings
    found = np.zeros((len(cases), len(GRID), 2))
    for row, case in enumerate(cases):
        query = pipeline.understand(case.question, history=case.history)
        for column, weight in enumerate(GRID):
            hits = look(
                query, assistant.index, pipeline.embedder, pipeline.calibration,
                candidates=settings.candidates, hits=_DEPTH, same_post=weight,
            ).hits  # fmt: skip
            texts = [RetrievedText(hit.passage.post.id, hit.passage.text) for hit in hits]
            held, parts = found_parts(texts, case.parts), len(case.parts)
            found[row, column] = recall_at(_RECALL, held, parts), reciprocal_rank_at(_DEPTH, held)
    return found


def best_of(grades: Sequence[Grades]) -> int:
    """Which weight of the grid is best in the mean of both kinds."""
    means = np.stack([own.mean(axis=(0, 2)) for own in grades]).mean(axis=0)
    return int(np.argmax(np.round(means, 9)))


def left_out(grades: Sequence[Grades], kind: int) -> Grades:
    """Of one kind each question's grades at the weight that the others give, shape (cases, 2)."""
    rows = []
    for row in range(len(grades[kind])):
        others = [
            np.delete(own, row, axis=0) if place == kind else own
            for place, own in enumerate(grades)
        ]
        rows.append(grades[kind][row, best_of(others)])
    return np.asarray(rows)


def _told(rows: Grades) -> dict[str, float]:
    recall, rank = rows.mean(axis=0)
    return {"Recall@5": round(float(recall), 4), "MRR@10": round(float(rank), 4)}


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
