from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eval_parts import WOOL, answer, case, cited, hit

from eval.bootstrap import Estimate
from eval.cases.cases import Case, fingerprint
from eval.compare import Compared, Comparison, Verdict, compare_reports
from eval.compare_text import comparison_json, comparison_text
from eval.grade import Failure, grade
from eval.made_with import MadeWith
from eval.report.as_json import NAME, SavedReport, json_report, load_report
from eval.run import EvalResult
from eval.seen import fitted_on
from rag.errors import SourceError
from rag.record import AnswerRecord

CASES = (*(case(f"wool-{n}", WOOL) for n in range(20)), case("price", kind="near"))
MADE_WITH = MadeWith("c.jsonl", "ab" * 32, "cd" * 32, "i", 3, 14, 99, "hash", ())
REFUSED = answer("price", score=0.1)


def right(id_: str) -> AnswerRecord:
    return answer(id_, cited(WOOL), hits=[hit(WOOL.quote)])


def wrong(id_: str) -> AnswerRecord:
    return answer(id_, cited(WOOL, quote="We compared five beds.", headings=["No"]))


def saved(
    folder: Path,
    records: Sequence[AnswerRecord],
    *,
    made: MadeWith = MADE_WITH,
    cases: Sequence[Case] = CASES,
    failures: Sequence[Failure] = (),
) -> SavedReport:
    graded = grade(cases, records, failures=failures, resamples=200)
    result = EvalResult(tuple(cases), tuple(map(fingerprint, cases)), graded, made, ())
    folder.mkdir(exist_ok=True)
    (folder / NAME).write_text(json_report(result), encoding="utf-8")
    return load_report(folder)


def run(folder: Path, good: int, **made: Any) -> SavedReport:
    """The first `good` of the answers are right, the others wrong."""
    ids = [one.id for one in CASES[:-1]]
    records = [(right if place < good else wrong)(id_) for place, id_ in enumerate(ids)]
    return saved(folder, [*records, REFUSED], made=replace(MADE_WITH, **made))


def figure(found: Comparison, name: str) -> Compared:
    return next(one for one in found.figures if one.name == name)


def test_a_report_reads_back_as_it_was_graded(tmp_path: Path) -> None:
    failures = [Failure("wool-1", "It sleeps.", 61.5)]
    graded = grade(CASES, [right("wool-0"), REFUSED], failures=failures, resamples=5)
    found = saved(tmp_path / "a", [right("wool-0"), REFUSED], failures=failures)
    assert tuple(one.grade for one in found.cases) == graded.cases
    assert found.cases[0].question == "wool-0?"


def test_a_run_compared_with_itself_differs_nowhere(tmp_path: Path) -> None:
    one = run(tmp_path / "a", 10)
    found = compare_reports(one, one)
    assert (found.better, found.worse, found.otherwise, found.p) == ((), (), (), 1)
    assert {one.verdict for one in found.figures} <= {Verdict.NONE, Verdict.UNKNOWN}
    assert figure(found, "Recall@1").difference == Estimate(0, 0, 0, 20)


def test_what_is_clearly_better_is_called_so_with_its_questions(tmp_path: Path) -> None:
    found = compare_reports(run(tmp_path / "a", 2), run(tmp_path / "b", 18))
    recall = figure(found, "Recall@1")
    assert recall.verdict is Verdict.BETTER
    assert recall.difference is not None
    assert recall.difference.value == pytest.approx(16 / 20)
    assert recall.p == pytest.approx(2 / 2**16)
    assert [one.case_id for one in found.better] == [f"wool-{n}" for n in range(2, 18)]
    back = compare_reports(run(tmp_path / "b", 18), run(tmp_path / "a", 2))
    assert figure(back, "Recall@1").verdict is Verdict.WORSE
    assert len(back.worse) == 16


def test_nothing_is_called_better_that_may_be_chance(tmp_path: Path) -> None:
    found = compare_reports(run(tmp_path / "a", 10), run(tmp_path / "b", 12))
    assert figure(found, "Recall@1").verdict is Verdict.NONE
    for one in found.figures:
        if one.difference and not one.difference.excludes_zero:
            assert one.verdict is Verdict.NONE


def test_of_many_figures_one_that_is_barely_apart_is_only_perhaps_better(tmp_path: Path) -> None:
    found = compare_reports(run(tmp_path / "a", 6), run(tmp_path / "b", 12))
    recall = figure(found, "Recall@1")
    assert recall.p == pytest.approx(2 / 2**6)
    assert recall.verdict is Verdict.PERHAPS_BETTER


def test_lower_is_better_where_it_is(tmp_path: Path) -> None:
    records = [right(one.id) for one in CASES[:-1]]
    quick = [one.model_copy(update={"timing_ms": {"total": 5.0 + i % 3}})
             for i, one in enumerate(records)]  # fmt: skip
    slow = [one.model_copy(update={"timing_ms": {"total": 50.0 + i % 3}})
            for i, one in enumerate(records)]  # fmt: skip
    found = compare_reports(saved(tmp_path / "a", slow), saved(tmp_path / "b", quick))
    assert figure(found, "95th percentile ms").verdict is Verdict.BETTER


def test_a_failure_is_worse_than_a_wrong_answer(tmp_path: Path) -> None:
    records = [*(right(one.id) for one in CASES[:-2]), REFUSED]
    before = saved(tmp_path / "a", [*records, wrong("wool-19")])
    now = saved(tmp_path / "b", records, failures=[Failure("wool-19", "Asleep.")])
    found = compare_reports(before, now)
    assert [(one.before, one.now) for one in found.worse] == [("wrong", "failed")]


def test_other_cases_are_refused_and_the_shared_ones_counted(tmp_path: Path) -> None:
    before = run(tmp_path / "a", 10)
    changed = (case("wool-0", WOOL, must=[["three"]]), *CASES[1:5], case("new", WOOL))
    now = saved(tmp_path / "b", [right(one.id) for one in changed], cases=changed)
    with pytest.raises(SourceError, match=r"4 are the same in both, of 21 in .* and 6 in") as told:
        compare_reports(before, now)
    assert "--shared" in told.value.hint
    found = compare_reports(before, now, shared_only=True)
    assert (found.shared, found.left_out) == (4, 18)


def test_runs_without_a_common_case_cannot_be_compared(tmp_path: Path) -> None:
    other = saved(tmp_path / "b", [right("else")], cases=[case("else", WOOL)])
    with pytest.raises(SourceError, match="0 are the same"):
        compare_reports(run(tmp_path / "a", 1), other, shared_only=True)


def test_the_text_tells_figures_and_questions(tmp_path: Path) -> None:
    text = comparison_text(compare_reports(run(tmp_path / "a", 2), run(tmp_path / "b", 18)))
    assert "| Recall@1 " in text
    assert "+0.800" in text
    assert "16 questions became better, 0 worse (p < .001, exact test of McNemar)." in text
    assert "- wool-2: wrong → right: wool-2?" in text
    assert "says what it must" in text


SEEN_RUNS: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "fitted on B": ({}, {"seen": True}, ["", "fitted on these questions"]),
    "some of A": (
        {"seen": True, "questions": 21, "questions_seen": 2}, {},
        ["fitted on 2 of these 21 questions", ""],
    ),
    "family of A": ({"seen_family": "reader, on half"}, {"system": "words"}, ["seen family", ""]),
    "both of both": (
        {"seen": True, "seen_family": "reader, on half"}, {"seen_family": "weights, on all of it"},
        ["fitted on these questions and seen family", "seen family"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("a", "b", "marks"), SEEN_RUNS.values(), ids=SEEN_RUNS)
def test_what_either_report_was_fitted_on_makes_no_headline(
    tmp_path: Path, a: dict[str, Any], b: dict[str, Any], marks: list[str]
) -> None:
    found = compare_reports(run(tmp_path / "a", 2, **a), run(tmp_path / "b", 18, **b))
    assert figure(found, "Recall@1").verdict is Verdict.BETTER
    text = comparison_text(found)
    head, rows = text.partition("| Figure")[0], text.partition("| Figure")[2]
    assert "**No headline**: " in head
    columns = [cell.strip() for cell in rows.splitlines()[0].split("|")[2:4]]
    for name, mark, made, column in zip("AB", marks, (a, b), columns, strict=True):
        assert (f"{name} is marked “{mark}”" in head) == bool(mark)
        assert made.get("seen_family", "") in head
        assert column == (f"{name}, {mark}" if mark else name)
    verdicts = [line.split("|")[-2].strip() for line in rows.splitlines() if "0.800" in line]
    assert set(verdicts) == {"better, no headline"}
    content = json.loads(comparison_json(found))
    assert content["headline"] is False
    assert [one["mark"] for one in content["marks"]] == [mark for mark in marks if mark]


def test_without_a_mark_better_is_better(tmp_path: Path) -> None:
    found = compare_reports(run(tmp_path / "a", 2), run(tmp_path / "b", 18))
    assert "headline" not in comparison_text(found)
    assert json.loads(comparison_json(found))["headline"] is True


@pytest.mark.parametrize(("system", "marks"), [("", 1), ("words", 0)])
def test_a_report_from_before_there_was_a_mark_is_known_by_its_hash(
    tmp_path: Path, system: str, marks: int
) -> None:
    made = {"case_sha256": sorted(fitted_on())[0], "system": system}
    before = run(tmp_path / "a", 2, **made)
    assert before.mark == ""
    content = json.loads((tmp_path / "a" / NAME).read_text("utf-8"))
    del content["made_with"]["seen"]
    (tmp_path / "a" / NAME).write_text(json.dumps(content), "utf-8")
    found = compare_reports(load_report(tmp_path / "a"), run(tmp_path / "b", 18))
    assert len(found.marks) == marks


def test_the_json_holds_all_of_it(tmp_path: Path) -> None:
    found = compare_reports(run(tmp_path / "a", 2), run(tmp_path / "b", 18))
    content = json.loads(comparison_json(found))
    assert len(content["better"]) == 16
    assert content["figures"][0]["verdict"] == "better"


def test_what_is_no_report_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        load_report(tmp_path)
    (tmp_path / NAME).write_text('{"schema": 1}', encoding="utf-8")
    with pytest.raises(SourceError, match="no report of this version: schema"):
        load_report(tmp_path)
