"""Answer relevance by vectors: the formula, and who takes part in the figure."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from eval_parts import WOOL, answer, case, cited, file_of
from small_site import garden

from eval.cases.cases import Case
from eval.gate import threshold
from eval.grade import Failure, grade_case
from eval.journal import open_journal
from eval.relevance import Relevance
from eval.report.as_json import json_report, load_report
from eval.run import evaluate
from rag.assistant import Assistant
from rag.embedding.embedder import HashEmbedder
from rag.record import AnswerRecord
from rag.settings import Settings
from rag.types import Turn

MODEL = HashEmbedder()
METRIC = "answer relevance (cosine)"


def says(text: str, question: str = "wool?", *turns: str) -> float | None:
    asked = Case("a", "fact", question, tuple(Turn(one, "") for one in turns), gold=(WOOL,))
    return graded(asked, answer("a", cited(WOOL), text=text))


def graded(asked: Case, came: AnswerRecord | Failure) -> float | None:
    return Relevance(MODEL).graded(asked, grade_case(asked, came), came).relevance


def cosine(one: str, other: str) -> float:
    a, b = (MODEL.embed_question(text).question for text in (one, other))
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def test_it_is_the_cosine_of_question_and_answer_and_never_below_zero() -> None:
    assert says("Wool kept slugs out.") == pytest.approx(cosine("wool?", "Wool kept slugs out."))
    assert says("wool") == 1  # repeating the question earns the most: what the figure is not
    texts = [f"copper {i} tape {i * 7}" for i in range(40)]
    below = [text for text in texts if cosine("wool?", text) < 0]
    assert below
    assert {says(text) for text in below} == {0.0}


def test_a_question_that_follows_on_is_taken_with_the_one_before_it() -> None:
    said = "The bare bed lost many lettuces."
    found = says(said, "And copper?", "What about slugs?", "How many lettuces were lost?")
    assert found == pytest.approx(cosine("How many lettuces were lost? And copper?", said))


def test_a_long_answer_counts_with_as_much_as_the_model_reads() -> None:
    words = [f"word{i}" for i in range(MODEL.max_tokens + 50)]
    assert says(" ".join(words)) == says(" ".join(words[: MODEL.max_tokens]))


def test_a_refusal_takes_no_part_and_a_failure_earns_the_worst() -> None:
    assert graded(case("a"), answer("a")) is None
    assert graded(case("a"), Failure("a", "asleep")) == 0


def test_a_run_has_it_over_what_was_answered_and_beside_trivial_systems(tmp_path: Path) -> None:
    question = "How many lettuces did the bed with wool mulch lose?"
    gold = [{"post_id": "2", "heading": "Results", "quote": WOOL.quote}]
    lines = [
        {"id": "a", "kind": "fact", "question": question, "answerable": True, "gold": gold},
        {"id": "b", "kind": "far", "question": "Xyzzy plugh?", "answerable": False},
    ]
    settings = Settings(index=garden(tmp_path / "index"), embedding_model="hash")
    with Assistant(settings, embedder=MODEL) as one, open_journal(None) as journal:
        result = evaluate(one, file_of(tmp_path, *lines), journal=journal, resamples=20)
    report = json.loads(json_report(result))
    assert [one["answered"] for one in report["cases"]] == [True, False]
    figure = report["figures"][METRIC]
    assert figure["n"] == 1
    assert figure["value"] == report["cases"][0]["relevance"] > 0
    assert report["cases"][1]["relevance"] is None
    assert report["baselines"]["words alone"][METRIC]["n"] == 1
    assert report["baselines"]["cite nothing"][METRIC] == figure
    assert report["baselines"]["cite everything"][METRIC] is None
    file = tmp_path / "report.json"
    file.write_text(json_report(result), encoding="utf-8")
    saved = load_report(file).cases
    assert [one.grade.relevance for one in saved] == [figure["value"], None]


def test_a_build_can_hold_on_to_it() -> None:
    assert threshold("answer-relevance-cosine=0.4", "under").metric == METRIC
