"""Trivial systems beside a run, from its own index and its own answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from eval_parts import COPPER, WOOL, answer, cited, file_of, hit
from small_site import garden

from eval.journal import open_journal
from eval.made_with import made_with_other
from eval.report.as_json import json_report
from eval.run import EvalResult, evaluate, evaluate_answers
from rag.assistant import Assistant
from rag.embedding.embedder import HashEmbedder
from rag.index.index import Index
from rag.record import AnswerRecord
from rag.settings import Settings

QUESTION = "How many lettuces did the bed with wool mulch lose?"
LINES = [
    {
        "id": "wool",
        "kind": "fact",
        "question": QUESTION,
        "answerable": True,
        "gold": [{"post_id": "2", "heading": "Results", "quote": WOOL.quote}],
    },
    {"id": "moon", "kind": "far", "question": "Who owns the moon?", "answerable": False},
]
ALL = [
    "words alone", "meaning alone", "cite everything", "cite nothing", "always refuse",
    "never refuse",
]  # fmt: skip


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return garden(tmp_path / "index")


def ours(index: Path, cases: Path, *, baselines: bool = True) -> EvalResult:
    settings = Settings(index=index, embedding_model="hash")
    with Assistant(settings, embedder=HashEmbedder()) as one, open_journal(None) as journal:
        return evaluate(one, cases, journal=journal, baselines=baselines, resamples=20)


def theirs(index: Path, cases: Path, *said: AnswerRecord, model: bool = True) -> EvalResult:
    """The run of a system that says this, case by case."""
    answers = {str(one.id): one for one in said}
    opened = Index(index)
    try:
        with open_journal(None) as journal:
            return evaluate_answers(
                lambda case: answers[case.id],
                made_with_other("theirs", "ab" * 32, opened, cases),
                opened,
                cases,
                journal=journal,
                embedder=HashEmbedder() if model else None,
                resamples=20,
            )
    finally:
        opened.close()


def value(result: EvalResult, name: str, metric: str) -> float | None:
    (one,) = (one for one in result.grades.trivial if one.name == name)
    found = one.estimate(metric)
    return found.value if found else None


def test_a_run_of_ours_has_all_of_them_each_with_its_n(index: Path, tmp_path: Path) -> None:
    result = ours(index, file_of(tmp_path, *LINES))
    assert [one.name for one in result.grades.trivial] == ALL
    assert result.grades.not_beside == ()
    for name in ("words alone", "meaning alone"):
        assert value(result, name, "Recall@10") == 1
        assert value(result, name, "citation recall (sentence)") == 1
        assert value(result, name, "refused, of the unanswerable") is not None
    assert value(result, "cite everything", "citation recall (sentence)") == 1
    assert value(result, "cite everything", "citation precision (sentence)") < 0.5  # type: ignore[operator]
    assert value(result, "always refuse", "answered, of the answerable") == 0
    assert all(
        one.estimate is None or one.estimate.n
        for system in result.grades.trivial
        for one in system.figures
    )


def test_they_are_the_same_in_two_runs(index: Path, tmp_path: Path) -> None:
    cases = file_of(tmp_path, *LINES)
    first, second = (json.loads(json_report(ours(index, cases))) for _ in range(2))
    assert first["baselines"] == second["baselines"]


def test_those_that_search_or_cite_can_be_left_out(index: Path, tmp_path: Path) -> None:
    result = ours(index, file_of(tmp_path, *LINES), baselines=False)
    assert [one.name for one in result.grades.trivial] == ALL[-2:]
    assert [name for name, why in result.grades.not_beside if why == "left out"] == ALL[:-2]


def test_beside_another_system_stands_what_applies_and_the_rest_is_told(
    index: Path, tmp_path: Path
) -> None:
    cases = file_of(tmp_path, *LINES)
    result = theirs(index, cases, answer("wool", cited(WOOL)), answer("moon"), model=False)
    assert [one.name for one in result.grades.trivial] == [
        "words alone", "cite nothing", "always refuse", "never refuse"
    ]  # fmt: skip
    assert dict(result.grades.not_beside) == {
        "meaning alone": "the index's model is not loaded",
        "cite everything": "no answer tells what was found",
    }
    assert value(result, "cite nothing", "citation recall (sentence)") == 0
    assert value(result, "words alone", "Recall@1") == 1


def test_who_cites_everything_cites_what_the_graded_system_found(
    index: Path, tmp_path: Path
) -> None:
    found = answer("wool", cited(COPPER), hits=[hit(f"{WOOL.quote} {COPPER.quote}")])
    result = theirs(index, file_of(tmp_path, *LINES), found, answer("moon"))
    assert value(result, "cite everything", "citation recall (sentence)") == 1
    assert value(result, "cite everything", "citation precision (sentence)") == 0.5
    assert [one.name for one in result.grades.trivial] == ALL


def test_a_case_that_failed_fails_those_who_cite_it_and_no_others(
    index: Path, tmp_path: Path
) -> None:
    result = theirs(index, file_of(tmp_path, *LINES), answer("moon"))  # KeyError for "wool"
    assert [one.case_id for one in result.grades.failed] == ["wool"]
    assert value(result, "cite nothing", "citation precision (sentence)") == 0
    assert value(result, "words alone", "citation precision (sentence)") == 1
