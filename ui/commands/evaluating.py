"""One evaluation from the command line: which index, which cases, and where the reports go."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from eval import journal
from eval.ask_cases import OnProgress
from eval.compare import Comparison, compare_reports
from eval.corpora.as_cases import AsCases, as_cases
from eval.corpora.by_name import open_corpus
from eval.gate import Kept, Threshold, check
from eval.journal import Journal, open_journal
from eval.made_with import made_with_other
from eval.report.as_html import write_html
from eval.report.as_json import NAME, json_report, load_report
from eval.report.as_junit import junit_report
from eval.report.as_markdown import markdown_report
from eval.report.as_text import text_report
from eval.run import EvalResult, evaluate, evaluate_answers
from eval.seen import parts_of, seen_text
from eval.systems.by_name import Asking, is_trivial, other_system, trivial_system
from eval.systems.frameworks import framework_system, is_framework
from eval.systems.in_index import OURS
from rag.assistant import Assistant
from rag.backends import load_embedder
from rag.embedding.embedder import Embedder
from rag.errors import IndexMismatch, ModelUnavailable
from rag.index.index import Index
from rag.settings import Settings, load_settings
from ui.commands.sample import Bundled, ingest_sample, sample_cases, sample_settings
from ui.show import counted, progress_bar, sync_progress


def evaluate_cases(
    cases: Path | None,
    index: Path | None,
    *,
    out: Path | None = None,
    resume: bool = False,
    thresholds: Sequence[Threshold] = (),
    system: str | None = None,
    asking: Asking | None = None,
    bundled: Bundled = "sample",
    collection: AsCases | None = None,
    workers: int = 1,
    baselines: bool = True,
) -> tuple[EvalResult, tuple[Kept, ...]]:
    """Ask every case, grade the answers and write the reports.

    Args:
        cases: JSON lines; None takes the bundled ones.
        index: The index to ask; None takes the settings' with cases of one's own, and that of the
            bundled site, made where it is missing, with the bundled ones.
        out: Where the reports go; None writes none.
        resume: Go on with a run that was stopped there.
        thresholds: What the figures must keep to.
        system: Who is graded, as `eval.systems.by_name` names it; None: ours.
        asking: How another system is asked.
        bundled: Which of the bundled sites, and cases, where none are given.
        collection: Is asked instead of all of these, as `open_collection` gives it.
        workers: So many cases are asked at once; more than one only of a system with an address.
        baselines: Whether trivial systems that search or cite are graded beside it.

    Raises:
        ConfigError: There is no such system, or nobody is there.
        SourceError: The cases cannot be read, or `out` holds a run that cannot be gone on with.
        IndexMissing, IndexMismatch, IndexDamaged, ModelUnavailable: As `Assistant.open`.
    """
    if collection:
        settings, cases = collection.settings, collection.cases
    elif cases is None and index is None:
        settings = sample_settings(bundled=bundled)
        ingest_sample(settings, bundled)
    else:
        settings = load_settings(index=index)
    with open_journal(out, resume=resume) as answers:
        with progress_bar() as bar:
            show = counted(bar, "Asking", of="cases", done=len(answers))
            graded = counted(bar, "Grading", of="cases", at_once=False)
            asked = cases or sample_cases(bundled)
            if system in (None, OURS):
                with Assistant(settings) as assistant:
                    result = evaluate(
                        assistant, asked, journal=answers, baselines=baselines,
                        on_progress=show, on_graded=graded,
                    )  # fmt: skip
                    if collection:
                        seen = seen_text(collection.seen, parts_of(assistant))
                        made = replace(result.made_with, seen_family=seen)
                        result = replace(result, made_with=made)
            else:
                result = evaluate_other(
                    system, asked, settings, asking or Asking(),
                    journal=answers, workers=workers, baselines=baselines,
                    on_progress=show, on_graded=graded,
                )  # fmt: skip
        kept = check(thresholds, result.grades.figures)
        if out:
            write_reports(result, answers, out, kept)
    if out:
        # Only now: whoever is killed before goes on with what is there.
        (out / journal.NAME).unlink()
    return result, kept


def open_collection(
    name: str, data: Path, *, cases: Path | None = None, split: str = "test", cache: Path
) -> AsCases:
    """A public collection, or a site with cases, as what `evaluate_cases` asks.

    Args:
        name: Of `eval.corpora.by_name.CORPORA`.
        data: Its folder, or a site's file.
        cases: Of a site.
        split: Of a folder in the form of BEIR.
        cache: Where its index and cases are kept.

    Raises:
        ConfigError: There is no such collection, or a site without cases.
        SourceError: A file is missing or has mistakes.
        ModelUnavailable: The embedding model cannot be loaded.
    """
    settings = load_settings()
    corpus = open_corpus(name, data, cases=[cases] if cases else [], split=split)
    label = f"{data.resolve().name}-{split}" if name == "beir" else name
    embedder = load_embedder(settings)
    with sync_progress() as show:
        return as_cases(corpus, label, cache, settings, embedder, cases=cases, on_progress=show)


def evaluate_other(
    system: str,
    cases: Path,
    settings: Settings,
    asking: Asking,
    *,
    journal: Journal,
    workers: int = 1,
    baselines: bool = True,
    on_progress: OnProgress,
    on_graded: OnProgress,
) -> EvalResult:
    """Ask another system every case; what it cites is looked up in the settings' index."""
    embedder: Embedder | None
    with ExitStack() as opened:
        if is_trivial(system) or is_framework(system):
            assistant = opened.enter_context(Assistant(settings))
            assistant.warm_up()
            index, embedder = assistant.index, assistant.pipeline.embedder
            if is_trivial(system):
                asked = trivial_system(system, assistant)
            else:
                folder = Path(opened.enter_context(TemporaryDirectory()))
                asked = framework_system(system, assistant, folder)
        else:
            index = opened.enter_context(closing(Index(settings.place)))
            key = settings.eval_key.get_secret_value() if settings.eval_key else None
            asked = other_system(system, index, asking, key=key)
            embedder = model_of(index, settings) if baselines else None
        made = made_with_other(asked.name, asking.sha256, index, cases)
        return evaluate_answers(
            asked.answer_of,
            made,
            index,
            cases,
            journal=journal,
            embedder=embedder,
            baselines=baselines,
            workers=workers,
            on_progress=on_progress,
            on_graded=on_graded,
        )


def model_of(index: Index, settings: Settings) -> Embedder | None:
    """The model that the index was made with; None where the settings' is another, or missing."""
    try:
        found = load_embedder(settings)
        index.check_model(found.id)
    except (IndexMismatch, ModelUnavailable):
        return None
    return found


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
