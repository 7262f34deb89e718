"""Which further sentences are quoted: the parts of the best one's relevance that they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.cases.cases import Case
from eval.cases.gold import Gold
from eval.clapnq_data import Question, load_questions, posts
from eval.fit.observe import Observation, Rows, observe
from eval.fit.ranked import Ranked
from eval.small_index import small_assistant
from rag.reading.reader import Reader
from rag.settings import Settings

_MOST = 4  # sentences in one answer
_GRID = np.linspace(0.1, 1.0, 46)
Pair = tuple[Observation, Ranked]


@dataclass(frozen=True, slots=True)
class Shares:
    """The least parts of the best sentence's relevance from which on a further one is quoted."""

    elsewhere: float
    near: float
    """In the section that the best one stands in."""


@dataclass(frozen=True, slots=True)
class _Further:
    """The sentences of a question behind the best one, best first."""

    part: Rows
    """Of the best one's relevance."""
    near: NDArray[np.bool_]
    marks: NDArray[np.bool_]
    """Shape (sentences and the best one before them, parts)."""

    def cited(self, shares: Shares) -> tuple[float, float]:
        enough = self.part >= np.where(self.near, shares.near, shares.elsewhere)
        chosen = self.marks[[0, *(np.flatnonzero(enough)[: _MOST - 1] + 1)]]
        return float(chosen.any(axis=1).mean()), float(chosen.any(axis=0).mean())


def cited(one: Observation, ranked: Ranked, shares: Shares) -> tuple[float, float]:
    """Precision and recall of the sentences that would be quoted; the first always is."""
    return _further(one, ranked).cited(shares)


def mean_f1(pairs: Sequence[Pair], shares: Shares) -> float:
    return _mean_f1([_further(*pair) for pair in pairs], shares)


def best_share(pairs: Sequence[Pair]) -> Shares:
    """With which the mean F1 of citations is highest; the same share everywhere."""
    found = [_further(*pair) for pair in pairs]
    return max((Shares(one, one) for one in _GRID.tolist()), key=lambda one: _mean_f1(found, one))


def best_shares(families: Sequence[Sequence[Pair]]) -> Shares:
    """With which the mean F1 of citations is highest, each family of questions counting the same.

    Sentences of the best one's section never need more than others.
    """
    found = [[_further(*pair) for pair in pairs] for pairs in families if pairs]
    every = (
        Shares(elsewhere, near)
        for elsewhere in _GRID.tolist()
        for near in _GRID.tolist()
        if near <= elsewhere
    )
    return max(every, key=lambda one: sum(_mean_f1(family, one) for family in found))


def observe_clapnq(folder: Path, settings: Settings, reader: Reader | None) -> list[Observation]:
    """The answerable questions of CLAPNQ's half for training, each asked of its own passage."""
    questions = load_questions(folder)
    seen = []
    with small_assistant(posts(questions), settings) as assistant:
        for number, one in enumerate(questions):
            if one.references and not one.graded:
                case, embedder = _case(number, one), assistant.pipeline.embedder
                limits = one.only_this_post
                seen += observe([case], assistant.index, embedder, settings, reader, filters=limits)
    # A passage without its sentences as they are chosen would teach that none is right.
    return [one for one in seen if any(marks.any() for marks in one.gold)]


def _case(number: int, one: Question) -> Case:
    chosen = sorted(one.references[0])
    gold = tuple(Gold(one.post_id, "", one.sentences[i]) for i in chosen)
    return Case(f"clapnq-{number}", "multi", one.text, gold=gold)


def _further(one: Observation, ranked: Ranked) -> _Further:
    (best, _, most), *_ = ranked.sentences
    least = _GRID[0] * most
    kept = [entry for entry in ranked.sentences if entry[2] >= least]
    return _Further(
        np.asarray([score / most for _, _, score in kept[1:]]),
        np.asarray([one.sections[i] == one.sections[best] for i, _, _ in kept[1:]], dtype=bool),
        np.asarray([one.gold[i][j] for i, j, _ in kept], dtype=bool),
    )


def _mean_f1(found: Sequence[_Further], shares: Shares) -> float:
    pairs = [one.cited(shares) for one in found]
    return float(np.mean([2 * p * r / (p + r) if p + r else 0.0 for p, r in pairs]))
