"""From where on a question is answered, on scores of our own."""

from __future__ import annotations

import numpy as np

from eval.fit.models import fit_refusal
from rag.calibration import ANSWERABLE_FEATURES, ANSWERABLE_READ_FEATURES


def rates(width: int, *, overlap: float) -> tuple[float, float]:
    """Answered of the answerable and refused of the others, at the fitted threshold."""
    chance = np.random.default_rng(0)
    labels = np.arange(400) < 200
    rows = np.zeros((400, width))
    rows[:, -1] = np.where(labels, 1.0, 0.0) + overlap * chance.standard_normal(400)
    weights, least = fit_refusal(rows, labels)
    passed = 1 / (1 + np.exp(-weights.score(rows))) >= least
    return float(passed[labels].mean()), float((~passed)[~labels].mean())


def test_without_a_reader_nearly_all_answerable_questions_are_answered() -> None:
    answered, _ = rates(len(ANSWERABLE_FEATURES), overlap=1.0)
    assert round(answered, 2) == 0.94


def test_with_a_reader_both_mistakes_cost_the_same_where_the_score_tells_them_apart() -> None:
    answered, refused = rates(len(ANSWERABLE_READ_FEATURES), overlap=0.3)
    assert answered > 0.9
    assert refused > 0.9
    _, of_few = rates(len(ANSWERABLE_FEATURES), overlap=0.3)
    assert of_few < 0.99


def test_with_a_reader_enough_is_answered_however_little_the_score_tells() -> None:
    answered, _ = rates(len(ANSWERABLE_READ_FEATURES), overlap=3.0)
    assert answered >= 0.85
