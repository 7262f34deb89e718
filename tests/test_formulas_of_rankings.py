"""Recall, MRR, nDCG and AURC, held against trec_eval and ndeval by way of ir-measures.

They know documents and subtopics; ours are hits and the parts of an answer. Where a hit holds one
part at most, both say the same of a ranking. Several parts in one hit count otherwise for nDCG, as
its docstring says, which is why the evaluation does not call them.
"""

from __future__ import annotations

import ir_measures
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ir_measures import RR, P, Qrel, R, ScoredDoc, StRecall, alpha_nDCG, nDCG

from eval.abstention import risk_coverage_area
from eval.metrics import Found, ndcg_at, recall_at, reciprocal_rank_at

PARTS = 4
# A library's first call takes longer than the rest.
patient = settings(deadline=None)
cutoffs = st.integers(1, 15)
held = st.one_of(st.none(), st.integers(0, PARTS - 1))
# Of each hit the part that it holds, if any; a part may be found again further down.
rankings = st.lists(held, min_size=1, max_size=12)
several = st.lists(st.frozensets(st.integers(0, PARTS - 1)), min_size=1, max_size=12)


def theirs(measure: ir_measures.Measure, found: Found, *, subtopics: bool) -> float:
    """Of a ranking of documents 0, 1, …; a part that no hit holds is in a document of its own."""
    missing = set(range(PARTS)).difference(*found)
    documents = [*found, *({part} for part in missing)]
    gold = [(str(at), str(part)) for at, parts in enumerate(documents) for part in sorted(parts)]
    if not subtopics:
        gold = [(document, "0") for document in dict.fromkeys(document for document, _ in gold)]
    run = [ScoredDoc("q", str(rank), float(-rank)) for rank in range(len(found))]
    qrels = [Qrel("q", document, 1, part) for document, part in gold]
    # One at a time: of several measures ir-measures 0.4.3 hands the ranking to the first alone.
    return float(ir_measures.calc_aggregate([measure], qrels, run)[measure])


def of_hits(ranking: list[int | None]) -> Found:
    return [frozenset() if part is None else frozenset({part}) for part in ranking]


def once(ranking: list[int | None]) -> list[int | None]:
    """Each part where it is found first, as if no other passage held it."""
    return [part if part not in ranking[:at] else None for at, part in enumerate(ranking)]


@patient
@given(rankings, cutoffs)
def test_of_parts_with_one_passage_each_all_are_those_of_trec_eval(
    ranking: list[int | None], k: int
) -> None:
    found = of_hits(once(ranking))
    for measure, ours in (
        (R @ k, recall_at(k, found, PARTS)),
        (RR @ k, reciprocal_rank_at(k, found)),
        (nDCG @ k, ndcg_at(k, found, PARTS)),
    ):
        assert ours == pytest.approx(theirs(measure, found, subtopics=False))


@patient
@given(rankings, cutoffs)
def test_of_parts_with_several_passages_ndcg_is_alpha_ndcg(
    ranking: list[int | None], k: int
) -> None:
    found = of_hits(ranking)
    expected = theirs(alpha_nDCG(alpha=1.0) @ k, found, subtopics=True)
    assert ndcg_at(k, found, PARTS) == pytest.approx(expected)


@patient
@given(several, cutoffs)
def test_of_passages_with_several_parts_recall_is_subtopic_recall_and_mrr_is_trec_evals(
    found: list[frozenset[int]], k: int
) -> None:
    assert recall_at(k, found, PARTS) == pytest.approx(theirs(StRecall @ k, found, subtopics=True))
    assert reciprocal_rank_at(k, found) == pytest.approx(theirs(RR @ k, found, subtopics=False))


@patient
@given(st.lists(st.booleans(), min_size=1, max_size=20).filter(any))
def test_aurc_is_one_less_the_mean_precision_over_all_coverages(answerable: list[bool]) -> None:
    n = len(answerable)
    rows = np.array([(one, 0, 1 - at / n) for at, one in enumerate(answerable)], dtype=float)
    found = [frozenset({0}) if one else frozenset() for one in answerable]
    precision = [theirs(P @ k, found, subtopics=False) for k in range(1, n + 1)]
    assert risk_coverage_area(rows) == pytest.approx(1 - np.mean(precision))
