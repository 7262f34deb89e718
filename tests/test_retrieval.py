from __future__ import annotations

import pytest
from eval_parts import COPPER, WOOL, case

from eval.cases.gold import RetrievedText
from eval.retrieval import RANK_METRICS, grade_ranking, rank_metrics

CASES = (case("wool", WOOL), case("moon"), case("copper", COPPER))
WRONG = RetrievedText("garden.example/2", "We compared five beds.")
RIGHT = {
    one.id: [RetrievedText("garden.example/2", one.gold[0].quote)] for one in CASES if one.gold
}
GOOD = [RIGHT["wool"], [WRONG], RIGHT["copper"]]
HALF = [RIGHT["wool"], [], [WRONG, *RIGHT["copper"]]]


def test_each_ranking_has_all_figures_and_its_difference_to_the_baseline() -> None:
    good, half = rank_metrics(CASES, {"good": GOOD, "half": HALF}, baseline="half", resamples=50)
    assert [one.name for one in good.figures] == list(RANK_METRICS)
    assert [one.estimate and one.estimate.value for one in good.figures] == [1, 1, 1, 1, 1]
    assert half.figures[0].estimate is not None
    assert half.figures[0].estimate.value == 1 / 2
    assert half.differences == ()
    assert good.differences[0].estimate is not None
    assert good.differences[0].estimate.value == 1 / 2
    assert good.differences[1].estimate is not None
    assert good.differences[1].estimate.value == 0


def test_unanswerable_cases_have_nothing_to_find() -> None:
    (only,) = rank_metrics(CASES, {"good": GOOD}, baseline="good", resamples=5)
    assert {one.estimate.n for one in only.figures if one.estimate} == {2}


def test_hits_behind_the_tenth_do_not_count() -> None:
    graded = grade_ranking(CASES[0], [WRONG] * 10 + RIGHT["wool"])
    assert (graded.recall_10, graded.reciprocal_rank, graded.ndcg) == (0, 0, 0)


def test_a_ranking_that_does_not_fit_the_cases_is_refused() -> None:
    with pytest.raises(ValueError, match="'short' has 1 lists for 3 cases"):
        rank_metrics(CASES, {"short": GOOD[:1]}, baseline="short")


def test_an_unknown_baseline_is_refused() -> None:
    with pytest.raises(ValueError, match="no ranking 'words'"):
        rank_metrics(CASES, {"good": GOOD}, baseline="words")
