"""What an evaluation was made with: enough to say whether two are comparable."""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from rag.settings import Settings

if TYPE_CHECKING:
    from rag.assistant import Assistant

# Where a run takes place, not what it answers.
_NOT_HASHED = {"index", "host", "port", "site_name", "link_base"}
_PACKAGES = ("pullquote", "numpy", "chromadb", "sentence-transformers", "torch")


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


def made_with(assistant: Assistant, case_file: Path) -> MadeWith:
    """What an evaluation of this assistant on this file rests on."""
    status = assistant.index.status()
    return MadeWith(
        case_file=case_file.name,
        case_sha256=hashlib.sha256(case_file.read_bytes()).hexdigest(),
        settings_sha256=_hashed(assistant.settings),
        index_id=status.index_id,
        index_generation=status.generation,
        posts=status.posts,
        passages=status.passages,
        embedder=status.embedder,
        versions=(("python", platform.python_version()), *map(_installed, _PACKAGES)),
    )


def _hashed(settings: Settings) -> str:
    values = settings.model_dump(mode="json", exclude=_NOT_HASHED)
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _installed(package: str) -> tuple[str, str]:
    try:
        return package, version(package)
    except PackageNotFoundError:
        return package, "not installed"
