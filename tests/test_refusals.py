from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest
from small_site import garden

from eval.refusals import (
    COVERAGES,
    Asked,
    Told,
    ask,
    covered,
    main,
    read_clapnq,
    read_mtrag,
    report,
    risk_at,
)
from eval.seen import is_graded
from rag.assistant import Assistant
from rag.settings import Settings
from rag.types import Turn


def write(file: Path, *entries: object) -> None:
    file.write_text("".join(json.dumps(one) + "\n" for one in entries), encoding="utf-8")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([], "name --clapnq FOLDER, --mtrag FILE or --cases FILE"),
        (["--index", "blog"], "--index is for --cases"),
        (["--index", "blog", "--cases"], "--cases: expected at least one argument"),
        (["--cases", "none.jsonl"], "none.jsonl is no file"),
        (["--mtrag", "."], ". is no file"),
        (["--clapnq", "."], "clapnq_dev_answerable.jsonl is no file"),
    ],
)
def test_without_questions_it_says_what_it_needs_and_prints_no_table(
    given: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(given)
    said = capsys.readouterr()
    assert ended.value.code == 2
    assert told in said.err
    assert said.out == ""


def test_word_coverage_is_the_share_of_telling_words() -> None:
    assert covered("Who ate the young lettuces?", "Slugs ate all lettuces.") == 2 / 3
    assert covered("", "Slugs") == 0


def test_the_risk_at_a_coverage_is_the_share_without_an_answer_among_the_best() -> None:
    rows = np.array([(1, 0, 0.9), (0, 0, 0.8), (1, 0, 0.7), (0, 1, 0.1)], dtype=np.float64)
    assert risk_at(0.25, rows) == 0
    assert risk_at(0.5, rows) == 1 / 2
    assert risk_at(1.0, rows) == 1 / 2


def test_clapnq_gives_all_passages_and_the_questions_that_are_kept_aside(tmp_path: Path) -> None:
    kept = next(n for n in range(20) if is_graded(str(n)))
    trained = next(n for n in range(20) if not is_graded(str(n)))
    for part in ("answerable", "unanswerable"):
        passage = {"title": part, "sentences": ["One.", "Two."]}
        entries = [
            {"id": one, "input": f"{one}?", "passages": [passage]} for one in (kept, trained)
        ]
        write(tmp_path / f"clapnq_dev_{part}.jsonl", *entries)
    posts, asked = read_clapnq(tmp_path)
    assert [post.title for post in posts] == ["answerable"] * 2 + ["unanswerable"] * 2
    assert posts[0].sections[0].text == "One. Two."
    assert asked == [Asked(str(kept), f"{kept}?", one) for one in (True, False)]


def test_mtrag_gives_its_turns_and_leaves_out_what_lies_between(tmp_path: Path) -> None:
    said = [
        {"speaker": "user", "text": "bots?"},
        {"speaker": "agent", "text": "Programs."},
        {"speaker": "user", "text": "and bad ones?"},
    ]
    context = {"document_id": "d", "text": "Bad bots steal."}
    write(
        tmp_path / "dev.jsonl",
        {
            "task_id": "t",
            "answerability": ["ANSWERABLE"],
            "input": said,
            "contexts": [context, context],
        },
        {"task_id": "u", "answerability": ["PARTIAL"], "input": said, "contexts": []},
    )
    posts, asked = read_mtrag(tmp_path / "dev.jsonl")
    assert len(posts) == 1
    assert asked == [Asked("t", "and bad ones?", True, (Turn("bots?", "Programs."),))]


def test_a_set_is_asked_at_the_threshold_in_use_beside_the_floor(tmp_path: Path) -> None:
    settings = Settings(index=garden(tmp_path / "index"), embedding_model="hash")
    questions = [
        Asked("a", "How many lettuces did the bare bed lose?", True),
        Asked("b", "Who won the election of 1932?", False),
    ]
    with Assistant(settings) as assistant:
        told = ask("garden", questions, assistant)
        least = assistant.pipeline.min_answerable
    assert told.ours[:, 0].tolist() == [1, 0]
    assert told.ours[:, 1].tolist() == [float(score < least) for score in told.ours[:, 2]]
    assert told.floor[0, 2] > told.floor[1, 2]


def test_a_question_that_fails_counts_as_the_worst_and_is_told(tmp_path: Path) -> None:
    settings = Settings(index=garden(tmp_path / "index"), embedding_model="hash")
    with Assistant(settings) as assistant:
        told = ask(
            "garden", [Asked(str(one), "word " * 1000, one) for one in (True, False)], assistant
        )
    assert told.ours.tolist() == [[1, 1, 0], [0, 0, 1]]
    assert [one.case_id for one in told.failed] == ["True", "False"]
    assert "garden failed on 2 questions:" in report([told])


def test_no_risk_among_few_questions_is_not_told_as_certain() -> None:
    rows = np.array([(i < 15, 0, 1 - i / 20) for i in range(20)], dtype=np.float64)
    text = report([Told("a", rows, rows)])
    cells = next(line for line in text.splitlines() if line.startswith("| a, words"))
    known = binomtest(0, 2).proportion_ci(method="wilson")
    assert cells.split("|")[2].strip() == f"0.000 [0.000, {known.high:.3f}]"  # a tenth of 20


def test_a_set_of_a_seen_family_is_marked_in_its_rows(tmp_path: Path) -> None:
    settings = Settings(index=garden(tmp_path / "index"), embedding_model="hash")
    questions = [Asked(str(one), "Who ate the lettuces?", one) for one in (True, False)]
    with Assistant(settings) as assistant:
        told = [
            ask("CLAPNQ", questions, assistant, seen="reader, on half of it"),
            ask("garden", questions, assistant),
        ]
    text = report(told)
    assert text.count("| CLAPNQ, seen family ") == 2
    assert text.count("| garden ") == 2
    assert text.endswith(
        "CLAPNQ, seen family: **Seen family**, no headline figures; fitted were: reader, on half"
        " of it."
    )


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
