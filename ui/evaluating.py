"""One evaluation from the command line: which index, which cases, and where the reports go."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eval import journal
from eval.compare import Comparison, compare_reports
from eval.gate import Kept, Threshold, check
from eval.journal import Journal, open_journal
from eval.report import text_report
from eval.report_html import write_html
from eval.report_json import NAME, json_report, load_report
from eval.report_junit import junit_report
from eval.report_md import markdown_report
from eval.run import EvalResult, evaluate
from rag.assistant import Assistant
from rag.settings import load_settings
from ui.sample import ingest_sample, sample_cases, sample_settings
from ui.show import progress_bar


def evaluate_cases(
    cases: Path | None,
    index: Path | None,
    *,
    out: Path | None = None,
    resume: bool = False,
    thresholds: Sequence[Threshold] = (),
) -> tuple[EvalResult, tuple[Kept, ...]]:
    """Ask every case, grade the answers and write the reports.

    Args:
        cases: JSON lines; None takes the bundled ones about the sample site.
        index: The index to ask; None takes the settings' with cases of one's own, and that of the
            sample site, made where it is missing, with the bundled ones.
        out: Where the reports go; None writes none.
        resume: Go on with a run that was stopped there.
        thresholds: What the figures must keep to.

    Raises:
        SourceError: The cases cannot be read, or `out` holds a run that cannot be gone on with.
        IndexMissing, IndexMismatch, IndexDamaged, ModelUnavailable: As `Assistant.open`.
    """
    if cases is None and index is None:
        settings = sample_settings()
        ingest_sample(settings)
    else:
        settings = load_settings(index=index)
    with open_journal(out, resume=resume) as answers:
        with Assistant(settings) as assistant, progress_bar() as bar:
            task = bar.add_task("Asking", total=None, of="…", completed=len(answers))

            def show(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total, of=f"{total:,} cases")

            result = evaluate(assistant, cases or sample_cases(), journal=answers, on_progress=show)
        kept = check(thresholds, result.grades.figures)
        if out:
            write_reports(result, answers, out, kept)
    if out:
        # Only now: whoever is killed before goes on with what is there.
        (out / journal.NAME).unlink()
    return result, kept


def write_reports(
    result: EvalResult, answers: Journal, folder: Path, kept: Sequence[Kept] = ()
) -> None:
    """`report.json`, `report.md`, `report.html`, `junit.xml` and `answers.jsonl`."""
    with (folder / "answers.jsonl").open("w", encoding="utf-8", newline="\n") as stream:
        for record in answers.records(case.id for case in result.cases):
            stream.write(f"{record.to_json()}\n")
    write_html(result, answers, folder / "report.html", kept=kept)
    for name, text in {
        NAME: json_report(result),
        "report.md": markdown_report(result, kept),
        "junit.xml": junit_report(result, kept),
    }.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def report_text(result: EvalResult, *, json: bool = False) -> str:
    """The report for the terminal."""
    return json_report(result).rstrip() if json else text_report(result)


def compare_folders(before: Path, now: Path, *, shared_only: bool = False) -> Comparison:
    """Two reports beside each other, by their files or folders.

    Raises:
        SourceError: One cannot be read, or they are of other cases.
    """
    return compare_reports(load_report(before), load_report(now), shared_only=shared_only)
