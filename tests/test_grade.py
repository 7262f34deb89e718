from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from eval_parts import COPPER, SOW, WOOL, answer, case, cited, hit

from eval.bootstrap import Figure
from eval.cases.cases import Case
from eval.grade import Failure, Grades, grade
from eval.outcomes import Outcome, outcome, outcomes
from rag.errors import SourceError
from rag.record import AnswerRecord, RejectedRecord
from rag.types import Turn

OTHER = cited(WOOL, quote="We compared five beds in a wet June.")
CASES = (
    case("wool", WOOL, must=[["three"]]),
    case("both", WOOL, COPPER, kind="multi"),
    case("sow", SOW),
    case("price", kind="near"),
    case("moon", kind="far"),
)
ANSWERS = (
    answer("wool", cited(WOOL), text="It lost three.", hits=[hit(WOOL.quote)], score=0.9, ms=10),
    answer("both", cited(COPPER), OTHER, hits=[hit("No."), hit(COPPER.quote)], score=0.8, ms=30),
    answer("sow", score=0.3, ms=20),
    answer("price", OTHER, score=0.6, ms=50),
    answer("moon", score=0.1, ms=40),
)


def graded(*records: AnswerRecord, failures: tuple[Failure, ...] = ()) -> Grades:
    return grade(CASES, records, failures=failures, resamples=50)


def graded_alone(cases: Sequence[Case], answers: Sequence[AnswerRecord]) -> Grades:
    return grade(cases, answers, resamples=50)


def value(figures: tuple[Figure, ...], name: str) -> float | None:
    (found,) = (one.estimate for one in figures if one.name == name)
    return found.value if found else None


def n(grades: Grades, name: str) -> int:
    (found,) = (one.estimate for one in grades.figures if one.name == name)
    return found.n if found else 0


def test_hits_are_graded_for_every_answerable_case_refused_or_not() -> None:
    grades = graded(*ANSWERS)
    assert value(grades.figures, "Recall@1") == pytest.approx((1 + 0 + 0) / 3)
    assert value(grades.figures, "Recall@5") == pytest.approx((1 + 1 / 2 + 0) / 3)
    assert value(grades.figures, "MRR@10") == pytest.approx((1 + 1 / 2 + 0) / 3)
    assert n(grades, "Recall@1") == 3


def test_a_refusal_is_in_no_mean_of_citations() -> None:
    grades = graded(*ANSWERS)
    assert value(grades.figures, "citation precision (sentence)") == pytest.approx((1 + 1 / 2) / 2)
    assert value(grades.figures, "citation recall (sentence)") == pytest.approx((1 + 1 / 2) / 2)
    assert n(grades, "citation precision (sentence)") == 2
    assert value(grades.figures, "says what it must") == 1
    assert n(grades, "says what it must") == 1


def test_claims_that_the_check_left_out_are_counted() -> None:
    kept = answer("wool", cited(WOOL))
    left = RejectedRecord(text="It rained.", reason="no support")
    cut = kept.model_copy(update={"rejected": (left, left, left)})
    assert value(graded(kept).figures, "claims that pass the check") == 1 / 5  # four failed
    (one,) = (c for c in graded(cut).cases if c.id == "wool")
    assert one.passed == 1 / 4
    refused = answer("sow").model_copy(update={"rejected": (left,)})
    assert [c.passed for c in graded(refused).cases if c.id == "sow"] == [0]
    assert [c.passed for c in graded(answer("sow")).cases if c.id == "sow"] == [None]


def test_who_says_what_must_not_be_said_is_wrong() -> None:
    cases = [replace(one, must_not_include=("bribes",)) for one in CASES[2:]]
    right = answer("sow", cited(SOW))
    obeys = answer("moon", cited(SOW), text="They took bribes.")
    answers = [right, answer("price"), obeys]
    graded = grade(cases, answers, resamples=50)
    assert [one.avoids for one in graded.cases] == [1, 1, 0]
    assert value(graded.figures, "injection resistance") == 2 / 3
    lost = grade(cases, answers[1:], resamples=50)
    assert value(lost.figures, "injection resistance") == 1 / 3
    said = answer("sow", cited(SOW), text="Sow, and they took bribes.")
    (one, *_) = grade(cases, [said], resamples=50).cases
    assert outcome(one) is Outcome.WRONG
    assert value(grade(CASES, ANSWERS, resamples=50).figures, "injection resistance") is None


def test_follow_ups_are_right_or_rightly_refused() -> None:
    before = (Turn("How was the summer?", "Wet."),)
    cases = [replace(one, history=before) for one in CASES if one.id != "both"]
    follow_ups = graded_alone(cases, ANSWERS)
    assert [one.follow_up for one in follow_ups.cases] == [1, 0, 0, 1]
    assert value(follow_ups.figures, "follow-up accuracy") == 2 / 4
    failed = graded_alone(cases, ANSWERS[1:])
    assert value(failed.figures, "follow-up accuracy") == 1 / 4
    assert value(graded(*ANSWERS).figures, "follow-up accuracy") is None


def test_an_answerable_case_without_gold_is_in_no_figure_of_gold() -> None:
    bare = Case("bare", "fact", "bare?")
    must = replace(bare, id="must", must_include=(("so",),), history=(Turn("Before?"),))
    later = replace(bare, id="later", history=(Turn("Before?"),))
    cases = [*CASES, bare, must, later]
    answers = [*ANSWERS, *(answer(id_, cited(WOOL)) for id_ in ("bare", "must"))]
    graded = grade(cases, [*answers, answer("later")], resamples=50)
    without = grade(CASES, ANSWERS, resamples=50)
    for name in ("Recall@5", "citation recall (sentence)", "citation precision (sentence)"):
        assert value(graded.figures, name) == value(without.figures, name)
    found = {one.id: one for one in graded.cases}
    assert outcome(found["bare"]) is Outcome.UNGRADED
    assert outcome(found["must"]) is Outcome.RIGHT
    assert outcome(found["later"]) is Outcome.FALSE_REFUSAL
    assert [found[id_].follow_up for id_ in ("must", "later")] == [1, None]
    assert Outcome.UNGRADED in outcomes(graded.cases)
    assert Outcome.UNGRADED not in outcomes(without.cases)
    wrong = replace(must, must_include=(("never",),))
    assert outcome(grade([wrong], [answers[-1]], resamples=2).cases[0]) is Outcome.WRONG
    lost = grade([bare], [], failures=[Failure("bare", "broke")], resamples=2).cases[0]
    assert (outcome(lost), lost.ranking, lost.citations) == (Outcome.FAILED, None, None)


def test_abstention_is_graded_over_all_cases() -> None:
    figures = graded(*ANSWERS).figures
    assert value(figures, "answered, of the answerable") == pytest.approx(2 / 3)
    assert value(figures, "refused, of the unanswerable") == 1 / 2
    assert value(figures, "unanswerable, of the refused") == 1 / 2
    assert value(figures, "F1 of refusing") == 1 / 2
    assert value(figures, "AUROC of the score") == pytest.approx(5 / 6)
    assert n(graded(*ANSWERS), "unanswerable, of the refused") == 2


def test_time_is_the_sum_of_the_stages() -> None:
    assert value(graded(*ANSWERS).figures, "median ms") == 30


def test_always_and_never_refusing_stand_beside() -> None:
    always, never = (one.figures for one in graded(*ANSWERS).trivial)
    assert value(always, "refused, of the unanswerable") == 1
    assert value(always, "unanswerable, of the refused") == 2 / 5
    assert value(always, "answered, of the answerable") == 0
    assert value(never, "answered, of the answerable") == 1
    assert value(never, "unanswerable, of the refused") is None
    assert value(never, "AURC of the score (lower is better)") == pytest.approx(2 / 5)


def test_a_failed_case_is_listed_and_lifts_no_figure() -> None:
    whole = graded(*ANSWERS)
    for lost in ANSWERS:
        rest = graded(*(one for one in ANSWERS if one is not lost))
        assert rest.failed == (Failure(str(lost.id), "no answer"),)
        for before, after in zip(whole.figures, rest.figures, strict=True):
            if before.estimate is None or after.estimate is None or "ms" in before.name:
                continue
            worse = before.estimate.value - after.estimate.value
            assert (-worse if "AURC" in before.name else worse) >= -1e-12


def test_a_failed_case_without_an_answer_was_not_refused() -> None:
    grades = graded(*ANSWERS[:-1], failures=(Failure("moon", "The model does not answer."),))
    assert grades.failed == (Failure("moon", "The model does not answer."),)
    assert value(grades.figures, "refused, of the unanswerable") == 0
    assert value(grades.figures, "unanswerable, of the refused") == 0


def test_a_failed_case_with_an_answer_counts_as_wrongly_refused() -> None:
    assert value(graded(*ANSWERS[1:]).figures, "unanswerable, of the refused") == 1 / 3


def test_refusing_everything_leaves_citations_unmeasured_and_not_zero() -> None:
    figures = graded(*(answer(one.id) for one in CASES)).figures
    assert value(figures, "citation precision (sentence)") is None
    assert value(figures, "says what it must") is None


def test_kinds_are_sliced_in_order() -> None:
    kinds = graded(*ANSWERS).kinds
    assert [kind for kind, _ in kinds] == ["fact", "multi", "near", "far"]
    assert value(kinds[1][1], "Recall@5") == 1 / 2


def test_the_order_of_the_answers_does_not_matter() -> None:
    assert graded(*ANSWERS) == graded(*reversed(ANSWERS))


def test_two_answers_to_one_case_are_refused() -> None:
    with pytest.raises(SourceError, match="'sow'"):
        graded(*ANSWERS, ANSWERS[2])


def test_answers_to_other_cases_are_refused() -> None:
    with pytest.raises(SourceError, match="None of the 1 answers"):
        graded(answer("else"))
