"""Grades the writer of quotes: does it quote sentences that mislead without their neighbours?

    python -m eval.misleading [FILE] [--answers]

FILE holds questions with a post each (`eval/contexts.py`); without it, the bundled ones. All posts
go into one index, and every question is asked through the whole pipeline. What comes back is

* *misled*: the misleading sentence, without what puts it right;
* *honest*: sentences that answer, or the misleading one with what puts it right; where the post has
  no answer, a refusal. *Put right* is the part of it that does show the misleading sentence, beside
  one that speaks against it or says how it is meant;
* *refused*: no answer, where the post has one;
* *beside the point*: anything else.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from eval.bootstrap import RESAMPLES, Figure, estimate, mean
from eval.cases.gold import normalise
from eval.contexts import PLAIN, QuoteCase, bundled_contexts, load_contexts
from eval.hashes import made_with_text
from eval.run import Asked
from eval.small_index import small_assistant
from eval.tables import shown, table
from rag.settings import load_settings
from rag.types import Answer

Outcome = Literal["misled", "honest", "refused", "beside the point"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
_COLUMNS = (*OUTCOMES, "honest: put right")


@dataclass(frozen=True, slots=True)
class QuoteGrade:
    """What one case earned."""

    case: QuoteCase
    outcome: Outcome
    shown: tuple[str, ...]
    """The answer's sentences; empty where it was refused."""

    @property
    def put_right(self) -> bool:
        """Honest although the misleading sentence stands in it and is no part of the answer."""
        wanted = self.case.together or not self.case.misleading
        return self.outcome == "honest" and not wanted and _holds(self.shown, self.case.misleading)


@dataclass(frozen=True, slots=True)
class QuoteGrades:
    """One graded run."""

    cases: tuple[QuoteGrade, ...]
    misleading: tuple[Figure, ...]
    """Share of each outcome of `OUTCOMES`, in that order, and of what was put right, among the
    cases that can mislead."""
    plain: tuple[Figure, ...]
    """The same for the control group, in which "honest" means quoted."""
    kinds: tuple[tuple[str, tuple[int, ...]], ...]
    """The same as counts, by kind, in the order in which the kinds appear."""
    seed: int
    resamples: int


def ask_contexts(assistant: Asked, cases: Sequence[QuoteCase]) -> tuple[QuoteGrade, ...]:
    """Ask every case, one after another.

    Raises:
        QuestionInvalid: A question is too long.
        IndexMismatch: The index was made with another model.
        ModelUnavailable: A model cannot be loaded or does not answer.
    """
    grades = []
    for case in cases:
        texts = _shown(assistant.ask(case.question))
        grades.append(QuoteGrade(case, outcome(case, texts), texts))
    return tuple(grades)


def _shown(answer: Answer) -> tuple[str, ...]:
    """What a reader sees: the sentences, each between those that screens show around it."""
    found: list[str] = []
    for sentence in answer.sentences:
        first = sentence.citations[0]
        found += filter(None, (first.before, sentence.text, first.after))
    return tuple(dict.fromkeys(found))


def outcome(case: QuoteCase, said: Sequence[str]) -> Outcome:
    """What the sentences of an answer are; none is a refusal.

    A sentence counts as shown wherever it stands in the answer, also inside a longer quote.
    """
    right = [_holds(said, one) for one in case.right]
    if case.misleading and _holds(said, case.misleading):
        beside = any(_holds(said, one) for one in case.put_right_by)
        safe = beside or (all(right) if case.together else any(right))
        if not safe:
            return "misled"
        return "honest" if right else "beside the point"
    if not said:
        return "refused" if case.right else "honest"
    return "honest" if right and all(right) else "beside the point"


def grade_quotes(
    graded: Sequence[QuoteGrade], *, seed: int = 0, resamples: int = RESAMPLES
) -> QuoteGrades:
    """Shares with intervals by question, and counts by kind."""

    def shares(some: Sequence[QuoteGrade]) -> tuple[Figure, ...]:
        rows = np.array([_marks(one) for one in some], np.float64).reshape(-1, len(_COLUMNS))
        return tuple(
            Figure(name, estimate(rows[:, [column]], mean, seed=seed, resamples=resamples))
            for column, name in enumerate(_COLUMNS)
        )

    def counts(kind: str) -> tuple[int, ...]:
        marks = [_marks(one) for one in graded if one.case.kind == kind]
        return tuple(sum(column) for column in zip(*marks, strict=True))

    kinds = dict.fromkeys(one.case.kind for one in graded)
    return QuoteGrades(
        cases=tuple(graded),
        misleading=shares([one for one in graded if one.case.kind != PLAIN]),
        plain=shares([one for one in graded if one.case.kind == PLAIN]),
        kinds=tuple((kind, counts(kind)) for kind in kinds),
        seed=seed,
        resamples=resamples,
    )


def quotes_text(grades: QuoteGrades) -> str:
    """Two tables: shares, and counts by kind."""
    groups = (("can mislead", grades.misleading), ("control group", grades.plain))
    rows = []
    for name, figures in groups:
        counted = figures[0].estimate.n if figures[0].estimate else 0
        rows.append([name, str(counted), *(shown(figure.estimate) for figure in figures)])
    counts = [
        [kind, str(sum(counted[: len(OUTCOMES)])), *map(str, counted)]
        for kind, counted in grades.kinds
    ]
    return (
        f"{table(['Questions', 'n', *_COLUMNS], rows)}\n\n"
        f"{table(['Kind', 'n', *_COLUMNS], counts)}\n\n"
        "[low, high] is a 95 % interval: percentile bootstrap by question, "
        f"{grades.resamples:,} resamples, seed {grades.seed}."
    )


def answers_text(grades: QuoteGrades) -> str:
    """Every question with its outcome and what was shown."""
    parts = []
    for one in grades.cases:
        lines = [f"  {text}" for text in one.shown] or ["  (refused)"]
        parts.append("\n".join([f"{one.case.id} [{one.outcome}] {one.case.question}", *lines]))
    return "\n".join(parts)


def _marks(one: QuoteGrade) -> tuple[bool, ...]:
    """What it earned, in the order of `_COLUMNS`."""
    return (*(one.outcome == name for name in OUTCOMES), one.put_right)


def _holds(said: Sequence[str], sentence: str) -> bool:
    return normalise(sentence) in normalise(" ".join(said))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, nargs="?", default=bundled_contexts())
    parser.add_argument("--answers", action="store_true", help="list what was shown as well")
    arguments = parser.parse_args()
    cases = load_contexts(arguments.file)
    with small_assistant([case.post for case in cases], load_settings()) as assistant:
        grades = grade_quotes(ask_contexts(assistant, cases))
        writer = assistant.pipeline.writer.name
    print(f"Writer {writer!r}, {arguments.file.name}, {len(cases)} posts in one index\n")
    print(f"{quotes_text(grades)}\n\n{made_with_text([arguments.file], load_settings())}")
    if arguments.answers:
        print(f"\n{answers_text(grades)}")


if __name__ == "__main__":
    main()
