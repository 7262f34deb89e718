"""Hashes of what figures rest on, and the line that says them below every table that is printed."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from eval.fitted import fitted_in
from eval.seen import fitted_on
from rag.catalog.write import post_states
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.index.index import Index

# Where a run takes place, not what it answers.
_PLACE = {"index", "catalog_url", "catalog_schema", "chroma_url", "chroma_token"}
_NOT_HASHED = _PLACE | {"host", "port", "site_name", "link_base", "eval_key"}
_ROOT = Path(__file__).resolve().parents[1]
_CODE = ("rag", "eval")  # what answers, and what grades
_SUFFIXES = {".py", ".json", ".npz", ".safetensors"}
_SHORT = 12  # characters that tell two files apart


def made_with_text(
    files: Sequence[Path], settings: Settings | None = None, *, index: Index | None = None
) -> str:
    """One line for below a table: the hashes of input, settings and code.

    A file that shipped weights were fitted on, or on questions of it, is marked as seen.

    Args:
        files: What was read.
        settings: What was asked with; None where nothing depends on them.
        index: What was asked, where it is one that was there before.
    """
    told = []
    for file in files:
        digest = file_sha256(file)
        told.append(f"`{file.name}`{_seen(file, digest)} sha256 {_short(digest)}")
    if index:
        status = index.status()
        told.append(
            f"index {status.index_id}, generation {status.generation}, {status.posts:,} posts,"
            f" {status.passages:,} passages"
        )
    if settings:
        told.append(f"settings sha256 {_short(settings_sha256(settings))}")
    told.append(f"code sha256 {_short(code_sha256())}")
    if known := commit():
        told.append(f"commit {known[:_SHORT]}")
    return f"Made with {'; '.join(told)}."


def _seen(file: Path, digest: str) -> str:
    fitted, asked = fitted_in(file)
    if 0 < fitted < asked:
        return f" (seen, {fitted:,} of {asked:,} questions)"
    return " (seen)" if fitted or digest in fitted_on() else ""


def file_sha256(file: Path) -> str:
    """Of a file's bytes."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def settings_sha256(settings: Settings) -> str:
    """Of the settings that answers depend on: all but the index's folder and the server's."""
    values = settings.model_dump(mode="json", exclude=_NOT_HASHED)
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def posts_sha256(index: Index) -> str:
    """64 hexadecimal digits of the ids of posts and the digests of record, text and its passages.

    The same for equal posts in another index, in whatever order and however often they were synced.
    """
    digest = hashlib.sha256()
    for id_, state in sorted(post_states(index.catalog).items()):
        digest.update(f"{id_}\0{state.record_hash}\0{state.content_hash}\n".encode())
    return digest.hexdigest()


def code_sha256() -> str:
    """Of the modules and weights that answer and grade."""
    digest = hashlib.sha256()
    for file in sorted(_files()):
        digest.update(file.relative_to(_ROOT).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def commit() -> str:
    """Of the checkout that the code stands in; empty where it was installed."""
    if not (_ROOT / ".git").exists():
        return ""
    command = ["git", "-C", str(_ROOT), "rev-parse", "HEAD"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):  # no git here, or not the owner of the checkout
        return ""
    return said.stdout.strip()


def _files() -> Iterator[Path]:
    for package in _CODE:
        yield from (one for one in (_ROOT / package).rglob("*") if one.suffix in _SUFFIXES)


def _short(digest: str) -> str:
    return f"{digest[:_SHORT]}…"
