"""Files to posts: one, a folder, a pattern of names, an archive, or standard input.

What a file is, is told by its content and never by its name.
"""

from __future__ import annotations

import glob
import io
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO

from ingest.files.archives import is_archive, members
from ingest.files.json_lines import is_lines, read_lines
from ingest.files.packed import Peeked, Unpacked
from ingest.files.wordpress_export import Stream, looks_like_export, read_export
from ingest.files.wordpress_json import read_json
from ingest.html.letters import decode, reread
from ingest.posts.wordpress_post import ReadPost, Skipped
from rag.errors import SourceError
from rag.types import Damage

_LARGEST = 1_000_000_000  # bytes of JSON, unpacked: it is read as a whole
_MUCH = 16_000_000  # bytes of JSON lines that are read as a whole
_ARCHIVE = 500_000_000  # bytes of an archive on standard input, packed
_TOLD = 3  # files that an error names
PATTERN = re.compile(r"[*?\[]")
"""What makes a source a pattern of names, where no file is called so."""
_NAMES = re.compile(r"\.(json|jsonl|ndjson|xml|wxr|txt)(\.gz)?$|\.(gz|zip)$", re.IGNORECASE)
_WEB_PAGE = re.compile(r"<(!doctype html|html|head|body)\b", re.IGNORECASE)


def read_source(source: str) -> Iterator[ReadPost | Skipped]:
    """What files hold, post by post.

    Args:
        source: A file, a folder, a pattern such as "saved/*.json", or "-" for standard input.

    Raises:
        SourceError: It cannot be read, or nothing in it is WordPress data.
    """
    path = Path(source)
    if source == "-":
        yield from _read(sys.stdin.buffer, "standard input")
    elif path.is_dir():
        inside = [file for file in sorted(path.rglob("*")) if _wanted(file, path)]
        named = {file.relative_to(path).as_posix(): file for file in inside}
        yield from _files(named, source, "Files of JSON or XML are looked at, packed or not.")
    elif PATTERN.search(source) and not path.exists():
        found = [Path(name) for name in sorted(glob.glob(source, recursive=True))]
        named = {file.as_posix(): file for file in found if file.is_file()}
        yield from _files(named, source, "Check the pattern.")
    else:
        yield from _file(path, source)


def _files(named: dict[str, Path], source: str, hint: str) -> Iterator[ReadPost | Skipped]:
    failed: list[Skipped] = []
    for name, file in named.items():
        try:
            yield from _file(file, name)
        except SourceError as error:
            failed.append(_skipped(name, error))
            yield failed[-1]
    if len(failed) == len(named):
        reasons = "; ".join(f"{one.origin}: {one.reason}" for one in failed[:_TOLD])
        more = f"; and {len(failed) - _TOLD} more" if len(failed) > _TOLD else ""
        raise SourceError(
            f"{source} holds no file with WordPress data.",
            hint=f"Mend {reasons}{more}." if failed else hint,
        )


def _skipped(name: str, error: SourceError) -> Skipped:
    reason = error.problem.removeprefix(f"{name} ").removeprefix("is ").removesuffix(".")
    return Skipped(name, reason)


def _wanted(file: Path, folder: Path) -> bool:
    parts = file.relative_to(folder).parts
    hidden = any(part.startswith(".") for part in parts)
    # Mirrors of sites keep a REST answer as index.html, or under another name that says nothing,
    # in folders named after its address.
    mirrored = "wp-json" in file.resolve().parts[:-1]
    return file.is_file() and not hidden and (mirrored or bool(_NAMES.search(file.name)))


def _file(path: Path, name: str) -> Iterator[ReadPost | Skipped]:
    try:
        with path.open("rb") as stream:
            if is_archive(stream.read(4)):
                yield from _archive(stream, name)
                return
            stream.seek(0)
            yield from _read(stream, name)
    except FileNotFoundError as error:
        raise SourceError(
            f"{name} does not exist.",
            hint="Check the name; the address of a site begins with https://.",
        ) from error
    except OSError as error:
        raise SourceError(
            f"{name} cannot be read: {error.strerror or error}.", hint="Check it, and try again."
        ) from error


def _archive(stream: IO[bytes], name: str) -> Iterator[ReadPost | Skipped]:
    read = 0
    for member in members(stream, name):
        if isinstance(member, Skipped):
            yield member
            continue
        try:
            yield from _read(io.BytesIO(member.data), member.name)
            read += 1
        except SourceError as error:
            yield _skipped(member.name, error)
    if not read:
        raise SourceError(
            f"{name} holds no file with WordPress data.",
            hint="Answers of /wp-json/wp/v2/posts and files of Tools → Export are read.",
        )


def _read(stream: Stream, name: str) -> Iterator[ReadPost | Skipped]:
    whole = Peeked(stream)
    if whole.head[:2] == b"\x1f\x8b":
        whole = Peeked(Unpacked(whole))
    head = whole.head
    if not head.strip():
        raise SourceError(f"{name} is empty.", hint="Save the answer or the export again.")
    if is_archive(head):
        packed = whole.read(_ARCHIVE + 1)
        if len(packed) > _ARCHIVE:
            raise SourceError(
                f"{name} is an archive of more than {_ARCHIVE:,} bytes.", hint="Save it as a file."
            )
        yield from _archive(io.BytesIO(packed), name)
        return
    if looks_like_export(head):
        yield from read_export(whole, name)
        return
    yield from _json(whole, name)


def _json(whole: Peeked, name: str) -> Iterator[ReadPost | Skipped]:
    data = whole.read(_MUCH + 1)
    if len(data) > _MUCH and is_lines(data):
        yield from read_lines(data, whole, name)
        return
    data += whole.read(_LARGEST + 1 - len(data))
    if len(data) > _LARGEST:
        raise SourceError(
            f"{name} is larger than {_LARGEST:,} bytes.", hint="Split it, or use an export file."
        )
    text = decode(data)
    meant = reread(text)
    if not text.strip():
        raise SourceError(f"{name} is empty.", hint="Save the answer or the export again.")
    nothing = True
    try:
        for found in read_json(meant or text, name):
            nothing = False
            yield found if meant is None else _of_other_letters(found)
    except SourceError as error:
        if _WEB_PAGE.match(text.lstrip()):
            raise SourceError(
                f"{name} is a web page, not WordPress data.",
                hint="Save an answer of /wp-json/wp/v2/posts, or a file of Tools → Export.",
            ) from error
        raise
    if nothing:  # the page behind the last one of a listing, or a site without posts
        yield Skipped(name, "without a post in it")


def _of_other_letters(found: ReadPost | Skipped) -> ReadPost | Skipped:
    if isinstance(found, Skipped) or found.raw.post.damage:
        return found
    post = replace(found.raw.post, damage=Damage("from letters of another encoding", complete=True))
    return replace(found, raw=replace(found.raw, post=post))
