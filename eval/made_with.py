"""What an evaluation was made with: enough to say whether two are comparable."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from eval.datasets.seen import fitted_on
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.index.index import Index

# Where a run takes place, not what it answers.
_PLACE = {"index", "catalog_url", "catalog_schema", "chroma_url", "chroma_token"}
_NOT_HASHED = _PLACE | {"host", "port", "site_name", "link_base", "eval_key"}
_PACKAGES = ("pullquote", "numpy", "chromadb", "sentence-transformers", "torch")
_ROOT = Path(__file__).resolve().parents[1]
_CODE = ("rag", "eval")  # what answers, and what grades
_SUFFIXES = {".py", ".json", ".npz", ".safetensors"}
SEEN = "fitted on these questions"
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
    code_sha256: str = ""
    """Of the modules and weights that answer and grade."""
    commit: str = ""
    """Of the checkout that they stand in; empty where they were installed."""
    system: str = ""
    """Who answered, where it was not ours."""
    seen: bool = False
    """Shipped weights were fitted on this very file; of other systems that is not known."""


def made_with(assistant: Assistant, case_file: Path) -> MadeWith:
    """What an evaluation of this assistant on this file rests on."""
    provenance = assistant.provenance
    found = _made_with(assistant.index, case_file, _hashed(assistant.settings))
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


def _made_with(index: Index, case_file: Path, settings_sha256: str) -> MadeWith:
    status = index.status()
    return MadeWith(
        case_file=case_file.name,
        case_sha256=hashlib.sha256(case_file.read_bytes()).hexdigest(),
        settings_sha256=settings_sha256,
        index_id=status.index_id,
        index_generation=status.generation,
        posts=status.posts,
        passages=status.passages,
        embedder=status.embedder,
        versions=(("python", platform.python_version()), *map(_installed, _PACKAGES)),
        code_sha256=_code(),
        commit=_commit(),
    )


def _hashed(settings: Settings) -> str:
    values = settings.model_dump(mode="json", exclude=_NOT_HASHED)
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _installed(package: str) -> tuple[str, str]:
    try:
        return package, version(package)
    except PackageNotFoundError:
        return package, "not installed"


def _code() -> str:
    digest = hashlib.sha256()
    for file in sorted(_files()):
        digest.update(file.relative_to(_ROOT).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _files() -> Iterator[Path]:
    for package in _CODE:
        yield from (one for one in (_ROOT / package).rglob("*") if one.suffix in _SUFFIXES)


def _commit() -> str:
    if not (_ROOT / ".git").exists():
        return ""
    command = ["git", "-C", str(_ROOT), "rev-parse", "HEAD"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):  # no git here, or not the owner of the checkout
        return ""
    return said.stdout.strip()
