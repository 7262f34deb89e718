"""Linear models with few features: for ranking, and for probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logsumexp, softmax
from sklearn.linear_model import LogisticRegression

from eval.fit.observe import Rows

_RIDGE = 0.05  # on standardised features


@dataclass(frozen=True, slots=True)
class Linear:
    """Weights for features as they are measured, and a bias."""

    weights: Rows
    bias: float

    def score(self, rows: Rows) -> Rows:
        found: Rows = rows @ self.weights + self.bias
        return found

    def values(self, names: Sequence[str]) -> dict[str, Any]:
        weights = dict(zip(names, np.round(self.weights, 6).tolist(), strict=True))
        return {"weights": weights, "bias": round(float(self.bias), 6)}


def fit_order(
    rows: Sequence[Rows], right: Sequence[NDArray[np.bool_]], *, off: Sequence[bool] = ()
) -> Linear:
    """First the order (softmax over each question's candidates), then the scale.

    Args:
        rows: For each question, shape (candidates, features).
        right: For each question, which candidates are right; one question at least has one.
        off: Features that get no weight.
    """
    used = [(x, y) for x, y in zip(rows, right, strict=True) if y.any()]
    every = np.concatenate([x for x, _ in used])
    mean, spread = every.mean(axis=0), every.std(axis=0) + 1e-9
    if off:
        spread[list(off)] = np.inf
    even = [((x - mean) / spread, y) for x, y in used]

    def loss(weights: Rows) -> tuple[float, Rows]:
        total, slope = 0.0, np.zeros_like(weights)
        for x, y in even:
            score = x @ weights
            total += float(logsumexp(score) - logsumexp(score[y]))
            slope += softmax(score) @ x - softmax(score[y]) @ x[y]
        ridge = _RIDGE * weights
        return total / len(even) + float(ridge @ weights), slope / len(even) + 2 * ridge

    start = np.ones(every.shape[1])
    weights = minimize(loss, start, jac=True, method="L-BFGS-B").x / spread
    score = np.concatenate([x @ weights for x in rows])
    scale = LogisticRegression(C=100.0).fit(score[:, None], np.concatenate(right))
    factor = max(float(scale.coef_[0, 0]), 1e-6)
    return Linear(weights * factor, float(scale.intercept_[0]))


def logistic(
    rows: Rows, labels: NDArray[np.bool_], *, balanced: bool = False, against: Sequence[int] = ()
) -> Linear:
    """A logistic model in which each feature can only speak for what it is meant to.

    Features that go together would otherwise get large weights of opposite signs on few
    questions, and an answer that is better in one of them would count as worse.

    Args:
        rows: Shape (examples, features).
        labels: One for each example.
        balanced: Let both labels weigh the same in all.
        against: Columns that speak against; all others speak for.
    """
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    x = (rows - mean) / spread
    sign = np.where(labels, 1.0, -1.0)
    weight = np.ones(len(rows))
    if balanced:
        weight[labels] = len(rows) / (2 * labels.sum())
        weight[~labels] = len(rows) / (2 * (~labels).sum())

    def loss(given: Rows) -> tuple[float, Rows]:
        margin = sign * (x @ given[:-1] + given[-1])
        slope = -sign * weight * expit(-margin)
        ridge = given[:-1]
        total = float(weight @ np.logaddexp(0.0, -margin) + 0.5 * ridge @ ridge)
        return total, np.append(x.T @ slope + ridge, slope.sum())

    width = rows.shape[1]
    bounds = [(None, 0.0) if i in against else (0.0, None) for i in range(width)] + [(None, None)]
    found = minimize(loss, np.zeros(width + 1), jac=True, method="L-BFGS-B", bounds=bounds).x
    weights = found[:-1] / spread
    return Linear(weights, float(found[-1] - weights @ mean))
