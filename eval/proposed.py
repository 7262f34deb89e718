"""Proposed cases as a sheet for a person: read, mended, accepted line by line, and then cases.

A proposal is a line of CSV, which every spreadsheet opens. Nothing of it counts until somebody has
written yes under `accept`; a question or quote that was changed there is taken as it was changed.
Accepted lines with one id are one case: each has one more sentence that answers it.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.draft import Drafted
from eval.gold import sentence_hash
from rag.errors import SourceError

_NEEDED = ("accept", "id", "kind", "question", "answerable", "post_id", "heading", "quote")
COLUMNS = (*_NEEDED, "note")
_YES, _NO = {"yes", "y", "x", "true", "1"}, {"", "no", "n", "false", "0"}
_FORMULA = ("=", "+", "-", "@", "\t")  # what a spreadsheet would run instead of show


@dataclass(frozen=True, slots=True)
class Proposed:
    """A question, and a sentence that may answer it."""

    id: str
    kind: str
    question: str
    post_id: str = ""
    heading: str = ""
    quote: str = ""
    note: str = ""
    """For whoever accepts; no part of the case."""
    answerable: bool = True

    @classmethod
    def of(cls, one: Drafted) -> Proposed:
        name = f"draft-{sentence_hash(f'{one.post_id} {one.question}')[:8]}"
        return cls(name, one.kind, one.question, one.post_id, one.heading, one.sentence)


def write_proposals(proposals: Sequence[Proposed], file: Path) -> None:
    """A line for each proposal, none accepted; the same proposals give the same bytes."""
    with file.open("w", encoding="utf-8-sig", newline="") as opened:
        sheet = csv.writer(opened, lineterminator="\n")
        sheet.writerow(COLUMNS)
        for one in proposals:
            answerable = "true" if one.answerable else "false"
            place = one.post_id, one.heading, one.quote
            cells = ("", one.id, one.kind, one.question, answerable, *place, one.note)
            sheet.writerow([_shown(cell) for cell in cells])


def accepted_lines(file: Path) -> tuple[str, ...]:
    """The accepted proposals as lines of a file of cases, in the order of their first lines.

    Raises:
        SourceError: The sheet cannot be read or has other columns, a word under `accept` is
            neither yes nor no, or lines of one id do not ask the same; the hint names the line.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            sheet = csv.DictReader(opened)
            rows = [(sheet.line_num, row) for row in sheet]
            names = sheet.fieldnames or []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(
            f"{file} cannot be read as CSV: {error}.", hint="Save it as CSV in UTF-8."
        ) from error
    if missing := [name for name in _NEEDED if name not in names]:
        raise SourceError(
            f"{file} has no column {missing[0]!r}.",
            hint=f"Its first line has {','.join(_NEEDED)}, with commas between.",
        )
    found: dict[str, dict[str, Any]] = {}
    for line, row in rows:
        if not _is_accepted(row["accept"], file, line):
            continue
        case = _case(row)
        first = found.setdefault(case["id"], case)
        if first is case:
            continue
        if any(first[name] != case[name] for name in case if name != "gold"):
            raise SourceError(
                f"Two accepted lines of {file} have the id {case['id']!r} and do not say the same.",
                hint=f"Give line {line} another id, or the same kind, question and answerable.",
            )
        first["gold"] += case["gold"]
    return tuple(json.dumps(one, ensure_ascii=False) for one in found.values())


def _is_accepted(said: str | None, file: Path, line: int) -> bool:
    word = (said or "").strip().casefold()
    if word not in _YES | _NO:
        raise SourceError(
            f"{file} says {said!r} under accept.", hint=f"Write yes or no in line {line}."
        )
    return word in _YES


def _case(row: dict[str, str | None]) -> dict[str, Any]:
    cell = {name: _typed(row[name] or "") for name in _NEEDED}
    answerable = cell["answerable"].casefold() not in _NO
    gold = {"post_id": cell["post_id"], "heading": cell["heading"], "quote": cell["quote"]}
    return {
        "id": cell["id"],
        "kind": cell["kind"],
        "question": cell["question"],
        "answerable": answerable,
        "gold": [gold] if answerable else [],
    }


def _shown(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _typed(cell: str) -> str:
    """What was typed, without the apostrophe that keeps it from being run."""
    cell = cell.strip()
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_FORMULA) else cell
