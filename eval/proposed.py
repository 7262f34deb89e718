"""Proposed cases as a sheet for a person: read, mended, accepted line by line, and then cases.

A proposal is a line of CSV, which every spreadsheet opens. Nothing of it counts until somebody has
written yes under `accept`; a question or quote that was changed there is taken as it was changed.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

from eval.cells import shown, typed
from eval.draft import Drafted
from eval.gold import sentence_hash
from rag.errors import SourceError

COLUMNS = ("accept", "id", "kind", "question", "answerable", "post_id", "heading", "quote")
_YES, _NO = {"yes", "y", "x", "true", "1"}, {"", "no", "n", "false", "0"}


def write_proposals(drafted: Sequence[Drafted], file: Path) -> None:
    """A line for each question, none of them accepted; the same questions give the same bytes."""
    with file.open("w", encoding="utf-8-sig", newline="") as opened:
        sheet = csv.writer(opened, lineterminator="\n")
        sheet.writerow(COLUMNS)
        for one in drafted:
            name = f"draft-{sentence_hash(f'{one.post_id} {one.question}')[:8]}"
            cells = ("", name, one.kind, one.question, "true", one.post_id, one.heading)
            sheet.writerow([shown(cell) for cell in (*cells, one.sentence)])


def accepted_lines(file: Path) -> tuple[str, ...]:
    """The accepted proposals as lines of a file of cases.

    Raises:
        SourceError: The sheet cannot be read or has other columns, or a word under `accept` is
            neither yes nor no; the hint names the line.
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
    if missing := [name for name in COLUMNS if name not in names]:
        raise SourceError(
            f"{file} has no column {missing[0]!r}.",
            hint=f"Its first line has {','.join(COLUMNS)}, with commas between.",
        )
    return tuple(_case(row) for line, row in rows if _is_accepted(row["accept"], file, line))


def _is_accepted(said: str | None, file: Path, line: int) -> bool:
    word = (said or "").strip().casefold()
    if word not in _YES | _NO:
        raise SourceError(
            f"{file} says {said!r} under accept.", hint=f"Write yes or no in line {line}."
        )
    return word in _YES


def _case(row: dict[str, str | None]) -> str:
    cell = {name: typed(row[name] or "") for name in COLUMNS}
    answerable = cell["answerable"].casefold() not in _NO
    gold = {"post_id": cell["post_id"], "heading": cell["heading"], "quote": cell["quote"]}
    case = {
        "id": cell["id"],
        "kind": cell["kind"],
        "question": cell["question"],
        "answerable": answerable,
        "gold": [gold] if answerable else [],
    }
    return json.dumps(case, ensure_ascii=False)
