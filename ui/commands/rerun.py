"""Cases asked again after a sync, beside the report that is there from the time before."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from eval import journal
from eval.again import Since, since, since_text
from eval.gate import Kept, Threshold
from eval.report import as_json as report_json
from eval.report.as_json import SavedReport, load_report
from eval.run import EvalResult, load_records
from rag.index.index import Index
from rag.record import AnswerRecord
from rag.settings import load_settings
from ui.commands.evaluating import evaluate_cases
from ui.show import count

CHANGES = "changes.md"
_ANSWERS = "answers.jsonl"


@dataclass(frozen=True, slots=True)
class Rerun:
    """A run, and what changed since the one before."""

    result: EvalResult
    kept: tuple[Kept, ...]
    since: Since | None
    """None the first time."""

    @property
    def ok(self) -> bool:
        """Nothing failed, nothing became worse, and every threshold is kept."""
        return (
            not self.result.grades.failed
            and all(one.ok for one in self.kept)
            and (self.since is None or self.since.ok)
        )

    @property
    def told(self) -> str:
        """What there is to say, for people."""
        if self.since is None:
            asked = count(len(self.result.cases), "case", "cases")
            return f"{asked} asked for the first time: nothing to compare with yet."
        return since_text(self.since)


def ask_again(
    cases: Path, index: Path | None, out: Path, *, thresholds: Sequence[Threshold] = ()
) -> Rerun:
    """Ask every case, say what changed since the report in `out`, and put the new one there.

    A run that was stopped in between leaves the report before it; it begins anew.

    Raises:
        SourceError: The cases, or what is in `out`, cannot be read.
        IndexMissing, IndexMismatch, IndexDamaged, ModelUnavailable: As `Assistant.open`.
    """
    before = _before(out)
    (out / journal.NAME).unlink(missing_ok=True)
    result, kept = evaluate_cases(cases, index, out=out, thresholds=thresholds)
    found = None
    if before:
        with closing(Index(load_settings(index=index).place)) as opened:
            found = since(*before, result, _answers(out), opened)
    done = Rerun(result, kept, found)
    (out / CHANGES).write_text(f"{done.told}\n", encoding="utf-8", newline="\n")
    return done


def has_report(out: Path) -> bool:
    """Whether there is anything to compare with."""
    return (out / report_json.NAME).is_file()


def _before(out: Path) -> tuple[SavedReport, tuple[AnswerRecord, ...]] | None:
    return (load_report(out), _answers(out)) if has_report(out) else None


def _answers(report: Path) -> tuple[AnswerRecord, ...]:
    """The answers of a run; none where every case failed."""
    file = report / _ANSWERS
    return load_records(file) if file.is_file() and file.stat().st_size else ()
