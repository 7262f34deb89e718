"""What of ours was fitted on public data, and which of their questions were kept aside.

A set is of a *seen family* where anything that is graded on it was fitted on questions of it: its
figures are no headlines, also on those of its questions that were kept aside.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from eval.cases.jsonl import unreadable
from eval.fitted import fitted_in

if TYPE_CHECKING:
    from rag.assistant import Assistant

Part = Literal["reader", "late interaction", "weights and thresholds", "share of further sentences"]
READER: Part = "reader"
LATE: Part = "late interaction"
WEIGHTS: Part = "weights and thresholds"
SHARES: Part = "share of further sentences"


@dataclass(frozen=True, slots=True)
class Seen:
    """A part of ours, and what of a family of data it was fitted on."""

    part: Part
    on: str
    """In words, such as "half of its questions"."""


XQUAD = (
    Seen(READER, "these questions and those of SQuAD 2.0 on the same paragraphs, but for every"
         " ninth article"),
    Seen(LATE, "SQuAD 2.0's development part, which has the same articles and questions"),
)  # fmt: skip


def clapnq_seen(*, every: bool = False) -> tuple[Seen, ...]:
    """What CLAPNQ's development part was used for.

    Args:
        every: Whether also those of its questions are graded that the reader was trained on.
    """
    half = f"{'half' if every else 'the other half'} of its development part"
    return Seen(READER, half), Seen(SHARES, half)


def is_graded(id_: str) -> bool:
    """Whether a question of CLAPNQ's development part is kept for grading."""
    return hashlib.sha256(id_.encode()).digest()[0] % 2 == 1


@cache  # they come with the program, and stay as they are while it runs
def fitted_on() -> frozenset[str]:
    """The sha256 of every file that shipped weights were fitted on, as stands beside them."""
    found: set[str] = set()
    for one in files("rag.models").iterdir():
        if one.name.endswith(".json"):
            weights = json.loads(one.read_text(encoding="utf-8"))
            for told in (weights.get("made_from", {}).get("data"), weights.get("trained_on")):
                if isinstance(told, dict):
                    found |= set(told.values())
    return frozenset(found)


def fitted_files(graded: Iterable[Path]) -> tuple[Seen, ...]:
    """The files with questions that shipped weights were fitted on, in part or as a whole.

    Raises:
        SourceError: One cannot be read.
    """
    return tuple(Seen(WEIGHTS, told) for file in graded if (told := _fitted(file)))


def _fitted(file: Path) -> str:
    try:
        fitted, asked = fitted_in(file)
    except OSError as error:
        raise unreadable(file, error) from error
    if 0 < fitted < asked:
        return f"{fitted:,} of the {asked:,} questions of {file.name}"
    return f"{file.name} itself" if fitted else ""


def parts_of(assistant: Assistant) -> frozenset[Part]:
    """The fitted parts that answer."""
    pipeline = assistant.pipeline
    late = files("rag.models") / f"late-{pipeline.embedder.id.revision}.npz"
    found: set[Part] = {WEIGHTS, SHARES}
    if pipeline.reader is not None:
        found.add(READER)
    if late.is_file():
        found.add(LATE)
    return frozenset(found)


def seen_text(seen: Sequence[Seen], parts: Collection[Part]) -> str:
    """Which of these parts were fitted on the family, and on what of it; empty: none."""
    return "; ".join(f"{one.part}, on {one.on}" for one in seen if one.part in parts)
