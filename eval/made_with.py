"""What an evaluation was made with: enough to say whether two are comparable."""

from __future__ import annotations

import platform
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from eval.hashes import code_sha256, commit, file_sha256, posts_sha256, settings_sha256
from eval.seen import fitted_on

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.index.index import Index

_PACKAGES = ("pullquote", "numpy", "chromadb", "sentence-transformers", "torch")
SEEN = "fitted on these questions"
SEEN_FAMILY = "seen family"
SEEN_TOLD = (
    "Weights and thresholds that are shipped were fitted on these questions, so the figures"
    " flatter: they are no headline, and serve to notice what changes."
)


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
    """Shipped weights were fitted on this very file; of other systems that is not known."""

    @property
    def mark(self) -> str:
        """Why its figures are no headlines, in short; empty: nothing is known that says so."""
        return mark_of(seen=self.seen, seen_family=self.seen_family)


def mark_of(*, seen: bool, seen_family: str) -> str:
    """The mark of a run with these fields of `MadeWith`."""
    return " and ".join([SEEN] * seen + [SEEN_FAMILY] * bool(seen_family))


def made_with(assistant: Assistant, case_file: Path) -> MadeWith:
    """What an evaluation of this assistant on this file rests on."""
    provenance = assistant.provenance
    found = _made_with(assistant.index, case_file, settings_sha256(assistant.settings))
    return replace(
        found,
        writer=provenance.writer,
        reader=provenance.reader,
        judge=provenance.judge,
        thresholds=tuple(sorted(provenance.thresholds.items())),
        refusal=provenance.refusal,
        seen=found.case_sha256 in fitted_on(),
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
