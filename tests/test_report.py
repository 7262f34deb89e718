from __future__ import annotations

import json
import re
from dataclasses import replace

from eval_parts import WOOL, answer, case, cited, hit

from eval.cases.cases import fingerprint
from eval.cases.gold import RetrievedText
from eval.figures import METRICS
from eval.grade import Failure, Grades, grade, summarise
from eval.made_with import MadeWith
from eval.report.as_json import json_report
from eval.report.as_markdown import markdown_report
from eval.report.as_text import grades_text, rankings_text, text_report
from eval.report.html_tables import figures_tables, kinds_table
from eval.retrieval import rank_metrics
from eval.run import EvalResult
from eval.tables import table as markdown_table

CASES = (case("wool", WOOL), case("again", WOOL), case("price", kind="near"))
RECORDS = (answer("wool", cited(WOOL), hits=[hit(WOOL.quote)]), answer("again", score=0.2))
MADE_WITH = MadeWith("c.jsonl", "ab" * 32, "cd" * 32, "i", 3, 14, 99, "hash", (("python", "3.11"),))


def graded() -> Grades:
    failures = (Failure("price", "The model is asleep."),)
    return grade(CASES, RECORDS, failures=failures, resamples=30)


def result(*, missing: tuple[str, ...] = ()) -> EvalResult:
    return EvalResult(CASES, tuple(map(fingerprint, CASES)), graded(), MADE_WITH, missing)


def row(text: str, name: str) -> list[str]:
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()]
    (found,) = (cells[1:] for cells in rows if cells[:1] == [name])
    return found


def test_every_metric_has_a_row_with_its_interval_and_n() -> None:
    text = grades_text(graded())
    for metric in METRICS:
        assert len(row(text, metric.name)) in (2, 4)  # trivial systems beside those of refusing
    value, count = row(text, "Recall@1")
    assert value == "0.500 [0.000, 1.000]"
    assert count == "2"


def test_the_columns_of_a_table_align() -> None:
    for table in grades_text(graded()).split("\n\n"):
        lines = table.splitlines()
        if lines[0].startswith("|"):
            assert {len(line) for line in lines} == {len(lines[0])}
            assert len({tuple(i for i, c in enumerate(line) if c == "|") for line in lines}) == 1


def test_a_narrow_column_is_still_a_column() -> None:
    assert markdown_table(["a", "n"], [["b", "4"]]) == "| a  |  n |\n| -- | -: |\n| b  |  4 |"


def test_failed_cases_are_counted_and_named() -> None:
    assert "1 of 3 cases failed:\n- price: The model is asleep." in grades_text(graded())
    whole = grade(CASES[:2], RECORDS, resamples=5)
    assert "0 of 2 cases failed." in grades_text(whole)


def test_by_kind_each_figure_has_its_interval_and_its_own_n() -> None:
    cases = [case(f"c{i}", WOOL, must=[["wool"]], kind="followup") for i in range(8)]
    cases += [case("near", kind="near")]
    told = [answer(f"c{i}", cited(WOOL), hits=[hit(WOOL.quote)]) for i in range(6)]
    told += [answer("c6", score=0.1), answer("c7", score=0.1), answer("near", score=0.1)]
    grades = grade(cases, told, resamples=200)
    text = grades_text(grades)
    of_all, refused, recall, precision, cited_recall, says = row(text, "followup")
    assert (of_all, refused) == ("8", "2")
    found = {one.name: one.estimate for one in dict(grades.kinds)["followup"]}
    for cell, name in (
        (recall, "Recall@5"), (precision, "citation precision (sentence)"),
        (cited_recall, "citation recall (sentence)"), (says, "says what it must"),
    ):  # fmt: skip
        one = found[name]
        assert one
        assert cell == f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}] n {one.n}"
    assert precision.endswith(" n 6")  # what was refused cites nothing
    assert recall.endswith(" n 8")
    assert row(text, "near") == ["1", "1", "–", "–", "–", "–"]
    html = kinds_table(grades)
    assert html.count("] · n 6</span>") == html.count("· n 6</span>") == 3
    assert html.count("] · n 8</span>") == 1


def test_a_share_of_what_was_refused_has_the_interval_of_as_many() -> None:
    cases = [case(f"c{i}", WOOL) for i in range(6)] + [case("near", kind="near")]
    told = [*(answer(f"c{i}", cited(WOOL)) for i in range(6)), answer("near", score=0.1)]
    value, n, *_ = row(grades_text(grade(cases, told)), "unanswerable, of the refused")
    assert (value, n) == ("1.000 [0.207, 1.000]", "1")


def test_what_could_not_be_measured_is_a_dash_in_text_and_null_in_json() -> None:
    assert row(grades_text(graded()), "says what it must") == ["–", "0"]
    assert json.loads(json_report(result()))["figures"]["says what it must"] is None


def test_baselines_of_abstention_stand_beside_with_interval_and_n() -> None:
    *_, always, never = row(grades_text(graded()), "answered, of the answerable")
    assert (always, never) == ("0.000 [0.000, 0.658] n 2", "1.000 [0.342, 1.000] n 2")
    *_, always, never = row(grades_text(graded()), "unanswerable, of the refused")
    assert always.startswith("0.333 [0.000, ")
    assert never == "–"


def test_trivial_systems_stand_in_the_tables_of_what_they_do_in_every_form() -> None:
    everything = [replace(one, with_citation=1.0) for one in graded().cases]
    grades = summarise(
        graded().cases,
        beside={"words alone": graded().cases, "cite everything": everything},
        not_beside={"meaning alone": "the index's model is not loaded"},
        resamples=30,
    )
    text = grades_text(grades)
    tables = [part.splitlines()[0] for part in text.split("\n\n") if part.startswith("| ")]
    beside = [[cell.strip() for cell in head.split("|")[4:-1]] for head in tables[:4]]
    assert beside == [
        ["words alone"],
        ["words alone", "cite everything"],
        ["words alone", "always refuse", "never refuse"],
        [],
    ]
    assert row(text, "Recall@1")[2] == "0.500 [0.000, 1.000] n 2"
    assert row(text, "sentences with a citation")[2:] == ["", ""]  # so by how it is made
    assert "Not shown: meaning alone (the index's model is not loaded)." in text
    told = EvalResult(CASES, tuple(map(fingerprint, CASES)), grades, MADE_WITH, ())
    assert re.search(r"\| +words alone \|", markdown_report(told))
    content = json.loads(json_report(told))
    assert content["baselines"]["words alone"]["Recall@1"]["n"] == 2
    assert "Recall@1" not in content["baselines"]["cite everything"]
    assert content["not_beside"] == {"meaning alone": "the index's model is not loaded"}
    assert row(text, "… words alone") == [
        "",
        "",
        "0.500 [0.000, 1.000] n 2",
        *["1.000 [0.207, 1.000] n 1"] * 2,
        "–",
    ]
    assert row(text, "… cite everything")[2:5] == ["", *["1.000 [0.207, 1.000] n 1"] * 2]
    assert content["kind_baselines"]["fact"]["words alone"]["Recall@5"]["n"] == 2
    assert content["kind_baselines"]["near"] == {}
    assert '<tr class="beside"><th scope="row">… words alone</th>' in kinds_table(grades)
    html = figures_tables(grades)
    assert html.count('<th scope="col">words alone</th>') == 3
    assert html.count('<th scope="col">cite everything</th>') == 1
    assert "Not shown: meaning alone" in html


def test_the_report_says_what_it_was_made_with() -> None:
    text = text_report(result())
    assert text.startswith("c.jsonl (sha256 abababababab): 3 cases on 14 posts, 99 passages; hash")


def test_one_is_told_as_one() -> None:
    made = replace(MADE_WITH, posts=1, passages=1)
    alone = grade(CASES[:1], RECORDS[:1], resamples=5)
    one = EvalResult(CASES[:1], (fingerprint(CASES[0]),), alone, made, (CASES[0].id,))
    text = text_report(one)
    assert "1 case on 1 post, 1 passage; hash" in text
    assert "0 of 1 case failed." in text
    assert "1 case has gold that the index does not hold" in text
    assert markdown_report(one).startswith("## 1 question on 1 post\n")


def test_gold_that_the_index_lacks_is_told() -> None:
    assert "have gold" not in text_report(result())
    assert text_report(result(missing=("wool",))).endswith("cannot be right: wool.")


def test_json_holds_every_case_and_what_it_was_made_with() -> None:
    content = json.loads(json_report(result(missing=("wool",))))
    assert content["made_with"]["case_sha256"] == "ab" * 32
    assert content["made_with"]["versions"] == {"python": "3.11"}
    assert content["bootstrap"] == {"seed": 0, "resamples": 30, "interval": 0.95}
    assert [one["id"] for one in content["cases"]] == ["wool", "again", "price"]
    assert content["failed"] == {"price": "The model is asleep."}
    assert content["missing_gold"] == ["wool"]
    assert content["figures"]["Recall@1"] == {"value": 0.5, "low": 0.0, "high": 1.0, "n": 2}


def test_two_reports_of_the_same_answers_are_equal_to_the_byte() -> None:
    assert json_report(result()) == json_report(result())


def test_rankings_are_compared_in_one_table() -> None:
    found = [RetrievedText("x/2", WOOL.quote)]
    nothing: list[RetrievedText] = []
    rankings = {"words": [nothing] * 3, "meaning": [found, found, nothing]}
    text = rankings_text(rank_metrics(CASES, rankings, baseline="words", resamples=20))
    assert "ranking (n 2)" in text
    assert row(text, "meaning")[0] == "1.000 [0.342, 1.000]"
    assert row(text, "meaning − words")[0] == "+1.000 [+1.000, +1.000]"


def test_no_rankings_make_an_empty_table() -> None:
    assert rankings_text(()).startswith("| ranking (n 0) |")
