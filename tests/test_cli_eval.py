"""`pullquote eval` as people and builds meet it, on the `hash` embedder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from small_site import garden, same_path
from typer.testing import CliRunner, Result

from eval.journal import NAME as JOURNAL
from eval.run import load_records
from ui.cli import app

REPORTS = {"report.json", "report.md", "report.html", "junit.xml", "answers.jsonl"}
QUOTE = "The bed with wool mulch lost three of forty lettuces."
CASES = 150


@pytest.fixture(autouse=True)
def hash_embedder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULLQUOTE_EMBEDDING_MODEL", "hash")
    monkeypatch.setenv("PULLQUOTE_MIN_ANSWERABLE", "0")


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return garden(tmp_path / "index")


def write_cases(tmp_path: Path, *, failing: bool = False, n: int = 6) -> Path:
    """Every third has no answer; no question stands twice."""
    lines: list[dict[str, Any]] = [
        {"id": f"moon-{i}", "kind": "far", "question": f"Who owns moon {i}?", "answerable": False}
        if i % 3 == 2
        else {
            "id": f"wool-{i}",
            "kind": "fact",
            "question": f"How many of {i} lettuces did the bed with wool mulch lose?",
            "answerable": True,
            "gold": [{"post_id": 2, "heading": "Results", "quote": QUOTE}],
        }
        for i in range(n)
    ]
    if failing:
        lines[1]["question"] = "word " * 1000
    path = tmp_path / "cases.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["eval", *map(str, arguments)])


def without_timing(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert content.pop("timing")["cases"]
    return content


def test_two_runs_write_the_same_report_but_for_the_times(tmp_path: Path, index: Path) -> None:
    cases = write_cases(tmp_path, failing=True)
    for folder in ("a", "b"):
        done = run("--index", index, "--cases", cases, "--out", tmp_path / folder)
        assert done.exit_code == 1  # a case failed
        assert {file.name for file in (tmp_path / folder).iterdir()} == REPORTS
    before, now = (
        (tmp_path / folder / "report.json").read_text(encoding="utf-8") for folder in ("a", "b")
    )
    assert before.partition('\n "timing": ')[0] == now.partition('\n "timing": ')[0]
    content = without_timing(tmp_path / "a")
    assert list(content["failed"]) == ["wool-1"]
    assert content["outcomes"]["failed"] == 1
    made = content["made_with"]
    assert all(len(made[name]) == 64 for name in ("case_sha256", "settings_sha256", "code_sha256"))
    assert made["index_generation"] >= 1
    assert (made["writer"], made["embedder"][:5]) == ("quotes", "hash@")
    assert len(load_records(tmp_path / "a" / "answers.jsonl")) == 5


def test_the_time_of_a_case_that_failed_counts(tmp_path: Path, index: Path) -> None:
    cases = write_cases(tmp_path, failing=True)
    run("--index", index, "--cases", cases, "--out", tmp_path / "a")
    timing = json.loads((tmp_path / "a" / "report.json").read_text(encoding="utf-8"))["timing"]
    assert timing["cases"]["wool-1"] > 0
    assert timing["figures"]["median ms"]["n"] == 6


def test_a_missed_threshold_ends_with_one_and_a_line(tmp_path: Path, index: Path) -> None:
    options = ["--index", index, "--cases", write_cases(tmp_path), "--out", tmp_path / "a"]
    kept = run(*options, "--fail-under", "recall@10=0.9", "--fail-over", "median-ms=60000")
    assert (kept.exit_code, kept.stderr) == (0, "")
    missed = run(
        *options, "--fail-under", "Recall@10=0.9", "--fail-under", "refused-of-the-unanswerable=1"
    )
    assert missed.exit_code == 1
    assert missed.stderr == (
        "Threshold missed: refused, of the unanswerable: 0 is not at least 1.\n"
    )
    suites = ElementTree.parse(tmp_path / "a" / "junit.xml").getroot()
    assert [one.get("failures") for one in suites if one.get("name") == "thresholds"] == ["1"]
    assert "❌ refused, of the unanswerable" in (tmp_path / "a" / "report.md").read_text("utf-8")


def test_an_unknown_metric_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    done = run("--index", tmp_path / "none", "--fail-under", "accuracy=1", "--out", tmp_path / "a")
    assert done.exit_code == 1
    assert "There is no metric 'accuracy'." in done.stderr
    assert "recall@5" in done.stderr
    assert not (tmp_path / "a").exists()


def test_resume_without_a_folder_is_a_mistake() -> None:
    assert run("--resume").exit_code == 2


def test_compare_says_what_changed_or_that_the_cases_differ(tmp_path: Path, index: Path) -> None:
    cases = write_cases(tmp_path)
    for folder in ("a", "b"):
        run("--index", index, "--cases", cases, "--out", tmp_path / folder)
    done = run("compare", tmp_path / "a", tmp_path / "b" / "report.json")
    assert done.exit_code == 0
    assert "6 cases in both." in done.stdout
    assert "0 questions became better, 0 worse" in done.stdout
    assert json.loads(run("compare", tmp_path / "a", tmp_path / "b", "--json").stdout)["p"] == 1
    run("--index", index, "--cases", write_cases(tmp_path, n=4), "--out", tmp_path / "c")
    refused = run("compare", tmp_path / "a", tmp_path / "c")
    assert refused.exit_code == 1
    assert "4 are the same in both, of 6 in" in refused.stderr
    shared = run("compare", "--shared", tmp_path / "a", tmp_path / "c")
    assert "4 cases in both, 2 left out." in shared.stdout


def started(index: Path, cases: Path, out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "ui.cli", "eval", "--index", str(index), "--cases", str(cases)]
    return subprocess.Popen(
        [*command, "--out", str(out)], env=same_path(), stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip


def test_a_killed_run_goes_on_to_the_report_of_an_undisturbed_one(
    tmp_path: Path, index: Path
) -> None:
    cases, out = write_cases(tmp_path, n=CASES), tmp_path / "killed"
    run("--index", index, "--cases", cases, "--out", tmp_path / "whole")
    child = started(index, cases, out)
    journal = out / JOURNAL
    while child.poll() is None and (not journal.exists() or journal.read_bytes().count(b"\n") < 9):
        time.sleep(0.005)
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    kept = journal.read_bytes()
    assert 8 <= kept.count(b"\n") - 1 < CASES
    again = run("--index", index, "--cases", cases, "--out", out)
    assert again.exit_code == 1
    assert "--resume" in again.stderr
    assert journal.read_bytes() == kept
    assert run("--index", index, "--cases", cases, "--out", out, "--resume").exit_code == 0
    assert {file.name for file in out.iterdir()} == REPORTS
    assert without_timing(out) == without_timing(tmp_path / "whole")
    first = json.loads(kept.splitlines()[1])
    assert (
        load_records(out / "answers.jsonl")[0].model_dump(mode="json", by_alias=True)
        == (first["answer"])
    )
