"""What came back so far, a line for each case as it comes: a run that was killed goes on.

Answers stay on the disk and are read back one at a time, so memory does not grow with the cases.
The first line says what the run rests on; a run on something else does not go on with it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from rag.errors import SourceError
from rag.record import AnswerRecord

NAME = "journal.jsonl"


@dataclass(frozen=True, slots=True)
class Entry:
    """What came back for a case: an answer, or the reason why there is none."""

    case_id: str
    record: AnswerRecord | None
    failed: str | None
    milliseconds: float
    """From the question to the whole answer, or to the failure."""


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str
    ms: float
    failed: str | None = None
    answer: AnswerRecord | None = None


class Journal:
    """The entries of one run; `open_journal` makes it."""

    def __init__(self, stream: IO[bytes], name: str) -> None:
        """Read what is there; a half-written last line is cut off.

        Raises:
            SourceError: A line is none of a journal.
        """
        self._stream, self._name = stream, name
        self._places: dict[str, int] = {}
        self._rests_on: dict[str, Any] | None = None
        stream.seek(0)
        place = 0
        for number, line in enumerate(stream, 1):
            if not line.endswith(b"\n"):
                stream.truncate(place)
                break
            self._take(number, line, place)
            place += len(line)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, case_id: str) -> bool:
        return case_id in self._places

    def begin(self, rests_on: Mapping[str, Any]) -> None:
        """Say what the run rests on, before anything is added.

        Raises:
            SourceError: What is there rests on something else.
        """
        now = json.loads(json.dumps(rests_on))
        if self._rests_on is None:
            self._rests_on = now
            self._write({"journal": 1, "rests_on": now})
            return
        before = self._rests_on
        differing = [name for name in sorted({*now, *before}) if now.get(name) != before.get(name)]
        if differing:
            told = ", ".join(
                f"{name} ({_short(before.get(name))}, now {_short(now.get(name))})"
                for name in differing
            )
            raise SourceError(
                f"{self._name} is of a run on something else: {told}.",
                hint="Delete it to begin anew, or write to another folder.",
            )

    def add(self, entry: Entry) -> None:
        """Keep an entry; it is there for the next process from then on."""
        line = _Line(
            id=entry.case_id, ms=entry.milliseconds, failed=entry.failed, answer=entry.record
        )
        place = self._write(line.model_dump(mode="json", by_alias=True, exclude_none=False))
        self._places[entry.case_id] = place

    def entry(self, case_id: str) -> Entry | None:
        """What came back for a case; None where it was not asked yet."""
        place = self._places.get(case_id)
        if place is None:
            return None
        self._stream.seek(place)
        line = _Line.model_validate_json(self._stream.readline())
        return Entry(line.id, line.answer, line.failed, line.ms)

    def records(self, case_ids: Iterator[str]) -> Iterator[AnswerRecord]:
        """The answers to these cases, one at a time; those that failed have none."""
        for case_id in case_ids:
            entry = self.entry(case_id)
            if entry and entry.record:
                yield entry.record

    def _write(self, content: Mapping[str, Any]) -> int:
        place = self._stream.seek(0, os.SEEK_END)
        self._stream.write(json.dumps(content, ensure_ascii=False).encode() + b"\n")
        self._stream.flush()
        return place

    def _take(self, number: int, line: bytes, place: int) -> None:
        try:
            if number == 1:
                self._rests_on = dict(json.loads(line)["rests_on"])
            else:
                self._places[_Line.model_validate_json(line).id] = place
        except (ValidationError, ValueError, KeyError, TypeError) as error:
            raise SourceError(
                f"Line {number} of {self._name} is none of a journal.",
                hint="Delete it to begin anew, or write to another folder.",
            ) from error


@contextmanager
def open_journal(folder: Path | None, *, resume: bool = False) -> Iterator[Journal]:
    """The journal of a run.

    Args:
        folder: Where it is kept; None keeps it in a temporary file that nobody sees.
        resume: Go on with the one that is there, if one is.

    Raises:
        SourceError: One is there and is not to be gone on with, or it is damaged.
    """
    if folder is None:
        with TemporaryFile() as stream:
            yield Journal(stream, "The journal")
        return
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / NAME
    if not resume and file.exists() and file.stat().st_size:
        raise SourceError(
            f"{folder} holds a run that was stopped.",
            hint=f"Go on with it by --resume, or delete {file} to begin anew.",
        )
    with file.open("a+b") as stream:
        yield Journal(stream, str(file))


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 40 else f"{text[:12]}…"
