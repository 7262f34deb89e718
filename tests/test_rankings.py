from __future__ import annotations

from dataclasses import replace

import numpy as np
from eval_parts import SOW, WOOL, case

from eval.cases.gold import Gold, RetrievedText
from eval.fit.models import fit_passage, fold_numbers
from eval.fit.observe import Observation
from eval.rankings import BOTH, LATE, MEANING, WORDS, compare_rankings, held_text, ranking_scores
from rag.calibration import PASSAGE_FEATURES

# Columns: late, cosine, words, share. Late interaction alone tells right from wrong, and
# the wrong one comes first where nothing else does.
RIGHT = (0.9, 0.5, 0.4, 0.0)
WRONG = (0.2, 0.5, 0.4, 0.0)
UNSEEN = (0.1, 0.1, 0.0, 0.0)


def question(number: int, gold: Gold) -> Observation:
    found = RetrievedText(f"garden.example/{gold.post_id.rpartition('/')[2]}", gold.quote)
    other = RetrievedText("garden.example/77", "Something else.")
    shift = np.asarray([0.0, 0.01, 0.02, 0.0]) * (number % 3)
    return Observation(
        case=case(f"q{number}", gold),
        texts=(other, found, other),
        sections=("garden.example/1#0",) * 3,
        passages=np.asarray([WRONG, RIGHT, UNSEEN]) + shift,
        right=np.asarray([[False], [True], [False]]),
        sentences=(np.zeros((1, 6)),) * 3,
        gold=(np.zeros((1, 1), dtype=bool),) * 3,
    )


QUESTIONS = [question(n, WOOL if n % 2 else SOW) for n in range(10)]


def recall_at_1(baseline: str) -> dict[str, float]:
    found = compare_rankings(QUESTIONS, baseline=baseline)
    return {one.name: one.figures[0].estimate.value for one in found if one.figures[0].estimate}


def test_a_ranking_sees_only_what_it_is_named_after() -> None:
    assert recall_at_1(WORDS) == {WORDS: 0.0, MEANING: 0.0, BOTH: 0.0, LATE: 1.0}


def test_words_rank_nothing_that_no_word_found() -> None:
    scores = ranking_scores(QUESTIONS)[WORDS][0]
    assert scores[0] == 0.4
    assert scores[2] == -np.inf


def test_what_no_candidate_holds_is_told() -> None:
    lost = replace(QUESTIONS[0], right=np.zeros((3, 1), dtype=bool))
    told = held_text([*QUESTIONS[1:], lost])
    assert told.startswith("10 answerable questions, 3 candidates in the median; ")
    assert "hold the answer to 0.900 [" in told


def test_differences_are_to_the_baseline() -> None:
    (late,) = (one for one in compare_rankings(QUESTIONS, baseline=MEANING) if one.name == LATE)
    estimate = late.differences[0].estimate
    assert estimate
    assert estimate.value == 1.0


def test_a_feature_that_is_not_used_gets_no_weight() -> None:
    fitted = fit_passage(QUESTIONS, ("words", "cosine"))
    by_name = dict(zip(PASSAGE_FEATURES, fitted.weights.tolist(), strict=True))
    assert by_name["late"] == by_name["share"] == 0.0


def test_a_question_is_ranked_by_weights_that_have_not_seen_it() -> None:
    folds = fold_numbers(10)
    assert sorted(np.bincount(folds).tolist()) == [2, 2, 2, 2, 2]
    others = [q for q, fold in zip(QUESTIONS, folds, strict=True) if fold != folds[0]]
    expected = fit_passage(others).score(QUESTIONS[0].passages)
    assert np.allclose(ranking_scores(QUESTIONS)[LATE][0], expected)
