"""Figures of fitted weights on questions that they have not seen, on a site of three posts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from eval_parts import COPPER, SOW, WOOL
from scipy.special import expit
from sklearn.metrics import roc_auc_score
from small_site import garden

from eval.cases.cases import Case
from eval.cases.gold import Gold
from eval.fit.calibration import cross_validate
from eval.fit.models import fit
from eval.fit.observe import Observation, observe
from eval.fit.ranked import answerable_row, rank
from eval.fit.unseen import evaluate, evaluate_near
from rag.embedding.embedder import HashEmbedder
from rag.index.index import Index
from rag.settings import Settings

SOWN = Gold(SOW.post_id, SOW.heading, "Sow tomatoes indoors six weeks before the last frost.")
ASKED: tuple[tuple[str, Gold | None], ...] = (
    ("How many lettuces did the bed with wool mulch lose?", WOOL),
    ("What did the wool mulch bed lose?", WOOL),
    ("Did copper tape make a difference?", COPPER),
    ("What about copper tape?", COPPER),
    ("When are tomatoes sown indoors?", SOWN),
    ("How many weeks before the last frost do I sow tomatoes?", SOWN),
    ("When did the bare bed win the election?", None),
    ("Who sows the moon?", None),
    ("What does a ferry cost?", None),
    ("Where is the heap of gold?", None),
)


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> list[Observation]:
    folder = garden(tmp_path_factory.mktemp("unseen") / "index")
    index, settings = Index(folder), Settings(index=folder, embedding_model="hash")
    cases = [
        Case(f"c{i}", "fact", question, answerable=gold is not None, gold=(gold,) if gold else ())
        for i, (question, gold) in enumerate(ASKED)
    ]
    found = observe(cases, index, HashEmbedder(), settings)
    index.close()
    assert len(found) == len(ASKED)
    return found


def test_every_figure_has_its_interval_by_question(observed: list[Observation]) -> None:
    weights = fit(observed)
    figures = evaluate([weights], [observed], resamples=200)
    intervals = figures.pop("intervals")
    assert figures.pop("questions") == len(ASKED)
    assert intervals.keys() == figures.keys()
    for name, value in figures.items():
        low, high = intervals[name]
        assert 0 <= low <= value <= high <= 1
    ranked = [rank(one, weights.passage, weights.sentence) for one in observed]
    rows = np.asarray([answerable_row(o, r) for o, r in zip(observed, ranked, strict=True)])
    scores = expit(weights.answerable.score(rows))
    yes = np.asarray([one.case.answerable for one in observed])
    passed = scores >= weights.min_answerable
    assert figures["answerable_auroc"] == pytest.approx(roc_auc_score(yes, scores), abs=1e-4)
    assert figures["answered_of_answerable"] == pytest.approx(passed[yes].mean(), abs=1e-4)
    assert figures["refused_of_unanswerable"] == pytest.approx((~passed)[~yes].mean(), abs=1e-4)
    first = [one.right[r.order[:1]].any() for one, r in zip(observed, ranked, strict=True)]
    assert figures["recall@1"] == pytest.approx(np.mean(np.asarray(first)[yes]), abs=1e-4)


def test_the_choice_of_sentences_has_its_interval_too(observed: list[Observation]) -> None:
    weights = fit(observed)
    right = next(one for one in observed if one.case.id == "c0")
    wrong = replace(right, gold=tuple(np.zeros_like(marks) for marks in right.gold))
    same = evaluate_near([weights], [[right, right]], read=0, resamples=50)
    assert same == {"f1": 1.0, "questions": 2.0, "intervals": {"f1": [0.3424, 1.0]}}
    mixed = evaluate_near([weights] * 3, [[right, wrong], [], [wrong, right]], read=0, resamples=50)
    assert (mixed["f1"], mixed["questions"]) == (0.5, 4.0)
    low, high = mixed["intervals"]["f1"]
    assert low < 0.5 < high


def test_cross_validation_prints_the_intervals(observed: list[Observation]) -> None:
    figures = cross_validate([*observed, *observed])
    assert figures["questions"] == 2 * len(ASKED)
    low, high = figures["intervals"]["recall@5"]
    assert low <= figures["recall@5"] <= high
