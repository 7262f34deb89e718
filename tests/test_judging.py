from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from chatting import assistant
from numpy.typing import NDArray
from openai_server import Reply, serving
from scipy.stats import spearmanr
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from small_site import garden
from typer.testing import CliRunner

from eval.datasets.labelled import DataSet, Family, Labelled
from eval.datasets.registry import load_sets
from eval.hashes import settings_sha256
from eval.judging.by_name import NamedJudge, load_judge, word_coverage
from eval.judging.evidence import MOST, nearest, statements
from eval.judging.figures import (
    area,
    best_threshold,
    calibration_error,
    cross_fitted,
    difference,
    interval,
    rank_correlation,
)
from eval.judging.hold import AREA, AT_FITTED, AT_SHIPPED, LET_THROUGH, RANK, judge_set, reliability
from eval.judging.report import judges_json, judges_text
from rag.errors import ConfigError, ModelUnavailable
from rag.settings import Settings
from ui.cli import app

SAMPLES = Path(__file__).parent / "data" / "datasets"
N = 60
DRAW = np.random.default_rng(1)
LABELS = DRAW.integers(0, 2, N).astype(np.float64)
DRAWN: NDArray[np.float64] = np.asarray(DRAW.normal(0.4 + 0.2 * LABELS, 0.25), np.float64)
SCORES = DRAWN.clip(0, 1).round(1)  # with ties
WEIGHTS = DRAW.integers(0, 4, (3, N)).astype(np.float64)
GROUPS = [f"text {i // 3}" for i in range(N)]


def test_a_weight_is_the_same_claim_so_many_times() -> None:
    for row, weights in enumerate(WEIGHTS):
        places = np.repeat(np.arange(N), weights.astype(int))
        assert calibration_error(SCORES, LABELS)(WEIGHTS)[row] == pytest.approx(
            calibration_error(SCORES[places], LABELS[places])(np.ones((1, len(places))))[0]
        )
        assert rank_correlation(SCORES, LABELS)(WEIGHTS)[row] == pytest.approx(
            spearmanr(SCORES[places], LABELS[places]).statistic
        )


def test_calibration_error_by_hand() -> None:
    scores, labels = np.array([0.15, 0.19, 0.95, 1.0]), np.array([0.0, 1.0, 1.0, 1.0])
    low, high = abs((0.15 + 0.19) / 2 - 1 / 2), abs((0.95 + 1.0) / 2 - 1)
    assert calibration_error(scores, labels)(np.ones((1, 4)))[0] == pytest.approx(
        2 / 4 * low + 2 / 4 * high
    )


def test_reliability_tells_each_bin_that_holds_claims() -> None:
    first, second = reliability(np.array([0.1, 0.19, 1.0]), np.array([0.0, 1.0, 1.0]))
    assert (first.low, first.high, first.n, first.supported) == (0.1, 0.2, 2, 0.5)
    assert first.said == pytest.approx(0.145)
    assert (second.low, second.n, second.supported) == (0.9, 1, 1.0)


def test_an_interval_is_wider_where_claims_hang_together() -> None:
    alone = interval(area(SCORES, LABELS), [str(i) for i in range(N)], resamples=500)
    # Twice the claims, each twice: no more is known than before.
    twice = area(np.tile(SCORES, 2), np.tile(LABELS, 2))
    held = interval(twice, [str(i % N) for i in range(2 * N)], resamples=500)
    loose = interval(twice, [str(i) for i in range(2 * N)], resamples=500)
    assert alone
    assert held
    assert loose
    assert alone.value == held.value == loose.value == pytest.approx(roc_auc_score(LABELS, SCORES))
    assert held.high - held.low == pytest.approx(alone.high - alone.low, abs=0.03)
    assert loose.high - loose.low < 0.85 * (held.high - held.low)


def test_a_figure_that_is_not_defined_has_no_interval() -> None:
    assert interval(area(SCORES, np.ones(N)), GROUPS, resamples=10) is None
    assert interval(area(SCORES, LABELS), [], resamples=10) is None


def test_a_judge_does_not_differ_from_itself() -> None:
    same = interval(difference(area(SCORES, LABELS), area(SCORES, LABELS)), GROUPS, resamples=50)
    assert same
    assert (same.value, same.low, same.high) == (0, 0, 0)


def test_a_cross_fitted_threshold_has_not_seen_the_claims_it_decides_on() -> None:
    passed = cross_fitted(SCORES, LABELS, GROUPS)
    assert set(passed) <= {0.0, 1.0}
    # Labels that only the group itself could tell: what is fitted elsewhere does not help.
    own = np.array([float(i // 3 % 2) for i in range(N)])
    assert balanced_accuracy_score(own, cross_fitted(DRAW.random(N), own, GROUPS)) < 0.75
    assert np.isnan(cross_fitted(SCORES, LABELS, ["one"] * N)).all()


def test_the_best_threshold_is_where_balanced_accuracy_is_highest() -> None:
    cut = best_threshold(SCORES, LABELS)
    best = max(
        balanced_accuracy_score(LABELS, np.greater_equal(SCORES, one)) for one in np.unique(SCORES)
    )
    assert balanced_accuracy_score(LABELS, np.greater_equal(SCORES, cut)) == pytest.approx(best)


# ---------------------------------------------------------------- evidence


def test_of_long_evidence_the_sentences_with_the_claims_rare_words_are_kept_in_order() -> None:
    filler = [f"The garden was green on day {i}." for i in range(30)]
    told = "Wool mulch saved the lettuces."
    found = nearest("Wool saved lettuces in the garden.", (*filler[:20], told, *filler[20:]))
    assert len(found) == MOST
    assert found[-1] == told  # the others share "garden" alone, and the first of them are taken
    assert list(found[:-1]) == filler[: MOST - 1]


def test_short_evidence_is_kept_whole() -> None:
    assert nearest("Anything.", ("One thing. Another.", "A third.")) == (
        "One thing.", "Another.", "A third.",
    )  # fmt: skip
    assert statements("It rained. Nothing grew.") == ("It rained.", "Nothing grew.")


# ---------------------------------------------------------------- judging


def items(*rows: tuple[str, float]) -> tuple[Labelled, ...]:
    return tuple(
        Labelled(str(i), claim, ("Wool mulch saved the lettuces.",), label, str(i))
        for i, (claim, label) in enumerate(rows)
    )


def data(*rows: tuple[str, float], graded: bool = False) -> DataSet:
    family = Family("own", "Own", "CC0", "here", "yes", (), lambda _: iter(()), graded)
    return DataSet(family, (), items(*rows))


TEN = [("Wool saved lettuces.", 1.0), ("Beer drowned slugs.", 0.0)] * 5


def test_a_judge_that_is_right_and_one_that_says_the_same_of_all() -> None:
    judges = [NamedJudge("words", word_coverage, 0.5), NamedJudge("same", lambda *_: 0.3)]
    grade = judge_set(data(*TEN), judges, resamples=50)
    right, same = grade.judges
    found = {one.name: one.estimate for one in right.figures}
    for name in (AT_SHIPPED, AT_FITTED, AREA):
        assert (one := found[name])
        assert (one.value, one.n) == (1, 10)
    assert (passed := found[LET_THROUGH])
    assert passed.value == 0
    blind = judge_set(data(*TEN), [NamedJudge("yes", lambda *_: 1.0, 0.5)], resamples=50).judges[0]
    assert (passed := {one.name: one.estimate for one in blind.figures}[LET_THROUGH])
    assert (passed.value, passed.low, passed.high) == (1, 1, 1)
    (beside,) = same.beside
    assert beside.estimate
    assert beside.estimate.value == pytest.approx(0.5 - 1)
    assert beside.estimate.excludes_zero
    assert right.beside == ()
    assert {one.name: one.estimate for one in same.figures}[AT_SHIPPED] is None


def test_a_claim_is_as_good_as_its_worst_sentence_and_an_answer_as_its_mean() -> None:
    both = "Wool saved lettuces. Beer drowned slugs."
    judge = [NamedJudge("words", word_coverage)]
    assert judge_set(data((both, 0.0)), judge, resamples=5).judges[0].scores.tolist() == [0]
    graded = judge_set(data((both, 2.5), *TEN, graded=True), judge, resamples=20)
    assert graded.judges[0].scores[0] == 0.5
    assert [one.name for one in graded.judges[0].figures] == [RANK]


def test_a_claim_that_a_judge_fails_on_counts_as_wrong_and_is_listed() -> None:
    def fails(claim: str, evidence: Sequence[str]) -> float | None:
        return None if "Beer" in claim else word_coverage(claim, evidence)

    (judge,) = judge_set(data(*TEN), [NamedJudge("fails", fails, 0.5)], resamples=20).judges
    assert judge.failed == ("1", "3", "5", "7", "9")
    assert judge.figures[0].estimate
    assert judge.figures[0].estimate.value == 0.5


def test_the_report_tells_source_licence_hash_and_that_a_family_is_seen() -> None:
    (wice,) = load_sets(["wice"], SAMPLES)
    grade = judge_set(wice, [NamedJudge("words", word_coverage)], resamples=20)
    text, whole = judges_text([grade], resamples=20), json.loads(judges_json([grade], resamples=20))
    assert f"sha256 {wice.files[0].sha256}" in text
    assert "Licence: ODC-BY" in text
    assert "**Seen family**, no headline figures" in text
    (one,) = whole["sets"]
    assert (one["n"], one["headline"], one["left_out"]) == (3, False, {"no evidence": 1})
    assert one["judges"][0]["scores"].keys() == {"test01", "test02", "test03"}
    assert text.splitlines()[-1].startswith("Made with code sha256 ")
    assert whole["made_with"]["code_sha256"][:12] in text
    settings = Settings(embedding_model="hash")
    assert settings_sha256(settings)[:12] in judges_text([grade], settings, resamples=20)
    told = json.loads(judges_json([grade], settings, resamples=20))
    assert told["made_with"]["settings_sha256"] == settings_sha256(settings)


def of_length(claim: str, evidence: list[str]) -> int:
    return len(claim) - len(evidence)


def test_anybodys_function_can_judge() -> None:
    judge = load_judge("test_judging:of_length")
    assert judge.score("abcd", ("x",)) == 3
    with pytest.raises(ConfigError, match=r"There is no judge 'nobody'.*module:function"):
        load_judge("nobody")


def test_a_folder_of_data_is_judged_from_the_command_line(tmp_path: Path) -> None:
    out = tmp_path / "judges.json"
    arguments = ["eval", "judge", "begin", "qags", str(SAMPLES), "--judge", "words"]
    first = CliRunner().invoke(app, [*arguments, "--out", str(out)])
    assert first.exit_code == 0, first.output
    assert "## BEGIN" in first.stdout
    assert "## QAGS" in first.stdout
    again = CliRunner().invoke(app, [*arguments, "--json"])
    assert again.stdout == out.read_text(encoding="utf-8")


def test_the_shipped_judge_and_a_chat_model_judge_beside_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "hash")

    def says(messages: list[dict[str, str]]) -> str:
        assert "- The bed with wool lost three of forty lettuces." in messages[1]["content"]
        copper = "copper" in messages[1]["content"].casefold().split("<claim>")[1]
        return "Perhaps." if copper else "<think>no</think>Yes."

    with serving(Reply(says=says)) as server:
        monkeypatch.setenv("PULLQUOTE_CHAT_BASE_URL", server.url)
        judges = (f"--judge {name}" for name in ("shipped", "chat", "meaning"))
        typed = f"eval judge qags {SAMPLES} {' '.join(judges)} --chat-model openai:scripted --json"
        result = CliRunner().invoke(app, typed.split())
    assert result.exit_code == 0, result.output
    shipped, chat, meaning = json.loads(result.stdout)["sets"][0]["judges"]
    assert shipped["judge"] == "shipped (overlap)"
    assert 0 < shipped["threshold"] < 1
    assert chat["failed"] == ["mturk_xsum-1-1"]
    assert chat["scores"] == {"mturk_xsum-1-0": 1.0, "mturk_xsum-1-1": 1.0}
    assert all(-1 <= score <= 1 for score in meaning["scores"].values())


def test_a_shipped_judge_that_is_a_chat_model_may_fail_at_a_claim(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
    index, yes, no = garden(tmp_path / "index"), Reply(("Yes.",)), Reply(status=401)
    with (
        serving(yes, no, yes, no) as server,
        assistant(server, index, judge_model="chat", min_support=None) as opened,
    ):
        judge = load_judge("shipped", opened)
        assert [judge.score(claim, ["Wool helps."]) for claim in "abc"] == [1.0, None, 1.0]
        with pytest.raises(ModelUnavailable):  # it would fail every claim alike
            load_judge("shipped", opened).score("d", ["Wool helps."])


def test_a_chat_model_must_be_named_to_judge() -> None:
    result = CliRunner().invoke(app, ["eval", "judge", "qags", str(SAMPLES), "--judge", "chat"])
    assert result.exit_code == 1
    assert "--chat-model" in result.output
