"""What readers think of answers, where the owner wants to keep it: one file in the index folder.

Nothing of a post is kept with a vote, so that what is forgotten of an index is forgotten here too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

_FILE = "feedback.jsonl"


@dataclass(frozen=True, slots=True)
class Feedback:
    """One vote. Nothing in it says who gave it."""

    day: str
    """UTC, such as "2026-05-03"; not the hour."""
    question: str
    good: bool
    reason: str = ""


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def keep(folder: Path, one: Feedback) -> None:
    """Add a vote to those of an index."""
    with _locked(folder), (folder / _FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(one), ensure_ascii=False) + "\n")


def kept(folder: Path) -> Iterator[Feedback]:
    """All votes of an index, oldest first."""
    file = folder / _FILE
    if not file.is_file():
        return
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            if line.endswith("\n"):  # else its writer was killed
                yield Feedback(**json.loads(line))


def delete(folder: Path) -> int:
    """Forget all votes of an index.

    Returns:
        How many there were.
    """
    with _locked(folder):
        count = sum(1 for _ in kept(folder))
        (folder / _FILE).unlink(missing_ok=True)
    return count


def _locked(folder: Path) -> FileLock:
    return FileLock(folder / f"{_FILE}.lock")
