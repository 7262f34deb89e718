"""Zip archives, read in memory and within limits; no path in them is ever written to."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from ingest.posts.wordpress_post import Skipped
from rag.errors import SourceError

_MOST_MEMBERS = 10_000
_LARGEST = 1_000_000_000  # bytes of one member, unpacked
_TOTAL = 4_000_000_000  # bytes of all members together, unpacked
RATIO = 200  # unpacked to packed; text packs to a tenth, a bomb to a thousandth
FREE = 10_000_000  # bytes that may be unpacked before the ratio is looked at
_DEEPEST = 2  # archives in archives
_PART = 1 << 20
_METHODS = frozenset((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
# What zipfile raises for one that is damaged, or wants a password (RuntimeError).
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, EOFError,
    ValueError, OverflowError, OSError,
)  # fmt: skip


@dataclass(slots=True)
class _Budget:
    """What may still be unpacked, over all levels."""

    members: int = _MOST_MEMBERS
    size: int = _TOTAL


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive, unpacked."""

    name: str
    """The archive's and its own."""
    data: bytes


def is_archive(head: bytes) -> bool:
    return head[:4] in {b"PK\x03\x04", b"PK\x05\x06"}


def members(stream: IO[bytes], name: str) -> Iterator[Member | Skipped]:
    """The files of an archive and of the archives in it, in their order.

    Raises:
        SourceError: It is no archive that can be read, or holds more than may be unpacked.
    """
    yield from _members(stream, name, _Budget(), 1)


def _members(
    stream: IO[bytes], name: str, budget: _Budget, depth: int
) -> Iterator[Member | Skipped]:
    try:
        with zipfile.ZipFile(stream) as archive:
            for info in archive.infolist():
                if not info.filename:
                    yield Skipped(name, "a damaged member of the archive, without a name")
                    continue
                if info.is_dir() or _aside(info.filename):
                    continue
                yield from _member(archive, info, f"{name}/{info.filename}", budget, depth)
    except _BROKEN as error:
        raise SourceError(
            f"{name} is a damaged zip archive: {error}.", hint="Make it again, or unpack it."
        ) from error


def _member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, place: str, budget: _Budget, depth: int
) -> Iterator[Member | Skipped]:
    budget.members -= 1
    if budget.members < 0:
        raise SourceError(
            f"{place}: the archive holds more than {_MOST_MEMBERS:,} files.",
            hint="Unpack it, and ingest the folder.",
        )
    if info.compress_type not in _METHODS:
        # The others are unpacked in steps of any size.
        yield Skipped(place, "cannot be unpacked: not packed in the usual way")
        return
    try:
        data = _unpack(archive, info, place, budget)
    except _BROKEN as error:
        yield Skipped(place, f"cannot be unpacked: {error}")
        return
    if not is_archive(data[:4]):
        yield Member(place, data)
    elif depth < _DEEPEST:
        yield from _nested(data, place, budget, depth)
    else:
        yield Skipped(place, "an archive too deep in other archives")


def _nested(data: bytes, place: str, budget: _Budget, depth: int) -> Iterator[Member | Skipped]:
    try:
        yield from _members(io.BytesIO(data), place, budget, depth + 1)
    except SourceError as error:
        yield Skipped(place, error.problem.removeprefix(f"{place} "))


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, place: str, budget: _Budget) -> bytes:
    """Counted byte by byte: what the archive says of sizes may be a lie."""
    parts: list[bytes] = []
    size = 0
    most = min(_LARGEST, budget.size)
    with archive.open(info) as packed:
        while part := packed.read(_PART):
            parts.append(part)
            size += len(part)
            if size > most or (size > FREE and size > RATIO * max(info.compress_size, 1)):
                raise SourceError(
                    f"{place} unpacks to more than is allowed.",
                    hint="It may be made to fill the memory; unpack it yourself, and look at it.",
                )
    budget.size -= size
    return b"".join(parts)


def _aside(name: str) -> bool:
    """What operating systems put into archives beside what was meant."""
    parts = name.replace("\\", "/").split("/")
    return parts[0] == "__MACOSX" or parts[-1].startswith(".")
