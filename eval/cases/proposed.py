"""Proposed cases as a sheet for a person: read, mended, accepted line by line, and then cases.

A proposal is a line of CSV, which every spreadsheet opens. Nothing of it counts until somebody has
written yes under `accept`; a question or quote that was changed there is taken as it was changed.
Accepted lines with one id are one case: each has one more sentence that answers it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.cases.draft import Drafted
from eval.cases.gold import sentence_hash
from eval.sheets import SheetRow, read_sheet, write_sheet
from rag.errors import SourceError

_NEEDED = ("accept", "id", "kind", "question", "answerable", "post_id", "heading", "quote")
COLUMNS = (*_NEEDED, "note")


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
    rows = []
    for one in proposals:
        answerable = "true" if one.answerable else "false"
        place = one.post_id, one.heading, one.quote
        rows.append(("", one.id, one.kind, one.question, answerable, *place, one.note))
    write_sheet(file, COLUMNS, rows)


def accepted_lines(file: Path) -> tuple[str, ...]:
    """The accepted proposals as lines of a file of cases, in the order of their first lines.

    Raises:
        SourceError: The sheet cannot be read or has other columns, a word under `accept` is
            neither yes nor no, or lines of one id do not ask the same; the hint names the line.
    """
    found: dict[str, dict[str, Any]] = {}
    for row in read_sheet(file, _NEEDED):
        if not row.said("accept"):
            continue
        case = _case(row)
        first = found.setdefault(case["id"], case)
        if first is case:
            continue
        if any(first[name] != case[name] for name in case if name != "gold"):
            raise SourceError(
                f"Two accepted lines of {file} have the id {case['id']!r} and do not say the same.",
                hint=f"Give line {row.line} another id, or the same kind, question and answerable.",
            )
        first["gold"] += case["gold"]
    return tuple(json.dumps(one, ensure_ascii=False) for one in found.values())


def _case(row: SheetRow) -> dict[str, Any]:
    cell = row.cells
    answerable = bool(row.said("answerable"))
    gold = {name: cell[name] for name in ("post_id", "heading", "quote")}
    return {
        "id": cell["id"],
        "kind": cell["kind"],
        "question": cell["question"],
        "answerable": answerable,
        "gold": [gold] if answerable else [],
    }
