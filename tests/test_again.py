"""Cases asked again after a sync: what an edit broke is told."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eval_parts import COPPER, WOOL, answer, case, cited
from small_site import GARDEN, garden, post, section
from typer.testing import CliRunner, Result

from eval.again import Since, since, since_text
from eval.cases.cases import Case, fingerprint
from eval.grade import Failure, grade
from eval.made_with import MadeWith
from eval.outcomes import Outcome
from eval.report.as_json import SavedCase, SavedReport
from eval.run import EvalResult
from rag.index.index import Index
from rag.record import AnswerRecord
from ui.cli import app

MADE_WITH = MadeWith("c.jsonl", "ab" * 32, "cd" * 32, "i", 3, 14, 99, "hash", ())
CASES = (case("wool", WOOL), case("copper", COPPER), case("moon"))
BEFORE = (answer("wool", cited(WOOL)), answer("copper", cited(COPPER)), answer("moon"))


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return garden(tmp_path / "index")


def graded(
    cases: tuple[Case, ...], *answers: AnswerRecord, missing: tuple[str, ...] = ()
) -> EvalResult:
    failures = [Failure(one.id, "broke") for one in cases if one.id not in {a.id for a in answers}]
    grades = grade(cases, answers, failures=failures, resamples=2)
    return EvalResult(cases, tuple(map(fingerprint, cases)), grades, MADE_WITH, missing)


def saved(result: EvalResult) -> SavedReport:
    cases = zip(result.cases, result.fingerprints, result.grades.cases, strict=True)
    return SavedReport(
        "before", "c.jsonl", 0, 2,
        tuple(SavedCase(one.question, print_, grade) for one, print_, grade in cases),
        result.missing,
    )  # fmt: skip


def between(
    index: Path, *now: AnswerRecord, cases: tuple[Case, ...] = CASES, missing: tuple[str, ...] = ()
) -> Since:
    with closing(Index(index)) as opened:
        result = graded(cases, *now, missing=missing)
        return since(saved(graded(CASES, *BEFORE)), BEFORE, result, now, opened)


def test_what_is_as_it_was_is_not_told(index: Path) -> None:
    found = between(index, *BEFORE)
    assert (found.cases, found.changes, found.ok) == (3, (), True)
    assert since_text(found) == "3 cases asked again: nothing changed."


def test_an_answer_that_became_worse_is_told_first(index: Path) -> None:
    found = between(index, answer("wool"), BEFORE[1], answer("moon", cited(COPPER)))
    assert [(one.case_id, one.before, one.now) for one in found.worse] == [
        ("wool", Outcome.RIGHT, Outcome.FALSE_REFUSAL),
        ("moon", Outcome.REFUSED, Outcome.FALSE_ANSWER),
    ]
    assert not found.ok
    text = since_text(found)
    assert text.startswith("3 cases asked again: 2 became worse.")
    assert "- wool: right → wrongly refused: wool?" in text


def test_other_words_and_better_answers_are_no_fault(index: Path) -> None:
    other = answer("wool", cited(WOOL), text="Three were lost.")
    found = between(index, other, *BEFORE[1:])
    assert [(one.otherwise, one.change) for one in found.changes] == [(True, 0)]
    assert found.ok
    assert "Answered otherwise:\n\n- wool: right, as before" in since_text(found)


def test_a_case_that_fails_now_became_worse(index: Path) -> None:
    found = between(index, *BEFORE[1:])
    assert [one.now for one in found.worse] == [Outcome.FAILED]


def test_sources_that_are_gone_are_told_with_what_they_said(index: Path) -> None:
    shown = between(index, *BEFORE).changes
    assert not shown
    gone = cited(WOOL).model_copy(update={"post_id": "garden.example/9", "title": "Beer [traps]"})
    edited = cited(WOOL, quote="The bed with wool mulch lost none.")
    before = (answer("wool", gone, gone, edited, cited(COPPER)), *BEFORE[1:])
    with closing(Index(index)) as opened:
        found = since(saved(graded(CASES, *before)), before, graded(CASES, *before), before, opened)
    (one,) = found.changes
    assert one.lost == (
        "the post “Beer [traps]” is gone",
        "“garden.example/2” no longer says “The bed with wool mulch lost none.”",
    )
    assert found.ok  # it is as right as before
    assert "Lost a source:\n\n- wool: right, as before: wool?\n  - the post “Beer \\[traps\\]”" in (
        since_text(found)
    )


def test_gold_that_is_gone_needs_mending(index: Path) -> None:
    found = between(index, *BEFORE, missing=("copper",))
    assert (found.gold_gone, found.ok) == (("copper",), False)
    assert "no longer hold the gold of copper" in since_text(found)


def test_cases_that_were_changed_meanwhile_are_passed_over(index: Path) -> None:
    changed = (replace(CASES[0], question="Wool?"), *CASES[1:], case("new", WOOL))
    found = between(index, answer("wool"), *BEFORE[1:], answer("new"), cases=changed)
    assert (found.cases, found.changes) == (2, ())


# ---------------------------------------------------------------- the commands


@pytest.fixture(autouse=True)
def hash_embedder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "hash")
    monkeypatch.setenv("PULLQUOTE_MIN_ANSWERABLE", "0")


@pytest.fixture
def case_file(tmp_path: Path) -> Path:
    gold = [{"post_id": 2, "heading": "Results", "quote": WOOL.quote}]
    question = "How many lettuces did the bed with wool mulch lose?"
    line = {"id": "w", "kind": "fact", "question": question, "answerable": True, "gold": gold}
    file = tmp_path / "cases.jsonl"
    file.write_text(json.dumps(line), encoding="utf-8")
    return file


def run(*typed: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in typed])


def test_an_edit_that_breaks_an_answer_ends_with_one(
    tmp_path: Path, case_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index, report = garden(tmp_path / "index"), tmp_path / "report"
    typed = ("eval", "again", case_file, report, "--index", index)
    first = run(*typed, "--fail-under", "recall@10=1")
    assert first.exit_code == 0, first.output
    assert "asked for the first time" in first.output
    same = run(*typed)
    assert (same.exit_code, same.output.strip()) == (0, "1 case asked again: nothing changed.")
    (report / "journal.jsonl").write_text("{}\n", encoding="utf-8")  # of a run that was killed
    missed = run(*typed, "--fail-under", "refused-of-the-unanswerable=1")
    assert missed.exit_code == 1
    assert "Threshold missed" in missed.output

    edited = post(2, "Slugs without pellets", section("1", ("Results",), "All was eaten in June."))
    monkeypatch.setattr("small_site.GARDEN", (GARDEN[0], edited, GARDEN[2]))
    garden(index)
    broken = run(*typed)
    assert broken.exit_code == 1
    assert "- w: right → " in broken.output
    assert f"no longer says “{WOOL.quote}”" in broken.output
    assert "no longer hold the gold of w" in broken.output
    assert (report / "changes.md").read_text(encoding="utf-8") == broken.output


def rest_entry(number: int, text: str) -> dict[str, Any]:
    return {
        "id": number, "type": "post", "status": "publish",
        "link": f"https://garden.example/{number}/", "date_gmt": "2023-03-01T12:00:00",
        "modified_gmt": "2023-03-01T12:00:00", "title": {"rendered": f"Post {number}"},
        "content": {"rendered": f"<h2>Results</h2><p>{text}</p>", "protected": False},
    }  # fmt: skip


def test_a_sync_that_changed_something_asks_the_cases_again(
    tmp_path: Path, case_file: Path
) -> None:
    file, index, report = (tmp_path / name for name in ("posts.json", "index", "report"))

    def synced(text: str) -> Result:
        file.write_text(json.dumps([rest_entry(2, text)]), encoding="utf-8")
        return run("ingest", file, "--index", index, "--cases", case_file, "--report", report)

    first = synced(WOOL.quote)
    assert first.exit_code == 0, first.output
    assert "asked for the first time" in first.output
    assert "asked" not in synced(WOOL.quote).output  # nothing changed, nothing is asked
    broken = synced("Everything was eaten, whatever we tried in June.")
    assert broken.exit_code == 1
    assert "1 case asked again" in broken.output


@pytest.mark.parametrize("lacking", ["--cases", "--report"])
def test_cases_and_their_report_belong_together(
    tmp_path: Path, case_file: Path, lacking: str
) -> None:
    given: dict[str, Path] = {"--cases": case_file, "--report": tmp_path / "report"}
    del given[lacking]
    assert run("ingest", case_file, *(one for pair in given.items() for one in pair)).exit_code == 2
