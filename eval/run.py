"""Cases to answers to grades: one evaluation, with what it takes to repeat it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from eval.ask_cases import AnswerOf, OnProgress, run_cases
from eval.bootstrap import RESAMPLES
from eval.cases.cases import Case, fingerprint, load_cases, missing_gold, resolve_gold
from eval.cases.jsonl import mistaken, read_lines
from eval.earned import earned
from eval.grade import Failure, Grades, summarise
from eval.journal import Journal
from eval.made_with import MadeWith, made_with
from rag.record import AnswerRecord, record
from rag.types import Answer, Turn

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.embedding.embedder import Embedder
    from rag.index.index import Index


class Asked(Protocol):
    """What answers questions: an `Assistant` does."""

    def ask(self, question: str, *, history: Sequence[Turn] = ()) -> Answer: ...


@dataclass(frozen=True, slots=True)
class EvalResult:
    """One evaluation; its answers stand in the journal."""

    cases: tuple[Case, ...]
    """As in the file; gold that is named by a hash with the sentence that the index has for it."""
    fingerprints: tuple[str, ...]
    """Of each case as it stands in the file: what two runs must share to be compared."""
    grades: Grades
    made_with: MadeWith
    missing: tuple[str, ...]
    """Ids of cases with a gold sentence that the index does not hold: they cannot be found."""


def evaluate(
    assistant: Assistant,
    case_file: Path,
    *,
    journal: Journal,
    baselines: bool = True,
    seed: int = 0,
    resamples: int = RESAMPLES,
    on_progress: OnProgress | None = None,
    on_graded: OnProgress | None = None,
) -> EvalResult:
    """Ask every case of a file that the journal does not hold yet, and grade the answers.

    Args:
        assistant: Whoever answers.
        case_file: The cases.
        journal: Where the answers are kept.
        baselines: Whether trivial systems that search or cite are graded beside it.
        seed: Of the bootstrap.
        resamples: Of the bootstrap.
        on_progress: Told how many were asked.
        on_graded: Told how many were graded, after that.

    Raises:
        SourceError: The case file cannot be read or has mistakes, or the journal is of another run.
        IndexMismatch: The index was made with another model.
        ModelUnavailable: The embedding model cannot be loaded.
    """
    load_cases(case_file)  # its mistakes are told before anything is loaded
    assistant.warm_up()
    return evaluate_answers(
        asking(assistant),
        made_with(assistant, case_file),
        assistant.index,
        case_file,
        journal=journal,
        embedder=assistant.pipeline.embedder,
        baselines=baselines,
        seed=seed,
        resamples=resamples,
        on_progress=on_progress,
        on_graded=on_graded,
    )


def evaluate_answers(
    answer_of: AnswerOf,
    made: MadeWith,
    index: Index,
    case_file: Path,
    *,
    journal: Journal,
    embedder: Embedder | None = None,
    baselines: bool = True,
    seed: int = 0,
    resamples: int = RESAMPLES,
    workers: int = 1,
    on_progress: OnProgress | None = None,
    on_graded: OnProgress | None = None,
) -> EvalResult:
    """As `evaluate`, of whoever answers.

    What another system tells for no case, such as what it found, is not graded.

    Args:
        answer_of: Whoever answers.
        made: What the run rests on.
        index: Of the posts that are answered from.
        case_file: The cases.
        journal: Where the answers are kept.
        embedder: The index's model; None: nothing by meaning is measured.
        baselines: Whether trivial systems that search or cite are graded beside it.
        seed: Of the bootstrap.
        resamples: Of the bootstrap.
        workers: So many cases are asked at once.
        on_progress: Told how many were asked.
        on_graded: Told how many were graded, after that.
    """
    told = load_cases(case_file)
    journal.begin(asdict(made))
    cases = resolve_gold(told, index)
    run_cases(answer_of, cases, journal, workers=workers, on_progress=on_progress)
    came = ((case, _came(journal, case)) for case in cases)

    def graded(done: int) -> None:
        if on_graded:
            on_graded(done, len(cases))

    found = earned(came, index, embedder=embedder, baselines=baselines, on_progress=graded)
    return EvalResult(
        cases=cases,
        fingerprints=tuple(map(fingerprint, told)),
        grades=summarise(
            found.of_other() if made.system and found.answered else found.own,
            beside=found.beside,
            not_beside=found.not_beside,
            seed=seed,
            resamples=resamples,
        ),
        made_with=made,
        missing=missing_gold(cases, index),
    )


def asking(assistant: Asked) -> AnswerOf:
    """An assistant as whoever answers cases."""
    return lambda case: record(assistant.ask(case.question, history=case.history), id=case.id)


def _came(journal: Journal, case: Case) -> AnswerRecord | Failure:
    entry = journal.entry(case.id)
    if entry is None:
        return Failure(case.id, "not asked")
    reason = entry.failed or "no answer"
    return entry.record or Failure(case.id, reason, entry.milliseconds)


def load_records(path: Path) -> tuple[AnswerRecord, ...]:
    """Saved answers, one a line, in the file's order.

    Raises:
        SourceError: The file cannot be read or has mistakes; the hint lists the first ten.
    """
    lines = read_lines(path, AnswerRecord)
    if unnamed := [f"line {number}: id is missing" for number, one in lines if one.id is None]:
        raise mistaken(path, unnamed)
    return tuple(one for _, one in lines)
