from __future__ import annotations

from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.cases.gold import Gold, RetrievedText
from eval.metrics import found_parts, ndcg_at, recall_at, reciprocal_rank_at

NOTHING: frozenset[int] = frozenset()
FIRST, SECOND, BOTH = frozenset({0}), frozenset({1}), frozenset({0, 1})

PARTS = 3
rankings = st.lists(st.frozensets(st.integers(0, PARTS - 1)), max_size=12)
cutoffs = st.integers(1, 12)


def test_a_hit_holds_a_part_if_post_and_words_are_gold() -> None:
    right, elsewhere = Gold("1", "", "Wool mulch stops slugs."), Gold("2", "", "Copper does not.")
    also_right = Gold("3", "", "Slugs avoid wool.")
    hits = [
        RetrievedText("x/2", "Wool mulch stops slugs."),  # the words, but of another post
        RetrievedText("x/1", "We saw: wool mulch stops slugs. Well."),
        RetrievedText("x/3", "Slugs avoid wool. And in post 2: copper does not."),
    ]
    assert found_parts(hits, [(right, also_right)]) == (NOTHING, FIRST, FIRST)
    assert found_parts(hits, [(right,), (elsewhere,)]) == (NOTHING, FIRST, NOTHING)


def test_recall_of_one_part_is_whether_it_is_among_the_first() -> None:
    found = (NOTHING, NOTHING, FIRST, FIRST)
    assert [recall_at(k, found, 1) for k in (1, 2, 3, 10)] == [0, 0, 1, 1]


def test_recall_of_several_parts_is_the_share_found() -> None:
    found = (FIRST, FIRST, SECOND)
    assert [recall_at(k, found, 4) for k in (1, 2, 3)] == [1 / 4, 1 / 4, 2 / 4]


def test_reciprocal_rank() -> None:
    assert reciprocal_rank_at(10, (NOTHING, NOTHING, FIRST)) == 1 / 3
    assert reciprocal_rank_at(2, (NOTHING, NOTHING, FIRST)) == 0


def test_ndcg() -> None:
    found = 1 / log2(2 + 1) + 1 / log2(4 + 1)
    ideal = 1 / log2(1 + 1) + 1 / log2(2 + 1)
    assert ndcg_at(4, (NOTHING, FIRST, FIRST, SECOND), 2) == found / ideal


def test_ndcg_counts_no_repeat_and_nothing_behind_the_cutoff() -> None:
    assert ndcg_at(3, (FIRST, FIRST, FIRST), 1) == 1
    assert ndcg_at(3, (NOTHING, NOTHING, NOTHING, FIRST), 1) == 0


def test_ndcg_of_one_passage_that_holds_all_parts_is_perfect() -> None:
    assert ndcg_at(10, (BOTH,), 2) == 1


def test_ndcg_of_more_parts_than_the_cutoff_is_perfect_when_every_rank_brings_one() -> None:
    assert ndcg_at(2, (FIRST, SECOND), 5) == 1


@given(rankings, cutoffs)
def test_every_metric_lies_between_0_and_1(found: list[frozenset[int]], k: int) -> None:
    metrics = [recall_at(k, found, PARTS), reciprocal_rank_at(k, found), ndcg_at(k, found, PARTS)]
    assert all(0 <= value <= 1 + 1e-12 for value in metrics)


@given(rankings, cutoffs)
def test_looking_further_loses_nothing(found: list[frozenset[int]], k: int) -> None:
    assert recall_at(k, found, PARTS) <= recall_at(k + 1, found, PARTS)
    assert reciprocal_rank_at(k, found) <= reciprocal_rank_at(k + 1, found)


@given(rankings, st.integers(0, 11))
def test_a_wrong_hit_that_moves_behind_a_right_one_loses_nothing(
    found: list[frozenset[int]], place: int
) -> None:
    if place + 1 >= len(found) or found[place]:
        return
    better = [*found[:place], found[place + 1], found[place], *found[place + 2 :]]
    assert ndcg_at(10, better, PARTS) >= ndcg_at(10, found, PARTS) - 1e-12
    assert reciprocal_rank_at(10, better) >= reciprocal_rank_at(10, found)


@given(rankings)
def test_finding_nothing_is_0_in_every_metric(found: list[frozenset[int]]) -> None:
    wrong = [NOTHING] * len(found)
    assert recall_at(10, wrong, PARTS) == reciprocal_rank_at(10, wrong) == 0
    assert ndcg_at(10, wrong, PARTS) == pytest.approx(0)
