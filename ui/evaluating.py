"""One evaluation from the command line: which index, which cases, and where the report goes."""

from __future__ import annotations

from pathlib import Path

from eval.report import json_report, text_report
from eval.run import EvalResult, evaluate
from rag.assistant import Assistant
from rag.settings import load_settings
from ui.sample import ingest_sample, sample_cases, sample_settings
from ui.show import progress_bar


def evaluate_cases(cases: Path | None, index: Path | None) -> EvalResult:
    """Ask every case and grade the answers.

    Args:
        cases: JSON lines; None takes the bundled ones about the sample site.
        index: The index to ask; None takes the settings' with cases of one's own, and that of the
            sample site, made where it is missing, with the bundled ones.

    Raises:
        SourceError: The cases cannot be read.
        IndexMissing, IndexMismatch, IndexDamaged, ModelUnavailable: As `Assistant.open`.
    """
    if cases is None and index is None:
        settings = sample_settings()
        ingest_sample(settings)
    else:
        settings = load_settings(index=index)
    with Assistant(settings) as assistant, progress_bar() as bar:
        task = bar.add_task("Asking", total=None, of="…")

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, of=f"{total:,} cases")

        return evaluate(assistant, cases or sample_cases(), on_progress=show)


def write_reports(result: EvalResult, folder: Path) -> None:
    """`report.md`, `report.json` and `answers.jsonl` into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    answers = "".join(f"{record.to_json()}\n" for record in result.records)
    for name, text in {
        "report.md": text_report(result) + "\n",
        "report.json": json_report(result),
        "answers.jsonl": answers,
    }.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
