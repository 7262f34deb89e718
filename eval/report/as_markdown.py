"""A graded run as Markdown for a pull request: what matters first, the rest folded away."""

from __future__ import annotations

from collections.abc import Sequence

from eval.figures import CaseGrade
from eval.gate import Kept
from eval.grade import Grades
from eval.outcomes import GOOD, Outcome, outcome
from eval.report.as_text import figures_text, outcomes_text
from eval.run import EvalResult
from eval.tables import counted, marked, plain, seen_note, shown, table

_HEADLINE = (
    "Recall@5",
    "citation precision (sentence)",
    "citation recall (sentence)",
    "says what it must",
    "answered, of the answerable",
    "refused, of the unanswerable",
)
_LISTED = 50  # of the questions of an outcome: a comment on GitHub holds 65,536 characters


def markdown_report(result: EvalResult, kept: Sequence[Kept] = ()) -> str:
    """The report as a comment: outcomes, thresholds, headline figures, and folded lists."""
    grades, made = result.grades, result.made_with
    parts = [
        f"## {counted(len(grades.cases), 'question', 'questions')} on "
        f"{counted(made.posts, 'post', 'posts')}",
        *([f"**{made.seen_mark.capitalize()}.** {made.seen_told}"] if made.seen else []),
        outcomes_text(grades),
        *([seen_note(plain(made.seen_family))] if made.seen_family else []),
        *_thresholds(kept),
        _headline(grades, made.mark),
        "[low, high] is a 95 % interval by question.",
        *_failed(grades),
        _folded(marked("All figures", made.mark), figures_text(grades, mark=made.mark)),
        *_questions(result),
        _folded("Made with", _made_with(result)),
    ]
    return "\n\n".join(parts) + "\n"


def _thresholds(kept: Sequence[Kept]) -> list[str]:
    if not kept:
        return []
    return ["\n".join(f"- {'✅' if one.ok else '❌'} {plain(one.told)}" for one in kept)]


def _headline(grades: Grades, mark: str) -> str:
    """The figures that come first; each table says where they are no headlines."""
    found = {one.name: one.estimate for one in grades.figures}
    rows = [
        [name, shown(found[name]), str(estimate.n if (estimate := found[name]) else 0)]
        for name in _HEADLINE
    ]
    return table([marked("Figure", mark), "value [low, high]", "n"], rows)


def _failed(grades: Grades) -> list[str]:
    if not grades.failed:
        return []
    lines = [f"- {plain(one.case_id)}: {plain(one.reason)}" for one in grades.failed[:_LISTED]]
    more = len(grades.failed) - len(lines)
    head = f"**{len(grades.failed)} of {counted(len(grades.cases), 'case', 'cases')} failed:**"
    return ["\n".join([head, "", *lines, *([f"- and {more} more"] if more > 0 else [])])]


def _questions(result: EvalResult) -> list[str]:
    """A folded list for each outcome that is not good, with what was asked."""
    questions = {case.id: case.question for case in result.cases}
    return [
        _folded(f"{one.value.capitalize()}: {len(own)}", _list(own, questions))
        for one in Outcome
        if one not in GOOD | {Outcome.FAILED}
        and (own := [case for case in result.grades.cases if outcome(case) is one])
    ]


def _list(cases: Sequence[CaseGrade], questions: dict[str, str]) -> str:
    lines = [f"- {plain(one.id)}: {plain(questions[one.id])}" for one in cases[:_LISTED]]
    more = len(cases) - len(lines)
    return "\n".join([*lines, *([f"- and {more:,} more"] if more > 0 else [])])


def _made_with(result: EvalResult) -> str:
    made = result.made_with
    told = {
        "system": made.system,
        "cases": f"{made.case_file}, sha256 {made.case_sha256}" + made.seen * f", {made.seen_mark}",
        "settings": f"sha256 {made.settings_sha256}",
        "index": f"{made.index_id}, generation {made.index_generation}",
        "model": made.embedder,
        "reader, writer, judge": ", ".join(filter(None, (made.reader, made.writer, made.judge))),
        "code": " ".join(filter(None, (f"sha256 {made.code_sha256}", made.commit))),
        "versions": ", ".join(f"{name} {version}" for name, version in made.versions),
    }
    return "\n".join(f"- {name}: {plain(value)}" for name, value in told.items() if value)


def _folded(title: str, content: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{content}\n\n</details>"
