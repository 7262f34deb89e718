"""Fits searching by words alone, on questions in several languages.

What the posts do not answer is made of the same questions: the post that answers is hidden.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from eval.cases.cases import Case
from eval.cases.gold import holds, is_post, same_sentence
from eval.fit.linear import Linear, fit_order, logistic
from eval.fit.observe import Rows
from rag.assistant import Assistant
from rag.retrieval.by_words import (
    ANSWERABLE_FEATURES,
    PASSAGE_FEATURES,
    SENTENCE_FEATURES,
    Measured,
    answerable_row,
    measure,
)

_ANSWERED = 0.94  # of the questions that the threshold is fitted on
_MOST = 4  # sentences in one answer
_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Observed:
    """A question and the passages that hold words of it."""

    case: Case
    found: tuple[Measured, ...]
    right: NDArray[np.bool_]
    """Of each passage: it holds a gold sentence."""
    gold: tuple[NDArray[np.bool_], ...]
    """Of each passage, of each sentence: it is a gold one."""

    @property
    def rows(self) -> Rows:
        return np.asarray([one.row for one in self.found], dtype=np.float64).reshape(-1, 2)

    def best_row(self, *, hidden: bool) -> tuple[float, float]:
        """What speaks most for an answer, with or without the post that holds it."""
        posts = {gold.post_id for gold in self.case.gold} if hidden else set()
        rows = [answerable_row(one) for one in self.found if one.passage.post.id not in posts]
        return max(rows, key=sum, default=(0.0, 0.0))


@dataclass(frozen=True, slots=True)
class FittedWords:
    passage: Linear
    sentence: Linear
    answerable: Linear
    min_answerable: float
    min_share: float

    def values(self) -> dict[str, Any]:
        return {
            "passage": self.passage.values(PASSAGE_FEATURES),
            "sentence": self.sentence.values(SENTENCE_FEATURES),
            "answerable": self.answerable.values(ANSWERABLE_FEATURES),
            "thresholds": {
                "min_answerable": round(self.min_answerable, 4),
                "min_share": round(self.min_share, 4),
            },
        }

    def sentences(self, one: Observed) -> list[tuple[int, int, float]]:
        """Passage, sentence and relevance, best first."""
        relevance = expit(self.passage.score(one.rows))
        scored = []
        for i, measured in enumerate(one.found):
            rows = np.asarray([(share, relevance[i]) for share in measured.shares])
            scores = expit(self.sentence.score(rows))
            scored += [(i, j, float(score)) for j, score in enumerate(scores)]
        return sorted(scored, key=lambda entry: -entry[2])


def observe_words(cases: Sequence[Case], assistant: Assistant) -> list[Observed]:
    """Search for every case by words; those that find nothing are left out."""
    pipeline = assistant.pipeline
    observed = []
    for case in cases:
        query = assistant.understand(case.question)
        with assistant.index.catalog.reading():
            found = measure(
                query.searches[0], query, assistant.index, pipeline.lexicon, limit=_LIMIT
            )
        if found:
            observed.append(_observed(case, found))
    return observed


def _observed(case: Case, found: Sequence[Measured]) -> Observed:
    def is_gold(post_id: str, text: str, *, whole: bool) -> bool:
        same = same_sentence if whole else holds
        return any(is_post(gold, post_id) and same(text, gold.quote) for gold in case.gold)

    right = [is_gold(one.passage.post.id, one.passage.text, whole=False) for one in found]
    gold = [
        np.asarray([is_gold(p.post.id, s.text, whole=True) for s in p.sentences])
        for p in (one.passage for one in found)
    ]
    return Observed(case, tuple(found), np.asarray(right), tuple(gold))


def fit_words(observed: Sequence[Observed]) -> FittedWords:
    """Fit all weights and thresholds."""
    passage = fit_order([one.rows for one in observed], [one.right for one in observed])
    rows, labels = [], []
    for one in observed:
        relevance = expit(passage.score(one.rows))
        for i, measured in enumerate(one.found):
            rows += [(share, relevance[i]) for share in measured.shares]
            labels.append(one.gold[i])
    sentence = logistic(np.asarray(rows), np.concatenate(labels))
    best = np.asarray([one.best_row(hidden=hidden) for hidden in (False, True) for one in observed])
    answers = np.arange(len(best)) < len(observed)
    answerable = logistic(best, answers, balanced=True)
    fitted = FittedWords(passage, sentence, answerable, 0.0, 1.0)
    scores = expit(answerable.score(best[answers]))
    return FittedWords(
        passage,
        sentence,
        answerable,
        float(np.quantile(scores, 1 - _ANSWERED)),
        float(max(np.linspace(0.1, 1.0, 46), key=lambda s: _mean_f1(fitted, observed, s))),
    )


def cross_validate(groups: Mapping[str, Sequence[Observed]]) -> dict[str, float]:
    """Figures of each language by weights that were fitted on the others."""
    first, ranked, scores, labels, passed = [], [], [], [], []
    for name, own in groups.items():
        fitted = fit_words([one for other, some in groups.items() if other != name for one in some])
        for one in own:
            i, j, _ = fitted.sentences(one)[0]
            first.append(bool(one.gold[i][j]))
            ranked.append(bool(one.right[int(np.argmax(fitted.passage.score(one.rows)))]))
            for hidden in (False, True):
                row = np.asarray([one.best_row(hidden=hidden)])
                scores.append(float(expit(fitted.answerable.score(row))[0]))
                labels.append(not hidden)
                passed.append(scores[-1] >= fitted.min_answerable)
    yes = np.asarray(labels)
    figures = {
        "recall@1": float(np.mean(ranked)),
        "first_sentence_right": float(np.mean(first)),
        "answerable_auroc": float(roc_auc_score(yes, scores)),
        "answered_of_answerable": float(np.mean(np.asarray(passed)[yes])),
        "refused_of_unanswerable": float(1 - np.mean(np.asarray(passed)[~yes])),
        "questions": float(len(first)),
    }
    return {name: round(value, 4) for name, value in figures.items()}


def _mean_f1(fitted: FittedWords, observed: Sequence[Observed], share: float) -> float:
    """Of the sentences that would be quoted."""
    found = []
    for one in observed:
        first, *more = fitted.sentences(one)[:_MOST]
        chosen = [first, *(entry for entry in more if entry[2] >= share * first[2])]
        marks = np.asarray([one.gold[i][j] for i, j, _ in chosen])
        precision, recall = float(marks.mean()), float(marks.any())
        found.append(2 * precision * recall / (precision + recall) if recall else 0.0)
    return float(np.mean(found))
