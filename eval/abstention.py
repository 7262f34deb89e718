"""Does the system answer what the posts answer, and refuse the rest? Formulas on many questions.

Each works on rows of questions in the columns `ANSWERABLE, REFUSED, SCORE`, and gives nan where
the rows do not define it, so that `eval.bootstrap` can resample them.

Own functions: scikit-learn grades one set of questions at a time, which took sixty times as long
for the AUROC of 2,000 resamples, and has no AURC. The tests hold these against it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from eval.bootstrap import Floats, Rows

ANSWERABLE, REFUSED, SCORE = range(3)
"""Columns: the posts answer (0 or 1), the system refused (0 or 1), its own score that they do."""


def refusal_precision(rows: Rows) -> Floats:
    """TP / (TP + FP), the share of the refused that have no answer; nan if none is refused."""
    right, wrong, _ = _refusals(rows)
    return _share(right, right + wrong)


def refusal_f1(rows: Rows) -> Floats:
    """2 TP / (2 TP + FP + FN) of refusing; nan if nothing is, or should be, refused.

    van Rijsbergen, 1979, Information Retrieval, chapter 7.
    """
    right, wrong, missed = _refusals(rows)
    return _share(2 * right, 2 * right + wrong + missed)


def auroc(rows: Rows) -> Floats:
    """That an answerable question scores above one without an answer, ties counting half.

    In [0, 1]; .5 is chance; nan without one of the two. Mann and Whitney, 1947; Fawcett, 2006,
    https://doi.org/10.1016/j.patrec.2005.10.010.
    """
    return _each(rows, _auroc)


def risk_coverage_area(rows: Rows) -> Floats:
    """Mean risk over all coverages (AURC), in [0, 1]; lower is better.

    Questions are answered in the order of their scores, best first; the risk at a coverage is
    the share of those answered that have no answer. Equal scores count as in a mean over all
    their orders, so one score for all gives the share of questions without an answer. Geifman
    and El-Yaniv, 2017, https://arxiv.org/abs/1705.08500; El-Yaniv and Wiener, 2010. Only the
    choice to answer is graded here, not what the answer says.
    """
    return _each(rows, _risk_coverage_area)


def risks(scores: Floats, without: Floats) -> Floats:
    """The risk when the first 1, 2, … n questions are answered, in the order of their scores.

    Args:
        scores: Of each question.
        without: 1 where it has no answer, else 0.
    """
    _, group, sizes = np.unique(-scores, return_inverse=True, return_counts=True)
    errors = np.bincount(group, weights=without, minlength=len(sizes))
    # Inside a group of equal scores every place carries the group's mean error.
    expected = np.repeat(errors / sizes, sizes)
    return np.asarray(np.cumsum(expected) / np.arange(1, len(scores) + 1))


def _auroc(rows: Rows) -> float:
    answerable = rows[:, ANSWERABLE] > 0
    yes = np.sort(rows[answerable, SCORE])
    no = rows[~answerable, SCORE]
    if not len(yes) or not len(no):
        return np.nan
    not_above = np.searchsorted(yes, no, side="right")
    equal = not_above - np.searchsorted(yes, no, side="left")
    return float((len(yes) - not_above + equal / 2).sum() / (len(yes) * len(no)))


def _risk_coverage_area(rows: Rows) -> float:
    return float(risks(rows[:, SCORE], 1 - rows[:, ANSWERABLE]).mean())


def _each(rows: Rows, of_one: Callable[[Rows], float]) -> Floats:
    flat = rows.reshape(-1, *rows.shape[-2:])
    return np.array([of_one(one) for one in flat]).reshape(rows.shape[:-2])


def _refusals(rows: Rows) -> tuple[Floats, Floats, Floats]:
    """Rightly refused, wrongly refused, not refused though without an answer."""
    answerable, refused = rows[..., ANSWERABLE], rows[..., REFUSED]
    right = np.asarray(((1 - answerable) * refused).sum(axis=-1))
    wrong = np.asarray((answerable * refused).sum(axis=-1))
    return right, wrong, np.asarray((1 - answerable).sum(axis=-1)) - right


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole > 0)
