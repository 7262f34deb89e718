"""What an evaluation was made with: enough to say whether two are comparable."""

from __future__ import annotations

import platform
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from eval.fitted import fitted_in
from eval.hashes import code_sha256, commit, file_sha256, posts_sha256, settings_sha256
from eval.seen import fitted_on

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.index.index import Index

_PACKAGES = ("pullquote", "numpy", "chromadb", "sentence-transformers", "torch")
SEEN = "fitted on these questions"
SEEN_FAMILY = "seen family"


@dataclass(frozen=True, slots=True)
class MadeWith:
    """What an evaluation was made with."""

    case_file: str
    """Its name, without its folder."""
    case_sha256: str
    """Of the file's bytes."""
    settings_sha256: str
    """Of the settings that answers depend on: all but the index's folder and the server's."""
    index_id: str
    index_generation: int
    posts: int
    passages: int
    embedder: str
    versions: tuple[tuple[str, str], ...]
    """Name and version of Python and the packages that answers depend on."""
    writer: str = ""
    reader: str = ""
    """Empty where nothing was read closely."""
    judge: str = ""
    thresholds: tuple[tuple[str, float], ...] = ()
    refusal: str = ""
    """Empty where what decides whether to answer is what is shipped."""
    seen_family: str = ""
    """What of ours was fitted on the family of these questions (`eval.seen`); empty: nothing."""
    code_sha256: str = ""
    """Of the modules and weights that answer and grade."""
    commit: str = ""
    """Of the checkout that they stand in; empty where they were installed."""
    system: str = ""
    """Who answered, where it was not ours."""
    posts_sha256: str = ""
    """Of the index's posts: their ids with the digests of record, text and how it was split. The
    same for equal posts in another index, whatever its id and generation."""
    seen: bool = False
    """Shipped weights were fitted on some of its questions; of other systems that is not known."""
    questions: int = 0
    """So many are asked."""
    questions_seen: int = 0
    """On so many of them, by the hash of each."""

    @property
    def seen_mark(self) -> str:
        """That weights were fitted on its questions, and on how many; empty: on none."""
        return seen_mark(self.questions, self.questions_seen) if self.seen else ""

    @property
    def seen_told(self) -> str:
        """The same as a sentence, with what follows from it; empty as well."""
        if not self.seen:
            return ""
        return (
            f"Weights and thresholds that are shipped were {self.seen_mark}, so the figures"
            " flatter: they are no headline, and serve to notice what changes."
        )

    @property
    def mark(self) -> str:
        """Why its figures are no headlines, in short; empty: nothing is known that says so."""
        return mark_of(self.seen_mark, self.seen_family)


def seen_mark(questions: int, seen: int) -> str:
    """The mark of a run of so many questions, when weights were fitted on so many of them.

    Args:
        questions: Of the run.
        seen: Of them; 0 where only the file as a whole is known.
    """
    some = 0 < seen < questions
    return f"fitted on {seen:,} of these {questions:,} questions" if some else SEEN


def mark_of(of_questions: str, seen_family: str) -> str:
    """Both marks of a run as one; either may be empty."""
    return " and ".join(filter(None, (of_questions, SEEN_FAMILY * bool(seen_family))))


def made_with(assistant: Assistant, case_file: Path) -> MadeWith:
    """What an evaluation of this assistant on this file rests on."""
    provenance = assistant.provenance
    found = _made_with(assistant.index, case_file, settings_sha256(assistant.settings))
    fitted, _ = fitted_in(case_file)
    return replace(
        found,
        writer=provenance.writer,
        reader=provenance.reader,
        judge=provenance.judge,
        thresholds=tuple(sorted(provenance.thresholds.items())),
        refusal=provenance.refusal,
        seen=bool(fitted) or found.case_sha256 in fitted_on(),
        questions_seen=fitted,
    )


def made_with_other(system: str, asked_sha256: str, index: Index, case_file: Path) -> MadeWith:
    """What an evaluation of another system rests on, as far as that can be known.

    Args:
        system: Its name.
        asked_sha256: Of how it is asked.
        index: Of the posts that it answers from.
        case_file: The cases.
    """
    return replace(_made_with(index, case_file, asked_sha256), system=system)


def _made_with(index: Index, case_file: Path, asked_with: str) -> MadeWith:
    status = index.status()
    return MadeWith(
        case_file=case_file.name,
        case_sha256=file_sha256(case_file),
        questions=fitted_in(case_file)[1],
        settings_sha256=asked_with,
        index_id=status.index_id,
        index_generation=status.generation,
        posts=status.posts,
        passages=status.passages,
        embedder=status.embedder,
        versions=(("python", platform.python_version()), *map(_installed, _PACKAGES)),
        code_sha256=code_sha256(),
        commit=commit(),
        posts_sha256=posts_sha256(index),
    )


def _installed(package: str) -> tuple[str, str]:
    try:
        return package, version(package)
    except PackageNotFoundError:
        return package, "not installed"
