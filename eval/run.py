"""Cases to answers to grades: one evaluation, with what it takes to repeat it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from eval.bootstrap import RESAMPLES
from eval.cases import Case, load_cases, missing_gold, resolve_gold
from eval.grade import Failure, Grades, grade
from eval.jsonl import mistaken, read_lines
from eval.made_with import MadeWith, made_with
from rag.errors import ModelUnavailable, QuestionInvalid
from rag.record import AnswerRecord, record
from rag.types import Answer, Turn

if TYPE_CHECKING:
    from rag.assistant import Assistant


class Asked(Protocol):
    """What answers questions: an `Assistant` does."""

    def ask(self, question: str, *, history: Sequence[Turn] = ()) -> Answer: ...


OnProgress = Callable[[int, int], None]
"""Told cases done and cases in all."""


@dataclass(frozen=True, slots=True)
class Run:
    """What came back for a list of cases, in their order."""

    records: tuple[AnswerRecord, ...]
    """`id` is the case's id; a case that failed has none."""
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class EvalResult:
    """One evaluation of an assistant."""

    grades: Grades
    records: tuple[AnswerRecord, ...]
    made_with: MadeWith
    missing: tuple[str, ...]
    """Ids of cases with a gold sentence that the index does not hold: they cannot be found."""


def evaluate(
    assistant: Assistant,
    case_file: Path,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    on_progress: OnProgress | None = None,
) -> EvalResult:
    """Ask every case of a file and grade the answers.

    Raises:
        SourceError: The case file cannot be read or has mistakes.
        IndexMismatch: The index was made with another model.
        ModelUnavailable: The embedding model cannot be loaded.
    """
    cases = load_cases(case_file)
    assistant.warm_up()
    cases = resolve_gold(cases, assistant.index)
    run = run_cases(assistant, cases, on_progress=on_progress)
    return EvalResult(
        grades=grade(cases, run.records, failures=run.failures, seed=seed, resamples=resamples),
        records=run.records,
        made_with=made_with(assistant, case_file),
        missing=missing_gold(cases, assistant.index),
    )


def run_cases(
    assistant: Asked, cases: Sequence[Case], *, on_progress: OnProgress | None = None
) -> Run:
    """Ask every case, one after another.

    A question that cannot be asked and a model that does not answer fail their case; whatever
    would fail every case alike (a damaged index, another model's) is raised.
    """
    records: list[AnswerRecord] = []
    failures: list[Failure] = []
    for done, case in enumerate(cases, 1):
        try:
            answer = assistant.ask(case.question, history=case.history)
            records.append(record(answer, id=case.id))
        except (QuestionInvalid, ModelUnavailable) as error:
            failures.append(Failure(case.id, error.problem))
        if on_progress:
            on_progress(done, len(cases))
    return Run(tuple(records), tuple(failures))


def load_records(path: Path) -> tuple[AnswerRecord, ...]:
    """Saved answers, one a line, in the file's order.

    Raises:
        SourceError: The file cannot be read or has mistakes; the hint lists the first ten.
    """
    lines = read_lines(path, AnswerRecord)
    if unnamed := [f"line {number}: id is missing" for number, one in lines if one.id is None]:
        raise mistaken(path, unnamed)
    return tuple(one for _, one in lines)
