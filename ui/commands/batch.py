"""A file of questions to a file of answers, one JSON object a line; a stopped run goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from pydantic import BaseModel, ValidationError

from eval.cases.jsonl import mistaken, read_lines, read_text
from rag import asked
from rag.assistant import Assistant
from rag.errors import QuestionInvalid, SourceError
from rag.record import NOT_ASKED, AnswerRecord, FiltersRecord, not_asked, record
from rag.types import Filters, Turn
from ui.show import progress_bar

_JSON = ("{", "[")
"""What no line begins with in a file of questions that are no JSON."""


class _Line(BaseModel):
    """A line of the questions; what else stands in it is nobody's business here."""

    id: str | int | None = None
    question: str
    history: tuple[dict[str, Any], ...] = ()
    filters: FiltersRecord | None = None
    recognise: bool | None = None


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
    recognise: bool | None = None
    """None where the line says nothing about it."""


def answer_file(
    assistant: Assistant,
    source: Path,
    target: Path,
    *,
    filters: Filters | None = None,
    recognise: bool = True,
) -> int:
    """Write an answer for each question of `source` to `target`, in order.

    Answers that `target` already holds are kept, and a half-written last line is dropped. A
    question that cannot be asked gets a record that is not answered and says why.

    Args:
        assistant: Who answers.
        source: Questions, one a line; or JSON lines with `question`, and `id`, `history`, `filters`
            and `recognise` where given.
        target: JSON lines of `AnswerRecord`; made where it is missing.
        filters: For questions that bring none of their own; None is everything.
        recognise: For questions that do not say whether filters are looked for in them.

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
        for one in questions[len(kept) :]:
            answered = _answer(assistant, one, filters, recognise)
            failed += _not_asked(answered.warnings)
            stream.write(answered.to_json() + "\n")
            stream.flush()
            bar.advance(task)
    return failed


def answer_lines(
    assistant: Assistant,
    source: Path,
    stream: TextIO,
    *,
    filters: Filters | None = None,
    recognise: bool = True,
) -> int:
    """As `answer_file`, to a stream: nothing is kept of a run before.

    Raises:
        SourceError: A line is no question, or an id stands twice.
    """
    failed = 0
    for one in read_questions(source):
        answered = _answer(assistant, one, filters, recognise)
        failed += _not_asked(answered.warnings)
        stream.write(answered.to_json() + "\n")
        stream.flush()
    return failed


def read_questions(source: Path) -> tuple[Asked, ...]:
    """Every question of the file, in order; the number of its line where one has no id.

    The file holds questions as they are, or JSON objects; one line of JSON makes it the latter.

    Raises:
        SourceError: The file holds no question, a line is none, or an id stands twice.
    """
    found: dict[str | int, Asked] = {}
    mistakes: list[str] = []
    lines = _plain(source) or read_lines(source, _Line)
    for number, line in lines:
        id_ = number if line.id is None else line.id
        if id_ in found:
            mistakes.append(f"line {number}: the id {id_!r} stands there twice")
        try:
            history = asked.turns(line.history)
        except QuestionInvalid as error:
            mistakes.append(f"line {number}: {error.problem}")
            continue
        own = None if line.filters is None else asked.limits(line.filters.model_dump())
        found[id_] = Asked(id_, line.question, history, own, line.recognise)
    if mistakes:
        raise mistaken(source, mistakes)
    return tuple(found.values())


def _plain(source: Path) -> tuple[tuple[int, _Line], ...]:
    """A file of questions as they are, one a line; nothing where it holds or begins JSON."""
    lines = [(number, line.strip()) for number, line in enumerate(read_text(source).split("\n"), 1)]
    written = [(number, line) for number, line in lines if line]
    if any(line.startswith(_JSON) for _, line in written):
        return ()
    return tuple((number, _Line(question=line)) for number, line in written)


def _answer(
    assistant: Assistant, one: Asked, filters: Filters | None, recognise: bool
) -> AnswerRecord:
    own = filters if one.filters is None else one.filters
    wanted = recognise if one.recognise is None else one.recognise
    try:
        answer = assistant.ask(one.question, history=one.history, filters=own, recognise=wanted)
    except QuestionInvalid as error:
        return not_asked(one.question, str(error), assistant.provenance, id=one.id)
    return record(answer, id=one.id)


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


def _not_asked(warnings: Sequence[str]) -> bool:
    return any(warning.startswith(NOT_ASKED) for warning in warnings)
