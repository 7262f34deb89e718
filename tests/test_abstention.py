from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.abstention import auroc, refusal_f1, refusal_precision, risk_coverage_area
from eval.bootstrap import Rows

question = st.tuples(st.booleans(), st.booleans(), st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]))
questions = st.lists(question, min_size=1, max_size=20)
threes = st.lists(question, min_size=3, max_size=3)


def rows_of(some: list[tuple[bool, bool, float]]) -> Rows:
    return np.array(some, dtype=np.float64)


def scored(*pairs: tuple[int, float]) -> Rows:
    return rows_of([(bool(answerable), False, score) for answerable, score in pairs])


# Two rightly refused, one wrongly, one let through, one rightly answered.
MIXED = rows_of(
    [(False, True, 0), (False, True, 0), (True, True, 0), (False, False, 0), (True, False, 0)]
)


def test_precision_and_f1_of_refusing() -> None:
    assert refusal_precision(MIXED) == 2 / 3
    assert refusal_f1(MIXED) == pytest.approx(2 * (2 / 3) * (2 / 3) / (2 / 3 + 2 / 3))


def test_what_is_not_defined_is_nan_and_never_a_number() -> None:
    answers_all = rows_of([(True, False, 0.5)])
    assert np.isnan(refusal_precision(answers_all))
    assert np.isnan(refusal_f1(answers_all))
    assert np.isnan(auroc(answers_all))


def test_auroc_is_the_share_of_pairs_in_the_right_order() -> None:
    rows = scored((1, 0.9), (1, 0.4), (0, 0.4), (0, 0.1))
    assert auroc(rows) == (1 + 1 + 0.5 + 1) / 4


def test_aurc_is_the_mean_risk_over_the_coverages() -> None:
    rows = scored((1, 0.9), (0, 0.8), (1, 0.7), (0, 0.6))
    assert risk_coverage_area(rows) == pytest.approx((0 / 1 + 1 / 2 + 1 / 3 + 2 / 4) / 4)


def test_aurc_of_equal_scores_is_the_mean_over_their_orders() -> None:
    rows = scored((1, 0.9), (0, 0.5), (1, 0.5))
    orders = [(0 / 1 + 1 / 2 + 1 / 3) / 3, (0 / 1 + 0 / 2 + 1 / 3) / 3]
    assert risk_coverage_area(rows) == pytest.approx(np.mean(orders))


@given(questions)
def test_one_score_for_all_is_chance(some: list[tuple[bool, bool, float]]) -> None:
    rows = rows_of([(answerable, refused, 0.5) for answerable, refused, _ in some])
    share = 1 - rows[:, 0].mean()
    assert risk_coverage_area(rows) == pytest.approx(share)
    assert np.isnan(auroc(rows)) or auroc(rows) == 0.5


@given(questions)
def test_every_figure_lies_between_0_and_1(some: list[tuple[bool, bool, float]]) -> None:
    rows = rows_of(some)
    for statistic in (refusal_precision, refusal_f1, auroc, risk_coverage_area):
        value = statistic(rows)
        assert np.isnan(value) or 0 <= value <= 1 + 1e-12


@given(questions)
def test_the_order_of_the_questions_does_not_matter(some: list[tuple[bool, bool, float]]) -> None:
    for statistic in (refusal_precision, refusal_f1, auroc, risk_coverage_area):
        there, back = statistic(rows_of(some)), statistic(rows_of(some[::-1]))
        assert there == pytest.approx(back, nan_ok=True)


@given(questions)
def test_turning_the_scores_round_turns_auroc_round(some: list[tuple[bool, bool, float]]) -> None:
    there = auroc(rows_of(some))
    back = auroc(rows_of([(answerable, no, 1 - score) for answerable, no, score in some]))
    assert there == pytest.approx(1 - back, nan_ok=True)


@given(st.lists(threes, min_size=1, max_size=4))
def test_stacked_rows_give_what_each_gives_alone(
    stacks: list[list[tuple[bool, bool, float]]],
) -> None:
    for statistic in (refusal_precision, refusal_f1, auroc, risk_coverage_area):
        together = statistic(np.stack([rows_of(one) for one in stacks]))
        assert together == pytest.approx(
            [float(statistic(rows_of(one))) for one in stacks], nan_ok=True
        )
