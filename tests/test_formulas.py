"""The evaluation's own formulas, held against scikit-learn and scipy on rows that are made up.

Why each is own code stands at the head of its module; here it is asked whether it says the same.
Neither has an area under risk and coverage or Holm's correction: those are held against their
definitions. Rankings are held against trec_eval, in test_formulas_of_rankings.py.
"""

from __future__ import annotations

import re
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import (
    balanced_accuracy_score,
    brier_score_loss,
    cohen_kappa_score,
    f1_score,
    precision_score,
    roc_auc_score,
)

from eval.abstention import (
    ANSWERABLE,
    REFUSED,
    SCORE,
    auroc,
    refusal_f1,
    refusal_precision,
    risk_coverage_area,
)
from eval.bootstrap import Floats, Rows, Statistic, difference, estimate, mean, wilson
from eval.figures import CaseGrade
from eval.judging import figures as judging
from eval.paired import holm, mcnemar_p, randomisation_p
from eval.report.plots import plots

# A library's first call takes longer than the rest.
patient = settings(deadline=None)
# Few different scores, so that there are ties, and any others.
scores = st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(0, 1))
bits = st.sampled_from([0.0, 1.0])
question = st.tuples(bits, bits, scores)
questions = st.lists(question, min_size=1, max_size=30).map(np.array)
both_classes = questions.filter(lambda rows: 0 < rows[:, ANSWERABLE].sum() < len(rows))
claim = st.tuples(bits, scores, st.integers(0, 3))
claims = st.lists(claim, min_size=1, max_size=30).map(lambda rows: np.array(rows, dtype=float))


# ---------------------------------------------------------------- abstention


@patient
@given(both_classes)
def test_auroc_is_that_of_scikit_learn(rows: Rows) -> None:
    assert auroc(rows) == pytest.approx(roc_auc_score(rows[:, ANSWERABLE], rows[:, SCORE]))


@patient
@given(questions)
def test_precision_and_f1_of_refusing_are_those_of_scikit_learn(rows: Rows) -> None:
    without, refused = 1 - rows[:, ANSWERABLE], rows[:, REFUSED]
    for ours, theirs in ((refusal_precision, precision_score), (refusal_f1, f1_score)):
        expected = theirs(without, refused, zero_division=np.nan)
        assert ours(rows) == pytest.approx(expected, nan_ok=True)


@patient
@given(st.lists(question, min_size=1, max_size=6).map(np.array))
def test_aurc_is_the_mean_over_every_order_that_the_scores_allow(rows: Rows) -> None:
    areas = [
        np.mean([1 - rows[list(order[:k]), ANSWERABLE].mean() for k in range(1, len(rows) + 1)])
        for order in permutations(range(len(rows)))
        if (np.diff(rows[list(order), SCORE]) <= 0).all()
    ]
    assert risk_coverage_area(rows) == pytest.approx(np.mean(areas))


@patient
@given(both_classes)
def test_the_brier_score_of_a_report_is_that_of_scikit_learn(rows: Rows) -> None:
    assume(len(set(rows[:, SCORE])) > 1)
    graded = [
        CaseGrade(str(i), "", answerable > 0, refused == 0, None, score, None, None, None, None)
        for i, (answerable, refused, score) in enumerate(rows.tolist())
    ]
    (drawn,) = [one for one in plots(graded, seed=0, resamples=5) if "Brier" in one.caption]
    told = re.search(r"Brier score ([\d.]+)", drawn.caption)
    assert told
    expected = brier_score_loss(rows[:, ANSWERABLE], rows[:, SCORE])
    assert float(told[1]) == pytest.approx(expected, abs=0.0006)


@pytest.mark.parametrize("n", [1, 2, 9, 200])
def test_the_interval_of_a_share_is_wilsons_in_scipy(n: int) -> None:
    for k in range(n + 1):
        theirs = stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
        assert wilson(k / n, n) == pytest.approx((theirs.low, theirs.high), abs=1e-6)


# ---------------------------------------------------------------- judges


@patient
@given(claims)
def test_formulas_on_weighted_claims_are_those_of_scikit_learn(rows: Floats) -> None:
    labels, scored, weights = rows.T
    assume(0 < weights @ labels < weights.sum())
    passed = (scored >= 0.5).astype(float)
    for ours, theirs, said in (
        (judging.area(scored, labels), roc_auc_score, scored),
        (judging.brier(scored, labels), brier_score_loss, scored),
        (judging.balanced_accuracy(passed, labels), balanced_accuracy_score, passed),
    ):
        assert ours(weights[None])[0] == pytest.approx(theirs(labels, said, sample_weight=weights))


@patient
@given(claims)
def test_kappa_of_weighted_labels_is_that_of_scikit_learn(rows: Floats) -> None:
    one, other, weights = rows[:, 0], (rows[:, 1] >= 0.5).astype(float), rows[:, 2]
    assume(weights.sum())
    found = judging.kappa(one, other)(weights[None])[0]
    said = {*one[weights > 0], *other[weights > 0]}
    if len(said) == 1:  # scikit-learn warns, and says nan as well
        assert np.isnan(found)
        return
    theirs = cohen_kappa_score(one, other, sample_weight=weights, labels=[0, 1])
    assert found == pytest.approx(theirs)


def test_the_interval_by_group_is_near_that_of_scipy() -> None:
    draw = np.random.default_rng(2)
    labels = draw.integers(0, 2, 120).astype(float)
    scored = draw.normal(0.4 + 0.2 * labels, 0.25).round(1)
    of_group = np.repeat(np.arange(40), 3)
    statistic = judging.area(scored, labels)

    def of_groups(drawn: Floats, axis: int) -> Floats:
        counts = np.apply_along_axis(np.bincount, axis, drawn, minlength=40)
        return statistic(counts.reshape(-1, 40)[:, of_group].astype(float)).reshape(
            counts.shape[:-1]
        )

    theirs = stats.bootstrap(
        (np.arange(40),), of_groups, method="percentile", vectorized=True, n_resamples=4000,
        rng=np.random.default_rng(0),
    ).confidence_interval  # fmt: skip
    ours = judging.interval(statistic, [f"text {i}" for i in of_group], resamples=4000)
    assert ours
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.01)


# ---------------------------------------------------------------- intervals


def percentile_of_scipy(n: int, statistic: Statistic, rows: Rows, seed: int) -> tuple[float, ...]:
    """Of questions drawn by number, so that the columns of one stay together."""
    found = stats.bootstrap(
        (np.arange(n),), lambda drawn, axis: statistic(rows[drawn]), method="percentile",
        vectorized=True, n_resamples=300, rng=np.random.default_rng(seed),
    ).confidence_interval  # fmt: skip
    return float(found.low), float(found.high)


def test_the_bootstrap_is_that_of_scipy_with_the_same_draws() -> None:
    for seed, n in enumerate((2, 7, 40, 5000)):  # the last is drawn in blocks
        draw = np.random.default_rng(seed)
        answerable = np.append([0, 1], draw.integers(0, 2, n - 2))
        rows = np.stack([answerable, draw.integers(0, 2, n), draw.random(n).round(1)], axis=1)
        for statistic in (mean, risk_coverage_area):
            found = estimate(rows, statistic, seed=seed, resamples=300)
            assert found
            assert found.value == statistic(rows)
            expected = percentile_of_scipy(n, statistic, rows, seed)
            assert (found.low, found.high) == pytest.approx(expected)


def test_a_paired_difference_is_that_of_scipy_with_the_same_draws() -> None:
    for seed, n in enumerate((3, 50)):
        now, before = np.random.default_rng(seed).random((2, n, 1))
        found = difference(now, before, mean, seed=seed, resamples=300)
        assert found
        assert found.value == pytest.approx((now - before).mean())
        expected = percentile_of_scipy(n, mean, now - before, seed)
        assert (found.low, found.high) == pytest.approx(expected)


# ---------------------------------------------------------------- tests of two runs


def exact_p_of_scipy(rows: Rows, baseline: Rows, statistic: Statistic) -> float:
    """Of all ways of swapping answers by question, which are numbered to stay whole."""
    n, runs = len(rows), np.concatenate([rows, baseline])

    def apart(one: Floats, other: Floats, axis: int) -> Floats:
        # Swaps that lie equally far apart are told so by scipy only where rounding is small beside
        # the difference itself.
        return np.round(statistic(runs[one]) - statistic(runs[other]), 12)

    found = stats.permutation_test(
        (np.arange(n), n + np.arange(n)), apart, permutation_type="samples", vectorized=True,
        n_resamples=np.inf,
    )  # fmt: skip
    return float(found.pvalue)


runs_of_one_set = st.lists(st.tuples(bits, bits, scores, bits, scores), min_size=2, max_size=9).map(
    np.array
)


@settings(deadline=None, max_examples=25)
@given(runs_of_one_set)
def test_randomisation_comes_near_every_swap_in_scipy(both: Rows) -> None:
    rows, baseline = both[:, :3], both[:, [0, 3, 4]]  # the same questions in two runs
    statistics: list[Statistic] = [lambda some: mean(some[..., 2:]), risk_coverage_area]
    if 0 < both[:, 0].sum() < len(both):  # what is not defined for a swap has no p in scipy
        statistics += [auroc, refusal_f1]
    for statistic in statistics:
        exact = exact_p_of_scipy(rows, baseline, statistic)
        found = randomisation_p(rows, baseline, statistic)
        chance = np.sqrt(exact * (1 - exact) / 5000)
        assert found == pytest.approx(exact, abs=5 * chance + 1 / 5000)


@patient
@given(st.integers(0, 400), st.integers(0, 400))
def test_mcnemar_is_the_binomial_test_of_scipy(better: int, worse: int) -> None:
    assume(better + worse)
    assert mcnemar_p(better, worse) == pytest.approx(
        stats.binomtest(better, better + worse).pvalue, rel=1e-9
    )


@patient
@given(st.lists(st.sampled_from([0.001, 0.01, 0.02, 0.05, 0.4, 1.0]), max_size=6))
def test_holm_is_bonferroni_of_every_set_that_holds_the_test(ps: list[float]) -> None:
    # Closed testing (Marcus, Peritz and Gabriel, 1976), of which Holm's is the short form.
    places = range(len(ps))
    expected = [
        max(
            min(1.0, size * min(ps[place] for place in some))
            for size in range(1, len(ps) + 1)
            for some in combinations(places, size)
            if one in some
        )
        for one in places
    ]
    assert holm(ps) == pytest.approx(expected)
