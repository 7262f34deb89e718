"""Sentences of answers as sheets for people to judge, and their labels read back.

Two people get the same sentences, each in a sheet of their own. Whole answers are drawn at random,
so that what is said of them can be said of all; a reader reads an answer as a whole as well.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from eval.sheets import SheetRow, read_sheet, write_sheet
from rag.errors import SourceError
from rag.record import AnswerRecord, CitationRecord

Question = Literal["supported", "answers"]
QUESTIONS: tuple[Question, ...] = ("supported", "answers")
"""Do the cited sentences say all that the sentence says? Does it answer the question, or a part?"""
_GIVEN = ("id", "question", "sentence", "cites")
COLUMNS = (*_GIVEN, *QUESTIONS)
NAMES = ("first.csv", "second.csv")


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of an answer."""

    id: str
    """The case's, and its place in the answer from 1: "c1#2"."""
    case_id: str
    question: str
    text: str
    citations: tuple[CitationRecord, ...]

    @property
    def evidence(self) -> tuple[str, ...]:
        """The sentences that it cites; a field of a record has none."""
        return tuple(dict.fromkeys(one.quote for one in self.citations if one.quote))


@dataclass(frozen=True, slots=True)
class Labels:
    """What one person said, by the sentence's id; what is not there was left empty."""

    file: Path
    said: Mapping[Question, Mapping[str, bool]]


def sentences(records: Sequence[AnswerRecord]) -> tuple[Said, ...]:
    """Every sentence of the answers, in their order; refusals have none."""
    return tuple(
        Said(f"{record.id}#{place}", str(record.id), record.question, one.text, one.citations)
        for record in records
        for place, one in enumerate(record.sentences, 1)
    )


def write_sheets(
    records: Sequence[AnswerRecord], folder: Path, *, questions: int, seed: int = 0
) -> int:
    """Two sheets of the same sentences, for two people.

    Args:
        records: The answers of a run.
        folder: Where the sheets go; none may be there yet.
        questions: So many answers are drawn, at most.
        seed: Of the draw.

    Returns:
        How many sentences there are to judge.

    Raises:
        SourceError: A sheet is there already, or nothing was answered.
    """
    files = [folder / name for name in NAMES]
    if there := [file for file in files if file.exists()]:
        raise SourceError(f"{there[0]} is there already.", hint="Its labels would be lost.")
    answers = [record for record in records if record.sentences]
    if not answers:
        raise SourceError("No question was answered.", hint="Nothing is there to judge.")
    drawn = random.Random(seed).sample(answers, min(questions, len(answers)))
    rows = [
        # Without a citation there is nothing that could support it, and nothing to judge.
        (one.id, one.question, one.text, _cites(one.citations), "" if one.citations else "no", "")
        for one in sentences(drawn)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        write_sheet(file, COLUMNS, rows)
    return len(rows)


def read_labels(file: Path, known: Sequence[Said]) -> Labels:
    """What one person said.

    Args:
        file: A sheet of `write_sheets`.
        known: The sentences of the run.

    Raises:
        SourceError: The sheet cannot be read, is of another run, or says neither yes nor no.
    """
    said: dict[Question, dict[str, bool]] = {name: {} for name in QUESTIONS}
    for row in sheet_of(file, known):
        id_ = row.cells["id"]
        for name in QUESTIONS:
            if (label := row.said(name)) is not None:
                said[name][id_] = label
    if not any(said.values()):
        raise SourceError(f"{file} has no label.", hint="Write yes or no in its last columns.")
    return Labels(file, said)


def sheet_of(file: Path, known: Sequence[Said]) -> list[SheetRow]:
    """The lines of a sheet of these sentences.

    Raises:
        SourceError: It cannot be read, or is of another run.
    """
    texts = {one.id: one.text for one in known}
    rows = read_sheet(file, COLUMNS)
    for row in rows:
        id_, sentence = row.cells["id"], row.cells["sentence"]
        if " ".join(texts.get(id_, "").split()) != " ".join(sentence.split()):
            raise SourceError(
                f"Line {row.line} of {file} is no sentence of this run: {id_!r}.",
                hint="Take the answers that the sheet was made of.",
            )
    return rows


def _cites(citations: Sequence[CitationRecord]) -> str:
    """What a person is shown: each sentence with its place, on a line of its own."""
    lines = [
        f"“{one.quote}” – {' › '.join((one.title or one.post_id, *one.headings))}"
        if one.quote
        else f"{one.title or one.post_id}: {one.field or 'no such place'}"
        for one in citations
    ]
    return "\n".join(dict.fromkeys(lines))
