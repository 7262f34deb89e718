"""A file of questions to a file of answers, one JSON object a line; a stopped run goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from eval.jsonl import mistaken, read_lines
from rag.assistant import Assistant
from rag.errors import QuestionInvalid, SourceError
from rag.record import AnswerRecord, FiltersRecord, record
from rag.types import Filters, Turn
from ui.show import progress_bar

NOT_ASKED = "Not asked: "


class _Exchange(BaseModel):
    model_config = ConfigDict(extra="forbid")
    question: str
    answer: str = ""


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid")
    role: Literal["user", "assistant"]
    content: str


class _Line(BaseModel):
    """A line of the questions; what else stands in it is nobody's business here."""

    id: str | int | None = None
    question: str
    history: tuple[_Exchange | _Message, ...] = ()
    filters: FiltersRecord | None = None


class _Kept(BaseModel):
    """What must be known of a line of answers to go on behind it."""

    id: str | int | None
    question: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of the file."""

    id: str | int
    question: str
    history: tuple[Turn, ...] = ()
    filters: Filters | None = None
    """None where the line says nothing about filters."""


def answer_file(
    assistant: Assistant, source: Path, target: Path, *, filters: Filters | None = None
) -> int:
    """Write an answer for each question of `source` to `target`, in order.

    Answers that `target` already holds are kept, and a half-written last line is dropped. A
    question that cannot be asked gets a record that is not answered and says why.

    Args:
        assistant: Who answers.
        source: JSON lines with `question`, and `id`, `history` and `filters` where given.
        target: JSON lines of `AnswerRecord`; made where it is missing.
        filters: For questions that bring none of their own; None is everything.

    Returns:
        How many questions could not be asked, in this run and in what was kept.

    Raises:
        SourceError: A line is no question, an id stands twice, or `target` holds something else.
    """
    if target.exists() and target.samefile(source):
        raise SourceError(
            f"{source} is the input and the output.", hint="Name another file with --output."
        )
    questions = read_questions(source)
    kept = _keep(target, questions)
    failed = sum(_not_asked(one.warnings) for one in kept)
    with target.open("a", encoding="utf-8", newline="\n") as stream, progress_bar() as bar:
        task = bar.add_task(
            "Answering", total=len(questions), completed=len(kept), of=f"{len(questions):,}"
        )
        for asked in questions[len(kept) :]:
            answered = _answer(assistant, asked, filters)
            failed += _not_asked(answered.warnings)
            stream.write(answered.to_json() + "\n")
            stream.flush()
            bar.advance(task)
    return failed


def read_questions(source: Path) -> tuple[Asked, ...]:
    """Every question of the file, in order; the number of its line where one has no id.

    Raises:
        SourceError: The file holds no question, a line is none, or an id stands twice.
    """
    found: dict[str | int, Asked] = {}
    mistakes: list[str] = []
    for number, line in read_lines(source, _Line):
        id_ = number if line.id is None else line.id
        if id_ in found:
            mistakes.append(f"line {number}: the id {id_!r} stands there twice")
        found[id_] = Asked(id_, line.question, _turns(line.history), _filters(line.filters))
    if mistakes:
        raise mistaken(source, mistakes)
    return tuple(found.values())


def filters_of(
    authors: Sequence[str] | None,
    categories: Sequence[str] | None,
    tags: Sequence[str] | None,
    *,
    since: datetime | None,
    until: datetime | None,
) -> Filters:
    """Filters from what was typed or read; a time without a zone is UTC."""
    return Filters(
        authors=tuple(authors or ()),
        categories=tuple(categories or ()),
        tags=tuple(tags or ()),
        since=_utc(since),
        until=_utc(until),
    )


def _answer(assistant: Assistant, asked: Asked, filters: Filters | None) -> AnswerRecord:
    own = filters if asked.filters is None else asked.filters
    try:
        answer = assistant.ask(asked.question, history=asked.history, filters=own)
    except QuestionInvalid as error:
        warning = f"{NOT_ASKED}{error.problem} {error.hint}"
        return AnswerRecord(
            schema=1, id=asked.id, question=asked.question, answered=False, warnings=(warning,)
        )
    return record(answer, id=asked.id)


def _keep(target: Path, questions: Sequence[Asked]) -> list[_Kept]:
    """The answers that are there, which must be those to the first questions."""
    if not target.exists():
        return []
    content = target.read_bytes()
    whole = content.rfind(b"\n") + 1
    kept: list[_Kept] = []
    for number, line in enumerate(content[:whole].splitlines(), 1):
        try:
            one = _Kept.model_validate_json(line)
        except ValidationError as error:
            raise _other(target, f"line {number} is no answer") from error
        wanted = questions[number - 1] if number <= len(questions) else None
        if wanted is None or (one.id, one.question) != (wanted.id, wanted.question):
            raise _other(target, f"line {number} answers {one.id!r}: {one.question!r}")
        kept.append(one)
    if whole < len(content):
        with target.open("r+b") as stream:
            stream.truncate(whole)
    return kept


def _other(target: Path, found: str) -> SourceError:
    return SourceError(
        f"{target} holds something else than answers to these questions: {found}.",
        hint="Name another file with --output, or move this one away.",
    )


def _turns(history: Sequence[_Exchange | _Message]) -> tuple[Turn, ...]:
    """Turns, from either form."""
    turns: list[Turn] = []
    for item in history:
        if isinstance(item, _Exchange):
            turns.append(Turn(item.question, item.answer))
        elif item.role == "user" or not turns:
            turns.append(Turn(item.content if item.role == "user" else ""))
        if isinstance(item, _Message) and item.role == "assistant":
            last = turns[-1]
            turns[-1] = Turn(last.question, f"{last.answer}\n{item.content}".strip())
    return tuple(turns)


def _filters(given: FiltersRecord | None) -> Filters | None:
    if given is None:
        return None
    return filters_of(
        given.authors, given.categories, given.tags, since=given.since, until=given.until
    )


def _utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _not_asked(warnings: Sequence[str]) -> bool:
    return any(warning.startswith(NOT_ASKED) for warning in warnings)
