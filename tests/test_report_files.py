"""Markdown, JUnit and the page of a report, without a browser."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eval_parts import WOOL, answer, case, cited, hit

from eval.bootstrap import wilson
from eval.cases.cases import Case, fingerprint
from eval.gate import check, threshold
from eval.grade import Failure, Grades, grade
from eval.journal import Entry, open_journal
from eval.made_with import MadeWith
from eval.report.as_html import write_html
from eval.report.as_json import json_report
from eval.report.as_junit import junit_report
from eval.report.as_markdown import markdown_report
from eval.report.as_text import text_report
from eval.report.plots import plots
from eval.run import EvalResult
from rag.record import AnswerRecord

EVIL = "</script><script>alert(1)</script><!-- \x1b @maintainer #12 |"
CASES = (
    case("wool", WOOL), Case(EVIL, f"a|{EVIL}", EVIL, gold=(WOOL,)),
    case("price", kind="near"), case("lost", WOOL),
)  # fmt: skip
RECORDS = (
    answer("wool", cited(WOOL), hits=[hit(WOOL.quote)]),
    answer(EVIL, cited(WOOL, quote=EVIL), text=EVIL, hits=[hit(EVIL)], score=0.4),
    answer("price", score=0.2),
)
FAILED = Failure("lost", f"Broke: {EVIL}", 5000.0)
MADE_WITH = MadeWith("c.jsonl", "ab" * 32, "cd" * 32, "i", 3, 14, 99, "hash", ())


def result(made: MadeWith = MADE_WITH) -> EvalResult:
    graded = grade(CASES, RECORDS, failures=[FAILED], resamples=20)
    return EvalResult(CASES, tuple(map(fingerprint, CASES)), graded, made, ("lost",))


def page(folder: Path, made: MadeWith = MADE_WITH) -> str:
    with open_journal(None) as journal:
        journal.begin({})
        for record in RECORDS:
            journal.add(Entry(str(record.id), record, None, 10.0))
        journal.add(Entry("lost", None, FAILED.reason, 5000.0))
        write_html(result(made), journal, folder / "report.html")
    return (folder / "report.html").read_text(encoding="utf-8")


def embedded(html: str, name: str) -> list[Any]:
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', html, re.S)
    assert found
    content: list[Any] = json.loads(found[1])
    return content


def test_what_cases_and_posts_say_ends_no_script_and_opens_no_tag(tmp_path: Path) -> None:
    html = page(tmp_path)
    assert "alert(1)</script>" not in html
    assert "<script>alert" not in html
    assert html.count("<!--") == 0
    rows = embedded(html, "rows-0")
    assert [row["q"] for row in rows][1] == EVIL
    assert [text for _, text in embedded(html, "texts-0")][1] == EVIL


def test_the_page_names_nothing_that_a_browser_would_fetch(tmp_path: Path) -> None:
    html = page(tmp_path)
    assert "default-src 'none'" in html
    assert not re.findall(r"<(?:link|img|iframe|script) [^>]*(?:src|href)=|@import|url\(", html)


def test_every_question_has_its_details_in_the_order_of_the_cases(tmp_path: Path) -> None:
    details = embedded(page(tmp_path), "details-0")
    assert len(details) == 4
    assert details[0]["gold"][0]["rank"] == 1
    assert details[0]["gold"][0]["cited"] is True
    assert details[0]["sentences"][0]["cites"][0]["gold"] == 2
    assert details[1]["sentences"][0]["cites"][0]["gold"] == 0
    assert details[3]["failed"] == FAILED.reason


def test_figures_on_what_was_fitted_on_say_so_wherever_they_stand(tmp_path: Path) -> None:
    seen = replace(MADE_WITH, seen=True)
    html = page(tmp_path, seen)
    assert '<p class="sub">c.jsonl · fitted on these questions · ' in html
    tiles = html.partition('<section class="tiles"')[2].partition("</section>")[0]
    assert tiles.count(" · fitted on these questions</p>") == tiles.count('<div class="tile">') == 6
    comment = markdown_report(result(seen))
    assert "**Fitted on these questions.** Weights and thresholds" in comment
    assert "| Figure, fitted on these questions |" in comment
    assert seen.seen_told in text_report(result(seen))
    some = replace(seen, questions=4, questions_seen=3)
    for marked in (page(tmp_path, some), markdown_report(result(some)), text_report(result(some))):
        assert "were fitted on 3 of these 4 questions, so the figures flatter" in marked
    for unmarked in (page(tmp_path), markdown_report(result()), text_report(result())):
        assert "fitted on these questions" not in unmarked.lower()


@pytest.mark.parametrize("seen", [False, True])
def test_figures_of_a_seen_family_are_called_headlines_nowhere(tmp_path: Path, seen: bool) -> None:
    made = replace(MADE_WITH, seen=seen, seen_family="reader, on <half> of it")
    mark = f"{'fitted on these questions and ' * seen}seen family"
    html = page(tmp_path, made)
    tiles = html.partition('<section class="tiles"')[2].partition("</section>")[0]
    assert f'aria-label="Figures, no headlines: {mark}"' in tiles
    assert tiles.count(f" · {mark}</p>") == tiles.count('<div class="tile">') == 6
    assert "Headline figures" not in html
    assert f"By kind of question, {mark}</h2>" in html
    assert f"<h2>All figures, {mark}</h2>" in html
    comment, told = markdown_report(result(made)), text_report(result(made))
    assert f"| Figure, {mark} " in comment
    for text in (comment, told):
        heads = [line for line in text.splitlines() if "[low, high]" in line and line[0] == "|"]
        heads = [line for line in heads if not line.startswith("| Time")]
        assert len(heads) >= 3
        assert all(mark in line.split("|")[1] for line in heads)
        assert f"| Kind, {mark} " in text
    assert json.loads(json_report(result(made)))["headline"] is False
    suite = ElementTree.fromstring(junit_report(result(made)).encode())
    named = {one.get("name") for one in suite.iter("property")}
    assert named == {"seen family"} | ({"seen questions"} if seen else set())


def test_figures_that_nothing_was_fitted_on_are_headlines(tmp_path: Path) -> None:
    html = page(tmp_path)
    assert 'aria-label="Headline figures"' in html
    for text in (html, markdown_report(result()), text_report(result())):
        assert "seen family" not in text.lower()
    assert json.loads(json_report(result()))["headline"] is True
    assert "<properties" not in junit_report(result())


def test_junit_counts_and_says_why() -> None:
    kept = check([threshold("recall@1=.9", "under")], result().grades.figures)
    root = ElementTree.fromstring(junit_report(result(), kept).encode())
    cases, thresholds = root.findall("testsuite")
    assert [cases.get(name) for name in ("tests", "failures", "errors")] == ["4", "1", "1"]
    tests = cases.findall("testcase")
    assert len(tests) == 4
    (error,) = cases.findall("testcase/error")
    assert (error.get("message") or "").startswith("Broke: </script>")
    (failure,) = cases.findall("testcase/failure")
    assert failure.get("type") == "wrong"
    assert thresholds.findall("testcase/failure")[0].get("message") == (
        "Recall@1: 0.3333 is not at least 0.9"
    )


def test_the_comment_calls_nobody_and_holds_no_tags_of_others() -> None:
    text = markdown_report(result())
    assert "@maintainer" not in text
    assert "#12" not in text
    assert "<script>" not in text.replace("\\<script\\>", "")
    assert "**1 of 4 cases failed:**" in text
    assert text.count("<details>") == text.count("</details>") == 3
    rows = [line for line in text.splitlines() if line.startswith("| a\\|")]
    assert [len(re.findall(r"(?<!\\)\|", line)) for line in rows] == [8]


def test_plots_are_drawn_where_there_is_something_to_draw() -> None:
    grades = result().grades
    titles = [one.title for one in plots(grades.cases, seed=0, resamples=20)]
    assert titles == [
        "Recall by k",
        "Risk and coverage",
        "Reliability of the score",
        "Time of a question",
    ]
    scoreless: list[AnswerRecord] = [
        one.model_copy(update={"answerable": 0.0, "timing_ms": {}, "hits": ()}) for one in RECORDS
    ]
    bare = grade(CASES[:3], scoreless, resamples=5)
    assert [one.title for one in plots(bare.cases, seed=0, resamples=5)] == ["Recall by k"]
    for one in plots(grades.cases, seed=0, resamples=20):
        ElementTree.fromstring(one.svg)
        assert "nan" not in one.svg


def failing(n: int) -> Grades:
    """Four answers with a score, and so many cases that failed; half of these have an answer."""
    asked = [case(f"c{i}", *([WOOL] if i % 2 else [])) for i in range(4 + n)]
    answered = [answer(f"c{i}", score=(0.2, 0.7, 0.4, 0.9)[i]) for i in range(4)]
    failures = [Failure(f"c{i}", "Too late.", 50.0) for i in range(4, 4 + n)]
    return grade(asked, answered, failures=failures, resamples=20)


@pytest.mark.parametrize("n", [0, 1, 2, 7])
def test_what_failed_is_in_every_plot_and_its_caption_says_how(n: int) -> None:
    grades = failing(n)
    drawn = {one.title: one for one in plots(grades.cases, seed=0, resamples=20)}
    caption = drawn["Reliability of the score"].caption
    brier = (0.2**2 + 0.3**2 + 0.4**2 + 0.1**2 + n) / (4 + n)
    assert f"Brier score {brier:.3f} [" in caption
    assert f"] (n {4 + n}), lower is better." in caption
    assert "(4 in all)" in caption
    assert drawn["Reliability of the score"].svg.count('<circle class="dot"') == 4
    ids = ", ".join(f"c{i}" for i in range(4, 4 + min(n, 5))) + ", and 2 more" * (n > 5)
    for title in ("Reliability of the score", "Risk and coverage"):
        told = f" {n} of {4 + n} failed ({ids}); each "
        assert (told in drawn[title].caption) == bool(n)
        assert ("failed" in drawn[title].caption) == bool(n)
    gone = sum(one.answerable and one.failed is not None for one in grades.cases)
    told = f" {gone} of {2 + gone} failed ("
    assert (told in drawn["Recall by k"].caption) == bool(gone)


def test_a_failure_gives_no_score_to_who_has_none() -> None:
    scoreless = [one.model_copy(update={"answerable": 0.0}) for one in RECORDS]
    failures = [FAILED, Failure("gone", "Too late.")]
    cases = (*CASES, case("gone", kind="near"))
    bare = grade(cases, scoreless, failures=failures, resamples=5)
    titles = {one.title for one in plots(bare.cases, seed=0, resamples=5)}
    assert not titles & {"Risk and coverage", "Reliability of the score"}


def test_wilson_keeps_within_the_possible() -> None:
    assert wilson(0, 10)[0] == 0
    assert wilson(1, 10)[1] == pytest.approx(1)
    low, high = wilson(0.5, 10)
    assert low == pytest.approx(1 - high)
