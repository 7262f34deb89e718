"""A collection as `pullquote eval` takes what is one's own: an index, and a file of cases."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.cases.cases import Case
from eval.cases.gold import Gold
from eval.corpora.corpus import Corpus, provenance_text
from eval.corpora.index import corpus_index, corpus_settings
from eval.fitted import fitted_questions, question_hash
from eval.seen import Seen
from ingest.updating import OnProgress
from rag.embedding.embedder import Embedder
from rag.errors import SourceError
from rag.replacing import replacing
from rag.settings import Settings

_FEW = 0.05  # of a collection's questions


@dataclass(frozen=True, slots=True)
class AsCases:
    """What is asked, and of which posts."""

    cases: Path
    """JSON Lines, as `eval.cases.cases.load_cases` reads them."""
    settings: Settings
    """Those of the user, on the index of the collection."""
    seen: tuple[Seen, ...]
    """The parts of ours that were fitted on its family of data."""
    provenance: str
    """What it rests on: licence, origin and the hash of each file."""


def as_cases(
    corpus: Corpus,
    label: str,
    cache: Path,
    settings: Settings,
    embedder: Embedder,
    *,
    cases: Path | None = None,
    on_progress: OnProgress | None = None,
) -> AsCases:
    """The collection's index and its cases in files, made where they are not there yet.

    Args:
        corpus: The collection.
        label: What its file of cases is called, without an ending.
        cache: A folder for both.
        settings: Of the user.
        embedder: What the settings name.
        cases: The file that its cases are from, where they are the user's own; none is written.
        on_progress: Told how far the index is.

    Raises:
        SourceError: The posts cannot be read, or nothing is asked about them.
        IndexUnwritable: The disk is full, or the folder may not be written.
    """
    if not corpus.cases:
        raise SourceError(f"{corpus.name} asks nothing.", hint="Look at its files.")
    folder = corpus_index(corpus, cache, settings, embedder, on_progress=on_progress)
    told, asked = provenance_text(corpus), corpus.cases if cases else unseen(corpus.cases)
    if left_out := [case.id for case in corpus.cases if case not in asked]:
        told += (
            f"\nLeft out, as weights that are shipped were fitted on {len(left_out)} of these"
            f" {len(corpus.cases):,} questions: {', '.join(left_out)}."
        )
    file = cases or _written(asked, label, cache)
    return AsCases(file, corpus_settings(settings, folder), corpus.seen, told)


def unseen(cases: Sequence[Case]) -> tuple[Case, ...]:
    """Those on whose questions nothing was fitted.

    All of them where that was more than a few: then it is the collection that was fitted on, which
    its report says, and not a question that two collections share.
    """
    fitted = fitted_questions()
    new = tuple(
        case
        for case in cases
        if question_hash(case.question, [turn.question for turn in case.history]) not in fitted
    )
    return new if len(cases) - len(new) <= _FEW * len(cases) else tuple(cases)


def _written(cases: Sequence[Case], label: str, cache: Path) -> Path:
    text = "".join(f"{json.dumps(_line(case), ensure_ascii=False)}\n" for case in cases)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    file = cache / f"cases-{digest}" / f"{label}.jsonl"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(file, newline="\n") as stream:
            stream.write(text)
    return file


def _line(case: Case) -> dict[str, object]:
    """A case as a file has it, without what is empty."""
    line: dict[str, object] = {
        "id": case.id,
        "kind": case.kind,
        "question": case.question,
        "history": [{"question": one.question, "answer": one.answer} for one in case.history],
        "answerable": case.answerable,
        "answer": case.answer,
        "must_include": case.must_include,
        "must_not_include": case.must_not_include,
        "gold": _golds(case.gold),
    }
    return {name: value for name, value in line.items() if value or value is False}


def _golds(golds: Sequence[Gold]) -> list[dict[str, object]]:
    lines: list[dict[str, object]] = []
    for one in golds:
        named = {"quote": one.quote, "sentence": one.sentence, "whole_post": one.whole_post}
        told = {"heading": one.heading, **named}
        if one.quote:  # a sentence that an index has told has both
            del told["sentence"]
        lines.append({"post_id": one.post_id, **{name: v for name, v in told.items() if v}})
    return lines
