from __future__ import annotations

from typing import Literal

import pytest

from eval.bootstrap import Estimate, Figure
from eval.figures import METRICS
from eval.gate import check, short_name, threshold
from rag.errors import ConfigError

FIGURES = (Figure("Recall@5", Estimate(0.8, 0.7, 0.9, 20)), Figure("says what it must", None))


def test_every_metric_can_be_named_without_quotation_marks() -> None:
    names = [short_name(metric.name) for metric in METRICS]
    assert len(set(names)) == len(METRICS)
    assert not [name for name in names if set(name) - set("abcdefghijklmnopqrstuvwxyz0123456789@-")]
    for metric in METRICS:
        side: Literal["under", "over"] = "over" if metric.lower_is_better else "under"
        assert threshold(f"{short_name(metric.name)}=0.5", side).metric == metric.name
        assert threshold(f"{metric.name}=0.5", side).metric == metric.name


@pytest.mark.parametrize(("bound", "ok"), [("0.8", True), ("0.81", False), (" .5 ", True)])
def test_the_bound_itself_is_kept_to(bound: str, ok: bool) -> None:
    (one,) = check([threshold(f"recall@5={bound}", "under")], FIGURES)
    assert one.ok is ok


def test_a_missed_threshold_names_figure_and_bound() -> None:
    (one,) = check([threshold("recall@5=.9", "under")], FIGURES)
    assert one.told == "Recall@5: 0.8 is not at least 0.9"


def test_what_could_not_be_measured_fails() -> None:
    (one,) = check([threshold("says-what-it-must=0", "under")], FIGURES)
    assert not one.ok
    assert one.told == "says what it must: could not be measured, and the threshold is 0"


def test_an_unknown_metric_is_told_with_those_that_there_are() -> None:
    with pytest.raises(ConfigError, match="no metric 'recall'") as told:
        threshold("recall=0.5", "under")
    assert "recall@5" in told.value.hint
    assert "citation-recall-sentence" in told.value.hint


@pytest.mark.parametrize("text", ["recall@5", "recall@5=", "recall@5=high", "recall@5=nan"])
def test_a_threshold_needs_a_number(text: str) -> None:
    with pytest.raises(ConfigError):
        threshold(text, "under")


def test_a_threshold_on_the_good_side_is_refused() -> None:
    with pytest.raises(ConfigError, match="lower is better") as told:
        threshold("median-ms=200", "under")
    assert "--fail-over median-ms=200" in told.value.hint
    with pytest.raises(ConfigError, match="higher is better"):
        threshold("recall@5=0.5", "over")
    assert threshold("median-ms=200", "over").bound == 200
