from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from eval.bootstrap import Floats, Rows, difference, estimate, mean

numbers = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def column(values: list[float]) -> Rows:
    return np.array(values, dtype=np.float64)[:, np.newaxis]


def share_of_first_class(rows: Rows) -> Floats:
    """nan without a member of the second class."""
    second = (rows[..., 0] == 0).sum(axis=-1)
    return np.where(second > 0, (rows[..., 0] == 1).mean(axis=-1), np.nan)


def test_the_interval_of_a_mean_is_near_the_normal_one() -> None:
    values = np.random.default_rng(3).random((400, 1))
    found = estimate(values, mean)
    assert found is not None
    half = 1.96 * values.std() / np.sqrt(len(values))
    assert found.low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert found.high == pytest.approx(values.mean() + half, abs=0.1 * half)


@settings(deadline=None)
@given(numbers, st.integers(0, 5))
def test_an_interval_contains_its_estimate_and_stays_within_the_values(
    values: list[float], seed: int
) -> None:
    found = estimate(column(values), mean, seed=seed, resamples=60)
    assert found is not None
    no_spread = set(values) in ({0.0}, {1.0})  # then the interval says what n is worth
    least, most = (0, 1) if no_spread else (min(values), max(values))
    assert least - 1e-9 <= found.low <= found.value <= found.high <= most + 1e-9
    assert found.n == len(values)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    values = column(list(np.random.default_rng(0).random(50)))
    assert estimate(values, mean, seed=7) == estimate(values, mean, seed=7)
    assert estimate(values, mean, seed=7) != estimate(values, mean, seed=8)


def test_more_questions_give_a_narrower_interval() -> None:
    few, many = (estimate(column([0.0, 1.0] * n), mean) for n in (5, 500))
    assert few is not None
    assert many is not None
    assert many.high - many.low < few.high - few.low


def test_nothing_to_measure_gives_no_estimate() -> None:
    assert estimate(np.zeros((0, 1)), mean) is None
    assert estimate(column([1.0, 1.0]), share_of_first_class) is None


@pytest.mark.parametrize("n", [1, 2, 12, 133])
@pytest.mark.parametrize("of_all", [0.0, 1.0])
def test_a_share_of_all_or_none_has_the_interval_of_wilson(n: int, of_all: float) -> None:
    found = estimate(np.full((n, 1), of_all), mean)
    assert found is not None
    known = binomtest(round(of_all * n), n).proportion_ci(method="wilson")
    assert (found.value, found.n) == (of_all, n)
    assert (found.low, found.high) == pytest.approx((known.low, known.high), abs=1e-6)
    assert found.low <= of_all <= found.high
    assert found.high - found.low > 1 / (n + 3)


def test_other_figures_without_spread_keep_an_interval_without_width() -> None:
    half = estimate(np.full((5, 1), 0.5), mean)
    assert half is not None
    assert (half.low, half.high) == (0.5, 0.5)
    same = difference(np.ones((5, 1)), np.ones((5, 1)), mean)
    assert same is not None
    assert (same.low, same.high) == (0, 0)


def test_resamples_that_do_not_define_the_statistic_are_left_out() -> None:
    found = estimate(column([1.0, 1.0, 0.0]), share_of_first_class)
    assert found is not None
    assert np.isfinite([found.low, found.high]).all()
    assert found.high == pytest.approx(2 / 3)


@settings(deadline=None)
@given(numbers)
def test_a_run_does_not_differ_from_itself(values: list[float]) -> None:
    found = difference(column(values), column(values), mean, resamples=20)
    assert found is not None
    assert (found.value, found.low, found.high) == (0, 0, 0)
    assert not found.excludes_zero


def test_pairing_sees_a_small_difference_that_holds_for_every_question() -> None:
    base = np.random.default_rng(1).random((40, 1))
    found = difference(base + 0.01, base, mean)
    assert found is not None
    assert found.excludes_zero
    assert found.low == pytest.approx(0.01)
    assert found.high == pytest.approx(0.01)


def test_a_difference_is_the_first_less_the_baseline() -> None:
    found = difference(column([1.0, 0.5]), column([0.0, 0.5]), mean)
    assert found is not None
    assert found.value == 0.5


def test_rows_that_do_not_pair_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in number: 2 and 1"):
        difference(column([1.0, 0.0]), column([1.0]), mean)


def test_many_questions_are_drawn_in_blocks() -> None:
    values = np.zeros((600_000, 1))
    values[::2] = 1
    found = estimate(values, mean, resamples=3)
    assert found is not None
    assert found.value == 0.5
    assert found.low < found.high
