"""From observations to weights, and how good they are on questions they have not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logsumexp
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from eval.observe import Observation, Rows
from rag.calibration import ANSWERABLE_FEATURES, PASSAGE_FEATURES, SENTENCE_FEATURES

FOLDS = 5
SEED = 0
_HITS = 20  # as many as a question ends up with
_PASSAGE = SENTENCE_FEATURES.index("passage")
_RIDGE = 0.05  # on standardised features
_MOST = 4  # sentences in one answer


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


@dataclass(frozen=True, slots=True)
class Fitted:
    """All that is fitted on questions."""

    passage: Linear
    sentence: Linear
    answerable: Linear
    min_answerable: float
    min_sentence: float

    def values(self) -> dict[str, Any]:
        return {
            "passage": self.passage.values(PASSAGE_FEATURES),
            "sentence": self.sentence.values(SENTENCE_FEATURES),
            "answerable": self.answerable.values(ANSWERABLE_FEATURES),
            "thresholds": {
                "min_answerable": round(self.min_answerable, 4),
                "min_sentence": round(self.min_sentence, 4),
            },
        }


@dataclass(frozen=True, slots=True)
class _Ranked:
    """A question's hits under some weights."""

    order: NDArray[np.int64]
    """Candidates, best first."""
    relevance: Rows
    """Of each candidate, in [0, 1]."""
    sentences: list[tuple[int, int, float]]
    """Candidate, sentence and relevance of the hits' sentences, best first."""


def fit(observations: Sequence[Observation]) -> Fitted:
    passage = fit_passage(observations)
    sentence = _fit_sentence(observations, passage)
    ranked = [_rank(one, passage, sentence) for one in observations]
    rows = np.asarray([_answerable_row(o, r) for o, r in zip(observations, ranked, strict=True)])
    labels = np.asarray([one.case.answerable for one in observations])
    answerable = logistic(rows, labels, balanced=True)
    return Fitted(
        passage=passage,
        sentence=sentence,
        answerable=answerable,
        min_answerable=_best_threshold(expit(answerable.score(rows)), labels),
        min_sentence=_best_cut(observations, ranked),
    )


def evaluate(fitted: Sequence[Fitted], parts: Sequence[Sequence[Observation]]) -> dict[str, float]:
    """Each part under its own weights, averaged over all questions."""
    measured: dict[str, list[float]] = {}
    scores, labels, right = [], [], []
    for weights, part in zip(fitted, parts, strict=True):
        for one in part:
            ranked = _rank(one, weights.passage, weights.sentence)
            row = _answerable_row(one, ranked)
            score = float(expit(weights.answerable.score(row[None]))[0])
            scores.append(score)
            labels.append(one.case.answerable)
            right.append((score >= weights.min_answerable) == one.case.answerable)
            if one.case.answerable:
                for k in (1, 5, 10):
                    measured.setdefault(f"recall@{k}", []).append(_recall(one, ranked, k))
                precision, recall = _cited(one, ranked, weights.min_sentence)
                measured.setdefault("citation_precision", []).append(precision)
                measured.setdefault("citation_recall", []).append(recall)
                measured.setdefault("first_sentence_right", []).append(_cited(one, ranked, 1.1)[0])
    yes = np.asarray(labels)
    figures = {name: float(np.mean(values)) for name, values in measured.items()}
    figures["answerable_auroc"] = float(roc_auc_score(yes, scores))
    figures["answered_of_answerable"] = float(np.mean(np.asarray(right)[yes]))
    figures["refused_of_unanswerable"] = float(np.mean(np.asarray(right)[~yes]))
    figures["questions"] = float(len(yes))
    return {name: round(value, 4) for name, value in figures.items()}


def fold_numbers(n: int) -> NDArray[np.int64]:
    """The fold of each of `n` questions, for figures on questions that no weight has seen."""
    return np.random.default_rng(SEED).permutation(n) % FOLDS


def fit_passage(
    observations: Sequence[Observation], using: Sequence[str] = PASSAGE_FEATURES
) -> Linear:
    """First the order (softmax over each question's candidates), then the scale.

    Args:
        observations: At least one must have a right candidate.
        using: The features that may count; the others get no weight.
    """
    used = [one for one in observations if one.right.any()]
    every = np.concatenate([one.passages for one in used])
    mean, spread = every.mean(axis=0), every.std(axis=0) + 1e-9
    spread[[name not in using for name in PASSAGE_FEATURES]] = np.inf
    rows = [(one.passages - mean) / spread for one in used]
    right = [one.right.any(axis=1) for one in used]

    def loss(weights: Rows) -> float:
        total = 0.0
        for x, y in zip(rows, right, strict=True):
            score = x @ weights
            total += float(logsumexp(score) - logsumexp(score[y]))
        return total / len(rows) + _RIDGE * float(weights @ weights)

    weights = minimize(loss, np.ones(every.shape[1]), method="L-BFGS-B").x / spread
    score = np.concatenate([one.passages @ weights for one in observations])
    marks = [o.right.any(axis=1) if o.right.size else np.zeros(len(o.passages), bool)
             for o in observations]  # fmt: skip
    scale = LogisticRegression(C=100.0).fit(score[:, None], np.concatenate(marks))
    factor = max(float(scale.coef_[0, 0]), 1e-6)
    return Linear(weights * factor, float(scale.intercept_[0]))


def _fit_sentence(observations: Sequence[Observation], passage: Linear) -> Linear:
    rows, labels = [], []
    for one in observations:
        relevance = expit(passage.score(one.passages))
        for i in np.argsort(-relevance, kind="stable")[:_HITS]:
            rows.append(_with_relevance(one.sentences[i], relevance[i]))
            marks = one.gold[i]
            labels.append(marks.any(axis=1) if marks.size else np.zeros(len(rows[-1]), bool))
    return logistic(
        np.concatenate(rows), np.concatenate(labels), against=(SENTENCE_FEATURES.index("short"),)
    )


def _with_relevance(rows: Rows, relevance: float) -> Rows:
    filled = rows.copy()
    filled[:, _PASSAGE] = relevance
    return filled


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


def _rank(one: Observation, passage: Linear, sentence: Linear) -> _Ranked:
    relevance: Rows = expit(passage.score(one.passages))
    order = np.argsort(-relevance, kind="stable")
    sentences = []
    for i in order[:_HITS]:
        scores = expit(sentence.score(_with_relevance(one.sentences[i], relevance[i])))
        sentences += [(int(i), j, float(score)) for j, score in enumerate(scores)]
    return _Ranked(order, relevance, sorted(sentences, key=lambda entry: -entry[2]))


def _answerable_row(one: Observation, ranked: _Ranked) -> Rows:
    """As `rag.retrieve.answerable_features`."""
    top = ranked.order[:_HITS]
    relevance = ranked.relevance[top]
    best = [score for _, _, score in ranked.sentences]
    late, cosine, _, share = one.passages[top].max(axis=0)
    lead = relevance[0] - (relevance[1:10].mean() if len(relevance) > 1 else 0.0)
    sentence_lead = best[0] - (float(np.mean(best[1:10])) if len(best) > 1 else 0.0)
    return np.asarray([relevance[0], late, cosine, share, best[0], lead, sentence_lead])


def _best_threshold(scores: Rows, labels: NDArray[np.bool_]) -> float:
    """Where the mean of both rates is highest; in the middle of the best stretch."""
    cuts = np.linspace(0, 1, 201)
    rates = [((scores[labels] >= c).mean() + (scores[~labels] < c).mean()) / 2 for c in cuts]
    best = cuts[np.asarray(rates) >= max(rates) - 1e-9]
    return float(best[len(best) // 2])


def _best_cut(observations: Sequence[Observation], ranked: Sequence[_Ranked]) -> float:
    """From which relevance on further sentences make the mean F1 of citations highest."""
    pairs = [(o, r) for o, r in zip(observations, ranked, strict=True) if o.case.answerable]

    def mean_f1(cut: float) -> float:
        found = [_cited(o, r, cut) for o, r in pairs]
        return float(np.mean([2 * p * r / (p + r) if p + r else 0.0 for p, r in found]))

    return float(max(np.linspace(0.02, 0.9, 45), key=mean_f1))


def _recall(one: Observation, ranked: _Ranked, k: int) -> float:
    """Share of the parts that one of the first `k` holds."""
    return float(one.right[ranked.order[:k]].any(axis=0).mean())


def _cited(one: Observation, ranked: _Ranked, cut: float) -> tuple[float, float]:
    """Precision and recall of the sentences that would be quoted; the first always is."""
    chosen = [
        entry for n, entry in enumerate(ranked.sentences[:_MOST]) if n == 0 or entry[2] >= cut
    ]
    marks = np.asarray([one.gold[i][j] for i, j, _ in chosen])
    return float(marks.any(axis=1).mean()), float(marks.any(axis=0).mean())
