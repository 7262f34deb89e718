"""Judges held against people's labels from the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eval.datasets.labelled import DataSet
from eval.datasets.registry import load_sets
from eval.judging.by_name import load_judge, needs_models
from eval.judging.evidence import nearest, statements
from eval.judging.hold import SetGrade, judge_set
from eval.small_index import SmallPost, SmallSection, small_assistant
from rag.assistant import Assistant
from rag.settings import Settings
from ui.show import progress_bar


def judge_sets(
    names: Sequence[str],
    folder: Path,
    judges: Sequence[str],
    settings: Settings,
    *,
    index: Path | None = None,
) -> tuple[SetGrade, ...]:
    """Every judge on every set.

    Args:
        names: Of the sets.
        folder: Where their files lie.
        judges: Names of judges.
        settings: Which models.
        index: Says how much words weigh; None: the evidence of the set does.

    Raises:
        ConfigError: There is no such set or judge.
        SourceError: A set's files are missing or cannot be read.
        ModelUnavailable: A model cannot be loaded.
    """
    return tuple(_with_models(data, judges, settings, index) for data in load_sets(names, folder))


def _with_models(
    data: DataSet, judges: Sequence[str], settings: Settings, index: Path | None
) -> SetGrade:
    if not any(map(needs_models, judges)):
        return _judged(data, judges, None)
    if index:
        with Assistant(settings) as assistant:
            return _judged(data, judges, assistant)
    with small_assistant(evidence_posts(data), settings) as assistant:
        return _judged(data, judges, assistant)


def evidence_posts(data: DataSet) -> tuple[SmallPost, ...]:
    """The sentences that claims are held against, those of each claim as a post."""
    texts = dict.fromkeys(
        "\n".join(nearest(said, item.evidence))
        for item in data.items
        for said in statements(item.claim)
    )
    return tuple(
        SmallPost(f"{data.family.title} {number}", (SmallSection("", text),))
        for number, text in enumerate(texts, 1)
    )


def _judged(data: DataSet, judges: Sequence[str], assistant: Assistant | None) -> SetGrade:
    known = [load_judge(name, assistant) for name in judges]
    with progress_bar() as bar:
        task = bar.add_task("Judging", total=None, of="…")

        def show(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total, of=f"{total:,} claims")

        return judge_set(data, known, on_progress=show)
