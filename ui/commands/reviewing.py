"""`pullquote eval review` and `eval citations`: what people, and what judges make of answers."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from eval.cases.cases import load_cases, resolve_gold
from eval.judging.alce import JudgedCitations, check_apart, judged_citations
from eval.judging.by_name import NamedJudge, load_judge, needs_models
from eval.judging.review import NAMES, read_labels, sentences, sheet_of, write_sheets
from eval.judging.review_figures import Judge, Reviewed, gold_judge, reviewed, support_judge
from eval.run import load_records
from rag.assistant import Assistant
from rag.errors import ConfigError, SourceError
from rag.index.index import Index
from rag.record import AnswerRecord
from rag.settings import Settings

_ANSWERS = "answers.jsonl"
_PEOPLE = 2


def sheets_for_people(report: Path, folder: Path, questions: int) -> int:
    """Write the sheets of a run's answers; how many sentences they have.

    Raises:
        SourceError: The answers cannot be read, or a sheet is there already.
    """
    return write_sheets(load_records(_answers(report)), folder, questions=questions)


def sheets_on_page(report: Path, folder: Path, questions: int, *, colour: str, port: int) -> None:
    """Let two people fill the sheets on a page, until Ctrl-C.

    Args:
        report: The folder of the run.
        folder: Of the sheets; those that are there are gone on with.
        questions: So many answers are drawn, at most, where there are none.
        colour: Of the page.
        port: Of the page, where it is free.

    Raises:
        SourceError: The answers or a sheet cannot be read, or a sheet is of another run.
    """
    from ui.marking.kinds import REVIEW, Sheet
    from ui.marking.server import on_page

    files = [folder / name for name in NAMES]
    if all(file.exists() for file in files):
        said = sentences(load_records(_answers(report)))
        for file in files:
            sheet_of(file, said)
    else:
        sheets_for_people(report, folder, questions)
    named = zip(("I am the first person", "I am the second person"), files, strict=True)
    on_page([Sheet(name, file, REVIEW) for name, file in named],
            then_review(report, folder), colour=colour, port=port)  # fmt: skip


def then_review(report: Path, folder: Path) -> str:
    """The command that reads the sheets back, as a shell takes it."""
    sheets = [word for name in NAMES for word in ("--labels", str(folder / name))]
    return shlex.join(["pullquote", "eval", "review", str(report), *sheets])


def review_figures(
    report: Path,
    sheets: Sequence[Path],
    settings: Settings,
    *,
    judge: str | None,
    cases: Path | None,
) -> tuple[Reviewed, ...]:
    """What was said of a run's answers, for each question that anybody answered.

    Args:
        report: The folder of the run.
        sheets: Of one or two people.
        settings: Which index and models, for a judge or gold that needs them.
        judge: Whose figure of support is put right; None: nobody's.
        cases: Whose gold sentences say which sentences answer; None: none do.

    Raises:
        SourceError: Something cannot be read, or the sheets are of another run.
        ConfigError: There is no such judge, or it filtered the answers.
        ModelUnavailable: A model cannot be loaded.
    """
    if not 1 <= len(sheets) <= _PEOPLE:
        raise SourceError(
            f"{len(sheets)} sheets of labels were named.", hint="Name those of one or two people."
        )
    records = load_records(_answers(report))
    said = sentences(records)
    people = [read_labels(file, said) for file in sheets]
    found = []
    if any(one.said["supported"] for one in people):
        own = _support(judge, settings, records) if judge else None
        found.append(reviewed("supported", said, people, own))
    if any(one.said["answers"] for one in people):
        gold = _gold(cases, settings) if cases else None
        found.append(reviewed("answers", said, people, gold))
    return tuple(found)


def citations_by(
    report: Path, settings: Settings, *, judge: str, at: float | None, cases: Path | None
) -> JudgedCitations:
    """What a judge makes of a run's citations, where nobody has marked what answers.

    Args:
        report: The folder of the run.
        settings: Which index and models, for a judge that needs them.
        judge: Its name.
        at: The score from which on it passes a sentence; None: its own.
        cases: Only answers to those of them that have no gold; None: all answers.

    Raises:
        SourceError: Something cannot be read, or no answer is left.
        ConfigError: There is no such judge, it has no threshold, or it filtered the answers.
        ModelUnavailable: A model cannot be loaded.
    """
    records = load_records(_answers(report))
    if cases:
        bare = {one.id for one in load_cases(cases) if one.answerable and not one.gold}
        records = tuple(one for one in records if str(one.id) in bare)
    if not any(one.sentences for one in records):
        raise SourceError(
            f"{report} has no answer that could be judged.",
            hint="With --cases, only answers to answerable cases without gold are.",
        )

    def judged(named: NamedJudge) -> JudgedCitations:
        threshold = named.threshold if at is None else at
        if threshold is None:
            raise ConfigError(
                f"The judge {named.name!r} says how well, and not whether.",
                hint="Say with --at from which score on it passes a sentence.",
            )
        return judged_citations(records, sentences(records), named, threshold=threshold)

    if not needs_models(judge):
        return judged(load_judge(judge))
    with Assistant(settings) as assistant:
        return judged(load_judge(judge, assistant))


def _support(name: str, settings: Settings, records: Sequence[AnswerRecord]) -> tuple[Judge, str]:
    """A judge that has not filtered the answers: what is left has passed the one that has."""
    if not needs_models(name):
        named = load_judge(name)
        check_apart(named, records)
        return support_judge(named)
    with Assistant(settings) as assistant:
        named = load_judge(name, assistant)
        check_apart(named, records)
        judge, told = support_judge(named)
        known = {one.id: judge(one) for one in sentences(records)}  # before the index is closed
    return (lambda one: known[one.id]), told


def _gold(cases: Path, settings: Settings) -> tuple[Judge, str]:
    told = load_cases(cases)
    if any(gold.sentence and not gold.quote for case in told for gold in case.gold):
        with closing(Index(settings.place)) as index:
            told = resolve_gold(told, index)
    return gold_judge(told)


def _answers(report: Path) -> Path:
    return report / _ANSWERS if report.is_dir() else report
