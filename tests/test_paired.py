from __future__ import annotations

from itertools import product
from math import comb

import numpy as np
import pytest

from eval.abstention import refusal_f1
from eval.bootstrap import Rows, mean
from eval.paired import holm, mcnemar_p, randomisation_p


def column(*values: float) -> Rows:
    return np.array(values, dtype=float).reshape(-1, 1)


def test_mcnemar_is_a_toss_of_coins() -> None:
    tail = sum(comb(10, k) for k in (0, 1, 2))
    assert mcnemar_p(8, 2) == mcnemar_p(2, 8) == 2 * tail / 2**10
    assert mcnemar_p(0, 0) == 1
    assert mcnemar_p(5, 5) == 1
    assert 0 < mcnemar_p(3000, 2000) < 1e-40


def test_randomisation_comes_close_to_all_sign_flips() -> None:
    apart = np.array([0.5, -0.1, 0.3, 0.2, 0.4, -0.2, 0.6, 0.1])
    seen = abs(apart.mean())
    flips = [abs((apart * signs).mean()) for signs in product((1, -1), repeat=len(apart))]
    exact = np.mean([flip >= seen - 1e-12 for flip in flips])
    found = randomisation_p(column(*apart), column(*[0] * 8), mean)
    assert found == pytest.approx(exact, abs=0.015)
    assert found == randomisation_p(column(*apart), column(*[0] * 8), mean)


@pytest.mark.parametrize("unit", [1, 1e5, 1e7])
def test_differences_of_one_size_are_coins_in_whatever_unit(unit: float) -> None:
    before = np.random.default_rng(5).random(8)
    after = before + np.array([1, 1, 1, 1, 1, 1, -1, -1]) / 7
    p = randomisation_p(column(*after * unit), column(*before * unit), mean)
    assert p == pytest.approx(mcnemar_p(6, 2), abs=0.02)


def test_equal_runs_are_never_told_apart() -> None:
    rows = column(1, 0, 0.5)
    assert randomisation_p(rows, rows, mean) == 1


def test_a_statistic_of_several_columns_is_swapped_by_question() -> None:
    right = np.array([[0, 1, 0.1]] * 12 + [[1, 0, 0.9]] * 12)
    wrong = np.array([[0, 0, 0.9]] * 12 + [[1, 1, 0.1]] * 12)
    p = randomisation_p(right, wrong, refusal_f1)
    assert p is not None
    assert p < 0.001


def test_what_the_rows_do_not_define_has_no_p() -> None:
    assert randomisation_p(column(), column(), mean) is None
    answered = np.array([[1.0, 0.0, 0.5]])
    assert randomisation_p(answered, answered, refusal_f1) is None


def test_holm_corrects_the_smallest_most() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))
    assert holm([0.5, 0.9]) == (1.0, 1.0)
    assert holm([]) == ()
