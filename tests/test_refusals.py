from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from small_site import garden

from eval.refusals import (
    COVERAGES,
    Asked,
    Told,
    ask,
    covered,
    read_clapnq,
    read_mtrag,
    report,
    risk_at,
)
from rag.assistant import Assistant
from rag.settings import Settings
from rag.types import Turn


def write(file: Path, *entries: object) -> None:
    file.write_text("".join(json.dumps(one) + "\n" for one in entries), encoding="utf-8")


def test_word_coverage_is_the_share_of_telling_words() -> None:
    assert covered("Who ate the young lettuces?", "Slugs ate all lettuces.") == 2 / 3
    assert covered("", "Slugs") == 0


def test_the_risk_at_a_coverage_is_the_share_without_an_answer_among_the_best() -> None:
    rows = np.array([(1, 0, 0.9), (0, 0, 0.8), (1, 0, 0.7), (0, 1, 0.1)], dtype=np.float64)
    assert risk_at(0.25, rows) == 0
    assert risk_at(0.5, rows) == 1 / 2
    assert risk_at(1.0, rows) == 1 / 2


def test_both_parts_of_clapnq_give_passages_and_questions(tmp_path: Path) -> None:
    for part in ("answerable", "unanswerable"):
        passage = {"title": part, "sentences": ["One.", "Two."]}
        write(tmp_path / f"clapnq_dev_{part}.jsonl", {"input": "who?", "passages": [passage]})
    posts, asked = read_clapnq(tmp_path)
    assert [post.title for post in posts] == ["answerable", "unanswerable"]
    assert posts[0].sections[0].text == "One. Two."
    assert asked == [Asked("who?", True), Asked("who?", False)]


def test_mtrag_gives_its_turns_and_leaves_out_what_lies_between(tmp_path: Path) -> None:
    said = [
        {"speaker": "user", "text": "bots?"},
        {"speaker": "agent", "text": "Programs."},
        {"speaker": "user", "text": "and bad ones?"},
    ]
    context = {"document_id": "d", "text": "Bad bots steal."}
    write(
        tmp_path / "dev.jsonl",
        {"answerability": ["ANSWERABLE"], "input": said, "contexts": [context, context]},
        {"answerability": ["PARTIAL"], "input": said, "contexts": []},
    )
    posts, asked = read_mtrag(tmp_path / "dev.jsonl")
    assert len(posts) == 1
    assert asked == [Asked("and bad ones?", True, (Turn("bots?", "Programs."),))]


def test_a_set_is_asked_at_the_threshold_in_use_beside_the_floor(tmp_path: Path) -> None:
    settings = Settings(index=garden(tmp_path / "index"), embedding_model="hash")
    questions = [
        Asked("How many lettuces did the bare bed lose?", True),
        Asked("Who won the election of 1932?", False),
    ]
    with Assistant(settings) as assistant:
        told = ask("garden", questions, assistant)
        least = assistant.pipeline.min_answerable
    assert told.ours[:, 0].tolist() == [1, 0]
    assert told.ours[:, 1].tolist() == [float(score < least) for score in told.ours[:, 2]]
    assert told.floor[0, 2] > told.floor[1, 2]


def test_the_report_has_a_line_for_each_set_and_its_curve() -> None:
    rows = np.array([(1, 0, 0.9), (0, 0, 0.8), (0, 1, 0.1)], dtype=np.float64)
    lines = report([Told("ours", rows, rows)]).splitlines()
    assert lines[0].startswith("| set")
    cells = [cell.strip() for cell in lines[2].split("|")[1:-1]]
    assert cells[:3] == ["ours", "1", "2"]
    assert float(cells[6].split()[0]) == pytest.approx(1 / 2)
    assert float(cells[7].split()[0]) == 0
    ours, words = ([cell.strip() for cell in line.split("|")[1:-1]] for line in lines[-2:])
    assert (ours[0], words[0]) == ("ours", "ours, words alone")
    assert ours[1] == "0.000 [0.000, 1.000]"  # the best of three
    assert ours[-1] == words[-1]
    assert ours[-1].startswith("0.667 [")


def test_the_order_of_questions_of_one_score_does_not_count() -> None:
    rows = np.array([(1, 0, 0.5), (1, 0, 0.5), (0, 0, 0.5), (0, 0, 0.5)], dtype=np.float64)
    assert risk_at(0.5, rows) == risk_at(0.5, rows[::-1]) == 1 / 2
    best = np.vstack([[(1, 0, 0.9)], rows])
    assert risk_at(0.4, best) == 1 / 4


def test_a_risk_of_resamples_is_that_of_each() -> None:
    some = np.random.default_rng(0).random((7, 9, 3)).round(1)
    for coverage in COVERAGES:
        each = [float(risk_at(coverage, one)) for one in some]
        assert risk_at(coverage, some).tolist() == pytest.approx(each)
