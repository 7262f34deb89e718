"""Answers against cases: what each case earned, and the figures over all.

Three outcomes are kept apart. An *answer* is graded by its hits, citations and text. A *refusal*
is graded as a refusal alone: it lowers the share of answered questions and is in no mean of
citations, neither as 0 nor as a missing value. A case that *failed* (no record) is listed and
earns the worst in everything, so that failing never lifts a figure: nothing found, nothing
cited, nothing said, wrongly refused where there is an answer and let through where there is
none. Its time is that until it failed: a time-out that is left out of the mean would flatter.

An answerable case may have no gold: then it counts in whether it is answered and in what it must
say, and in no figure of what is found or cited.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from eval.beside import ALWAYS_REFUSE, NEVER_REFUSE, OF_KINDS, Trivial, constant, trivial
from eval.bootstrap import RESAMPLES, Figure
from eval.cases.cases import Case
from eval.citations import (
    NOTHING_RIGHT,
    avoids,
    grade_citations,
    includes,
    share_leading,
    share_with_citation,
)
from eval.figures import CaseGrade, measure
from eval.outcomes import GOOD, outcome
from eval.retrieval import RankGrade, found_at, grade_ranking
from rag.errors import SourceError
from rag.record import AnswerRecord


@dataclass(frozen=True, slots=True)
class Failure:
    """A case that has no answer to grade, and why."""

    case_id: str
    reason: str
    milliseconds: float | None = None
    """Until it failed; None where that is not known."""


@dataclass(frozen=True, slots=True)
class Grades:
    """One graded run."""

    cases: tuple[CaseGrade, ...]
    figures: tuple[Figure, ...]
    """One for each name of `METRICS`, in that order."""
    kinds: tuple[tuple[str, tuple[Figure, ...]], ...]
    """The same for each kind of case, in the order in which the kinds first appear."""
    trivial: tuple[Trivial, ...]
    """Trivial systems on the same cases; who refuses all or nothing is always among them."""
    trivial_kinds: tuple[tuple[str, tuple[Trivial, ...]], ...]
    """Those that have figures of `OF_KINDS`, for each kind of case, in the order of `kinds`."""
    not_beside: tuple[tuple[str, str], ...]
    """Names of trivial systems that are not among them, and why."""
    seed: int
    resamples: int

    @property
    def failed(self) -> tuple[Failure, ...]:
        return tuple(Failure(one.id, one.failed) for one in self.cases if one.failed is not None)


def grade(
    cases: Sequence[Case],
    records: Sequence[AnswerRecord],
    *,
    failures: Sequence[Failure] = (),
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Grades:
    """Grade saved answers, of this or any other system.

    Args:
        cases: All that were asked.
        records: Their answers; `id` is the case's id, the order does not matter.
        failures: Why cases have no record; others without one failed with "no answer".
        seed: Of the bootstrap.
        resamples: Of the bootstrap.

    Raises:
        SourceError: Two records have one id, or none is of any of the cases.
    """
    found = _by_id(cases, records)
    failed = {failure.case_id: failure for failure in failures}
    graded = [
        grade_case(case, found.get(case.id) or failed.get(case.id) or Failure(case.id, "no answer"))
        for case in cases
    ]
    return summarise(graded, seed=seed, resamples=resamples)


def summarise(
    cases: Sequence[CaseGrade],
    *,
    beside: Mapping[str, Sequence[CaseGrade]] | None = None,
    not_beside: Mapping[str, str] | None = None,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Grades:
    """The figures of graded cases, over all and by kind.

    Args:
        cases: What each earned.
        beside: What trivial systems earned on them, by the name of `eval.beside`.
        not_beside: Names of those that are not shown, and why.
        seed: Of the bootstrap.
        resamples: Of the bootstrap.
    """
    graded = tuple(cases)

    def figures(some: Sequence[CaseGrade]) -> tuple[Figure, ...]:
        return measure(some, seed=seed, resamples=resamples)

    others = {
        **(beside or {}),
        ALWAYS_REFUSE: constant(graded, answered=False),
        NEVER_REFUSE: constant(graded, answered=True),
    }
    kinds = dict.fromkeys(one.kind for one in graded)
    return Grades(
        cases=graded,
        figures=figures(graded),
        kinds=tuple((kind, figures([one for one in graded if one.kind == kind])) for kind in kinds),
        trivial=tuple(
            trivial(name, own, seed=seed, resamples=resamples) for name, own in others.items()
        ),
        trivial_kinds=tuple(
            (kind, _of_kind(kind, graded, beside or {}, seed=seed, resamples=resamples))
            for kind in kinds
        ),
        not_beside=tuple((not_beside or {}).items()),
        seed=seed,
        resamples=resamples,
    )


def _of_kind(
    kind: str,
    graded: Sequence[CaseGrade],
    beside: Mapping[str, Sequence[CaseGrade]],
    *,
    seed: int,
    resamples: int,
) -> tuple[Trivial, ...]:
    found = []
    for name, earned in beside.items():
        own = [it for one, it in zip(graded, earned, strict=True) if one.kind == kind]
        found.append(trivial(name, own, only=OF_KINDS, seed=seed, resamples=resamples))
    # Of questions that the posts do not answer there is none.
    return tuple(one for one in found if any(figure.estimate for figure in one.figures))


def _by_id(cases: Sequence[Case], records: Sequence[AnswerRecord]) -> dict[str, AnswerRecord]:
    wanted = {case.id for case in cases}
    found: dict[str, AnswerRecord] = {}
    for record in records:
        id_ = str(record.id)
        if id_ in found:
            raise SourceError(
                f"Two answers have the id {id_!r}.", hint="Keep one answer for each case."
            )
        if id_ in wanted:
            found[id_] = record
    if records and not found:
        raise SourceError(
            f"None of the {len(records)} answers has the id of a case.",
            hint="Save each answer with the id of the case it answers.",
        )
    return found


def grade_case(case: Case, came: AnswerRecord | Failure) -> CaseGrade:
    """What a case earned with its answer, or with none."""
    found = _grade_failed(case, came) if isinstance(came, Failure) else _grade_answer(case, came)
    known = not case.answerable or case.gold or case.must_include
    if not case.history or not known:  # of the last, refusals alone could be counted
        return found
    return replace(found, follow_up=float(outcome(found) in GOOD))


def _grade_answer(case: Case, record: AnswerRecord) -> CaseGrade:
    judged = case.answerable and record.answered
    text = " ".join(sentence.text for sentence in record.sentences)
    timing = record.timing_ms
    return CaseGrade(
        id=case.id,
        kind=case.kind,
        answerable=case.answerable,
        answered=record.answered,
        failed=None,
        score=record.answerable,
        ranking=grade_ranking(case, record.hits) if case.parts else None,
        citations=grade_citations(record, case.parts) if judged and case.parts else None,
        says=float(includes(text, case.must_include)) if judged and case.must_include else None,
        milliseconds=timing.get("total", sum(timing.values())) if timing else None,
        found_at=found_at(case, record.hits),
        with_citation=share_with_citation(record),
        leading=share_leading(record),
        passed=_share_passed(record),
        avoids=float(avoids(text, case.must_not_include)) if case.must_not_include else None,
    )


def _share_passed(record: AnswerRecord) -> float | None:
    written = len(record.sentences) + len(record.rejected)
    return len(record.sentences) / written if written else None


def _grade_failed(case: Case, failure: Failure) -> CaseGrade:
    return CaseGrade(
        id=case.id,
        kind=case.kind,
        answerable=case.answerable,
        answered=False,
        failed=failure.reason,
        score=0.0 if case.answerable else 1.0,
        ranking=RankGrade() if case.parts else None,
        citations=NOTHING_RIGHT if case.parts else None,
        says=0.0 if case.must_include else None,
        milliseconds=failure.milliseconds,
        found_at=(None,) * len(case.parts),
        with_citation=0.0,
        leading=0.0,
        passed=0.0,
        avoids=0.0 if case.must_not_include else None,
    )


def as_told(graded: Sequence[CaseGrade], *, hits: bool, rejected: bool) -> list[CaseGrade]:
    """The grades of another system: what it never tells is not graded, and no 0.

    Args:
        graded: Its cases.
        hits: Some answer of its tells what was found.
        rejected: Some answer of its tells what a check left out.
    """
    found = list(graded)
    if not hits:
        found = [replace(one, ranking=None, found_at=()) for one in found]
    return found if rejected else [replace(one, passed=None) for one in found]
