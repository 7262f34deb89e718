"""Which further sentences are quoted, on numbers of our own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from eval_parts import case
from small_site import garden

from eval.fit.observe import Observation
from eval.fit.ranked import Ranked
from eval.fit.shares import Shares, best_share, best_shares, cited, mean_f1, observe_clapnq
from rag.settings import Settings

HERE, THERE = "post#0", "post#1"


def asked(*sentences: tuple[str, float, bool]) -> tuple[Observation, Ranked]:
    """A question whose sentences stand in these sections; each right one is a part of its own."""
    right = [i for i, one in enumerate(sentences) if one[2]]
    marks = tuple(np.asarray([[i == part for part in right]]) for i in range(len(sentences)))
    observed = Observation(
        case=case("asked"),
        texts=(),
        sections=tuple(name for name, _, _ in sentences),
        passages=np.zeros((len(sentences), 4)),
        right=np.zeros((len(sentences), 1), dtype=bool),
        sentences=(),
        gold=marks,
    )
    order = sorted(((i, 0, one[1]) for i, one in enumerate(sentences)), key=lambda e: -e[2])
    return observed, Ranked(np.arange(len(sentences)), np.ones(len(sentences)), order)


ONE = asked((HERE, 0.8, True), (HERE, 0.5, True), (THERE, 0.6, False), (HERE, 0.2, False))


def test_a_sentence_of_the_best_ones_section_needs_less() -> None:
    assert cited(*ONE, Shares(0.9, 0.9)) == (1.0, 0.5)
    assert cited(*ONE, Shares(0.9, 0.6)) == (1.0, 1.0)
    assert cited(*ONE, Shares(0.7, 0.6)) == (2 / 3, 1.0)


def test_four_sentences_are_quoted_at_most() -> None:
    six = asked(*[(HERE, 0.9, True)] * 6)
    assert cited(*six, Shares(0.5, 0.5)) == (1.0, 4 / 6)


def test_the_best_shares_keep_out_what_is_wrong_and_let_in_what_is_right() -> None:
    elsewhere, near = 0.6 / 0.8, 0.5 / 0.8
    found = best_shares([[ONE], [ONE]])
    assert found.elsewhere > elsewhere
    assert 0.25 < found.near <= near
    assert mean_f1([ONE], found) == 1.0
    alone = best_share([ONE])
    assert alone.elsewhere == alone.near
    assert mean_f1([ONE], alone) == pytest.approx(2 * (2 / 3) / (2 / 3 + 1))


def test_families_count_the_same_however_many_questions_they_have() -> None:
    short = asked((HERE, 0.8, True), (HERE, 0.5, False))
    long = asked((HERE, 0.8, True), (HERE, 0.5, True), (HERE, 0.5, True), (HERE, 0.5, True))
    # One more sentence costs the short ones a third of F1; it gives the long ones more.
    assert best_shares([[short] * 9, [long]]).near <= 0.5 / 0.8
    assert best_shares([[short] * 9 + [long]]).near > 0.5 / 0.8


def test_a_passage_of_clapnq_is_observed_by_itself(tmp_path: Path) -> None:
    from eval.seen import is_graded

    numbers = [n for n in range(20) if not is_graded(str(n))][:2]

    def entry(number: int) -> str:
        sentences = [f"Bed {number} held peas .", "They were sown late .", "Peas climb ."]
        return json.dumps({
            "id": number, "input": f"what did bed {number} hold",
            "passages": [{"title": f"Beds {number}", "sentences": sentences}],
            "output": [{"answer": "", "selected_sentences": sentences[:2]}],
        })  # fmt: skip

    (tmp_path / "clapnq_dev_answerable.jsonl").write_text(
        "\n".join(map(entry, numbers)), encoding="utf-8"
    )
    (tmp_path / "clapnq_dev_unanswerable.jsonl").write_text("", encoding="utf-8")
    settings = Settings(index=garden(tmp_path / "index"), embedding_model="hash")
    found = observe_clapnq(tmp_path, settings, None)
    assert [one.case.question for one in found] == [f"what did bed {n} hold" for n in numbers]
    for one in found:
        assert len(set(one.sections)) == 1
        assert sum(int(marks.sum()) for marks in one.gold) == 2
        assert one.gold[0].shape == (3, 2)
