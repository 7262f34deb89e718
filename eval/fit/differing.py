"""Fits from where on two sentences with different values are taken to be about the same thing.

    python -m eval.fit.differing --index INDEX --cases CASES.jsonl...

On questions about a site of many posts, where sentences of different posts with different values
nearly always are about different things: the threshold is the lowest at which at most one question
in a hundred would be told that an older post differs. What it still finds is measured elsewhere, on
pairs of our own (`eval/older_newer.py`), none of which it was fitted on.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from eval.cases.cases import Case, load_cases
from eval.hashes import file_sha256
from rag.assistant import Assistant
from rag.index.newer import FITTED, differing_pairs
from rag.retrieval.retrieve import retrieve
from rag.settings import load_settings

_ALARMS = 0.01  # of the questions


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--cases", type=Path, required=True, nargs="+")
    parser.add_argument("--output", type=Path, default=FITTED)
    parser.add_argument("--pairs", action="store_true", help="list the pairs that remain")
    arguments = parser.parse_args()
    cases = [case for file in arguments.cases for case in load_cases(file)]
    with Assistant(load_settings(index=arguments.index)) as assistant:
        found = [most_alike(case, assistant) for case in cases]
    highest = [alike for alike, _ in found]
    threshold = least_alike(highest)
    values = {
        "min_alike": threshold,
        "figures": {
            "questions": len(cases),
            "with_different_values": sum(alike > 0 for alike in highest),
            "told": sum(alike >= threshold for alike in highest),
        },
        "made_from": {
            "made": datetime.now(UTC).date().isoformat(),
            "by": "python -m eval.fit.differing",
            "data": {f.name: file_sha256(f) for f in arguments.cases},
        },
    }
    arguments.output.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(values, indent=1))
    if arguments.pairs:
        for case, (alike, text) in zip(cases, found, strict=True):
            if alike >= threshold:
                print(f"\n{alike:.3f} {case.question}\n{text}")


def most_alike(case: Case, assistant: Assistant) -> tuple[float, str]:
    """Of the pairs with different values that a question finds, how alike the closest is."""
    query = assistant.understand(case.question, history=case.history)
    pipeline, settings = assistant.pipeline, assistant.settings
    hits = retrieve(  # as the assistant does, and before it puts the newer one first
        query, assistant.index, pipeline.embedder, pipeline.calibration,
        candidates=settings.candidates, hits=settings.hits,
    ).hits  # fmt: skip
    pairs = differing_pairs(
        query.standalone, hits, pipeline.lexicon, share=pipeline.calibration.min_share
    )
    return max(
        (
            (alike, f"  {newer.score.sentence.text}\n  {older.score.sentence.text}")
            for newer, older, alike in pairs
        ),
        default=(0.0, ""),
    )


def least_alike(highest: Sequence[float]) -> float:
    """The lowest threshold, in hundredths, that at most one question in a hundred reaches."""
    most = int(_ALARMS * len(highest))
    scores = np.asarray(highest)
    steps = (step / 100 for step in range(1, 102))
    return next(step for step in steps if (scores >= step).sum() <= most)


if __name__ == "__main__":
    main()
