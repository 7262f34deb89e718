"""Prediction-powered means, held against the authors' package and against what they promise."""

from __future__ import annotations

import numpy as np
import pytest

from eval.judging.ppi import Labelled, corrected_mean

# What ppi-python 0.2.3 makes of these 40 labels and 200 judgements (alpha=0.05).
LABELS = "1001101001111111001011111110111111111101"
JUDGED = "1101101000111111000011111110011101110001"
OTHERS = (
    "10110011111011101111001101101100101001101001011111011101011001101011101000001111"
    "10011110101001110001000101111111111011010011110001111001001001101100001000110110"
)
THEIRS = {1.0: (0.70625, 0.560821, 0.851679), 0.0: (0.75, 0.61581044, 0.88418956)}
Floats = np.ndarray[tuple[int], np.dtype[np.float64]]


def digits(text: str) -> Floats:
    return np.array([float(one) for one in text])


def alone(n: int, start: int = 0) -> list[str]:
    """Each claim an answer of its own."""
    return [str(start + i) for i in range(n)]


KNOWN = Labelled(digits(LABELS), digits(JUDGED), alone(40))


@pytest.mark.parametrize("weight", [1.0, 0.0])
def test_it_is_what_the_authors_package_says(weight: float) -> None:
    value, low, high = THEIRS[weight]
    found = corrected_mean(KNOWN, digits(OTHERS), alone(160, 40), weight=weight)
    assert found
    assert found.estimate.value == pytest.approx(value)
    # Theirs divides sums of squares by n, ours by n - 1.
    rest = KNOWN.labels - weight * KNOWN.judged
    more = rest.var() / 40 / 39 + weight**2 * digits(OTHERS).var() / 160 / 159
    half = np.sqrt(((high - low) / 2) ** 2 + 1.959964**2 * more)
    assert found.estimate.high - found.estimate.value == pytest.approx(half, rel=1e-5)
    assert found.estimate.value - found.estimate.low == pytest.approx(half, rel=1e-5)


def test_the_chosen_weight_is_that_with_the_narrowest_interval() -> None:
    def width(weight: float | None) -> float:
        found = corrected_mean(KNOWN, digits(OTHERS), alone(160, 40), weight=weight)
        assert found
        return found.estimate.high - found.estimate.low

    chosen = corrected_mean(KNOWN, digits(OTHERS), alone(160, 40))
    assert chosen
    assert 0 < chosen.weight < 1
    assert width(None) <= min(width(w) for w in np.linspace(0, 1, 21)) + 1e-9


def test_a_judge_that_is_always_right_leaves_the_spread_of_its_own_mean() -> None:
    known = Labelled(digits("10110"), digits("10110"), alone(5))
    others = digits("1101" * 10)
    found = corrected_mean(known, others, alone(40, 5), weight=1)
    assert found
    assert found.estimate.value == pytest.approx(0.75)
    half = 1.959964 * np.sqrt(others.var(ddof=1) / 40)
    assert found.estimate.high - found.estimate.value == pytest.approx(half)


def test_a_judge_that_says_the_same_of_all_counts_nothing() -> None:
    known = Labelled(digits("1101"), np.full(4, 0.9), alone(4))
    found = corrected_mean(known, np.full(50, 0.9), alone(50, 4))
    assert found
    assert (found.weight, found.estimate.value) == (0, 0.75)


def test_claims_of_one_answer_count_as_one_where_they_hang_together() -> None:
    twice = Labelled(KNOWN.labels.repeat(2), KNOWN.judged.repeat(2), [*np.repeat(alone(40), 2)])
    once = corrected_mean(KNOWN, digits(OTHERS), alone(160, 40), weight=0.5)
    same = corrected_mean(
        twice, digits(OTHERS).repeat(2), [*np.repeat(alone(160, 40), 2)], weight=0.5
    )
    assert once
    assert same
    assert (same.estimate.low, same.estimate.high) == pytest.approx(
        (once.estimate.low, once.estimate.high)
    )


def test_one_labelled_answer_says_nothing() -> None:
    known = Labelled(digits("11"), digits("11"), ["a", "a"])
    assert corrected_mean(known, digits("10"), ["b", "c"]) is None


def test_without_others_the_labels_alone_count() -> None:
    found = corrected_mean(KNOWN, np.array([]), [])
    assert found
    assert (found.weight, found.estimate.value) == (0, 0.75)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    draw = np.random.default_rng(3)
    truth, held, width, plain = 0.7, 0, 0.0, 0.0
    for _ in range(300):
        labels = (draw.random(400) < truth).astype(float)
        judged = np.where(draw.random(400) < 0.9, labels, 1 - labels)
        known = Labelled(labels[:80], judged[:80], alone(80))
        for weight in (None, 0.0):
            found = corrected_mean(known, judged[80:], alone(320, 80), weight=weight)
            assert found
            if weight is None:
                held += found.estimate.low <= truth <= found.estimate.high
                width += found.estimate.high - found.estimate.low
            else:
                plain += found.estimate.high - found.estimate.low
    assert 0.91 < held / 300 < 0.99
    assert width < 0.85 * plain  # a good judge is worth labels
