"""Proposed cases as a sheet for a person: read, mended, accepted line by line, and then cases.

A proposal is a line of CSV, which every spreadsheet opens. Nothing of it counts until somebody has
written yes under `accept`; what was changed there is taken as it was changed. Accepted lines with
one id are one case: each has one more sentence that answers it, and what is wanted of the answer
may stand in any of them. Columns of what is wanted may be missing (`eval/cases/case_cells.py` says
what stands in them).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from eval.cases.case_cells import (
    groups_cell,
    groups_of,
    texts_cell,
    texts_of,
    turns_cell,
    turns_of,
)
from eval.cases.draft import Drafted
from eval.cases.gold import sentence_hash
from eval.sheets import SheetRow, read_sheet, write_sheet
from rag.errors import SourceError
from rag.types import Turn

_NEEDED = ("accept", "id", "kind", "question", "answerable", "post_id", "heading", "quote")
OPTIONAL = ("history", "answer", "must_include", "must_not_include")
"""Columns of what else a case may hold."""
COLUMNS = (*_NEEDED, *OPTIONAL, "note")


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
    history: tuple[Turn, ...] = ()
    answer: str = ""
    must_include: tuple[tuple[str, ...], ...] = ()
    must_not_include: tuple[str, ...] = ()

    @classmethod
    def of(cls, one: Drafted) -> Proposed:
        name = f"draft-{sentence_hash(f'{one.post_id} {one.question}')[:8]}"
        wanted = ((one.told,),) if one.told else ()
        place = one.post_id, one.heading, one.sentence
        return cls(name, one.kind, one.question, *place, must_include=wanted)

    def cells(self) -> tuple[str, ...]:
        """In the order of `COLUMNS`, not accepted."""
        return (
            "", self.id, self.kind, self.question, "true" if self.answerable else "false",
            self.post_id, self.heading, self.quote, turns_cell(self.history), self.answer,
            groups_cell(self.must_include), texts_cell(self.must_not_include), self.note,
        )  # fmt: skip


def write_proposals(proposals: Sequence[Proposed], file: Path) -> None:
    """A line for each proposal, none accepted; the same proposals give the same bytes."""
    write_sheet(file, COLUMNS, [one.cells() for one in proposals])


def accepted_lines(file: Path) -> tuple[str, ...]:
    """The accepted proposals as lines of a file of cases, in the order of their first lines.

    Raises:
        SourceError: The sheet cannot be read or has other columns, a word under `accept` is
            neither yes nor no, turns are not written as such, or lines of one id do not ask the
            same; the hint names the line.
    """
    found: dict[str, dict[str, Any]] = {}
    for row in read_sheet(file, _NEEDED, optional=OPTIONAL):
        if not row.said("accept"):
            continue
        case = _case(row)
        first = found.setdefault(case["id"], case)
        if first is case:
            continue
        for name in OPTIONAL:
            if name in case:
                first.setdefault(name, case[name])
        if any(first[name] != case[name] for name in case if name != "gold"):
            raise SourceError(
                f"Two accepted lines of {file} have the id {case['id']!r} and do not say the same.",
                hint=f"Give line {row.line} another id, or the same kind, question, answerable"
                " and what is wanted.",
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
    } | _wanted(row, answerable=answerable)


def _wanted(row: SheetRow, *, answerable: bool) -> dict[str, Any]:
    """What is not empty; a question without an answer has nothing that must be said."""
    cell = row.cells
    try:
        turns = [asdict(one) for one in turns_of(cell["history"])]
    except ValueError as error:
        raise SourceError(
            f"{row.file} has no turns under history: {error}.",
            hint=f"Begin each turn of line {row.line} with Q:, and each answer with A:, on lines of"
            " their own.",
        ) from error
    found = {
        "history": turns,
        "answer": cell["answer"],
        "must_include": groups_of(cell["must_include"]) if answerable else (),
        "must_not_include": texts_of(cell["must_not_include"]),
    }
    return {name: value for name, value in found.items() if value}
