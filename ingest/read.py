"""A source to its posts: a file, a folder of files, or standard input; told apart by content."""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

from ingest.wordpress_export import Stream, looks_like_export, read_export
from ingest.wordpress_json import read_json
from ingest.wordpress_post import ReadPost, Skipped
from rag.errors import SourceError

_HEAD = 65_536  # bytes by which a file is told
_LARGEST = 1_000_000_000  # bytes of JSON, unpacked: it is read as a whole
_GZIP = 31  # zlib's number for gzip's head and tail
_NAMES = re.compile(r"\.(json|jsonl|ndjson|xml|wxr|txt)(\.gz)?$|\.gz$", re.IGNORECASE)
_WEB_PAGE = re.compile(r"<(!doctype html|html|head|body)\b", re.IGNORECASE)


def read_source(source: str) -> Iterator[ReadPost | Skipped]:
    """What a source holds, post by post.

    Args:
        source: A file, a folder, or "-" for standard input.

    Raises:
        SourceError: It cannot be read, or nothing in it is WordPress data.
    """
    if source == "-":
        yield from _read(sys.stdin.buffer, "standard input")
        return
    if re.match(r"https?://", source, re.IGNORECASE):
        raise SourceError(
            f"{source} is an address, and only files are read.",
            hint="Save /wp-json/wp/v2/posts?per_page=100&_embed of the site, and ingest the file.",
        )
    path = Path(source)
    if path.is_dir():
        yield from _folder(path)
        return
    yield from _file(path, source)


def _folder(folder: Path) -> Iterator[ReadPost | Skipped]:
    files = [file for file in sorted(folder.rglob("*")) if _wanted(file, folder)]
    read = 0
    for file in files:
        name = file.relative_to(folder).as_posix()
        try:
            yield from _file(file, name)
            read += 1
        except SourceError as error:
            yield Skipped(name, error.problem.removeprefix(f"{name} "))
    if not read:
        raise SourceError(
            f"{folder} holds no file with WordPress data.",
            hint="Files of JSON or XML are looked at, packed (.gz) or not.",
        )


def _wanted(file: Path, folder: Path) -> bool:
    parts = file.relative_to(folder).parts
    hidden = any(part.startswith(".") for part in parts)
    # Mirrors of sites keep a REST answer as index.html in a folder named after its address.
    mirrored = file.name == "index.html" and "wp-json" in parts
    return file.is_file() and not hidden and (mirrored or bool(_NAMES.search(file.name)))


def _file(path: Path, name: str) -> Iterator[ReadPost | Skipped]:
    try:
        with path.open("rb") as stream:
            yield from _read(stream, name)
    except FileNotFoundError as error:
        raise SourceError(f"{name} does not exist.", hint="Check the name.") from error
    except OSError as error:
        raise SourceError(
            f"{name} cannot be read: {error.strerror or error}.", hint="Check it, and try again."
        ) from error


def _read(stream: Stream, name: str) -> Iterator[ReadPost | Skipped]:
    whole = _Peeked(stream)
    if whole.head[:2] == b"\x1f\x8b":
        whole = _Peeked(_Unpacked(whole))
    head = whole.head
    if not head.strip():
        raise SourceError(f"{name} is empty.", hint="Save the answer or the export again.")
    if head[:4] == b"PK\x03\x04":
        raise SourceError(f"{name} is a zip archive.", hint="Unpack it, and ingest its folder.")
    if looks_like_export(head):
        yield from read_export(whole, name)
        return
    data = whole.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise SourceError(
            f"{name} is larger than {_LARGEST:,} bytes.", hint="Split it, or use an export file."
        )
    text = decode(data)
    if not text.strip():
        raise SourceError(f"{name} is empty.", hint="Save the answer or the export again.")
    try:
        yield from read_json(text, name)
    except SourceError as error:
        if _WEB_PAGE.match(text.lstrip()):
            raise SourceError(
                f"{name} is a web page, not WordPress data.",
                hint="Save an answer of /wp-json/wp/v2/posts, or a file of Tools → Export.",
            ) from error
        raise


def decode(data: bytes) -> str:
    """Bytes to text: by their mark, as UTF-8, or as Windows' western letters."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", "replace")
    data = data.removeprefix(b"\xef\xbb\xbf")
    if data[1:2] == b"\0" or data[:1] == b"\0":
        return data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-16-be", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        # A file that was cut may end inside a letter.
        if error.start >= len(data) - 3:
            return data[: error.start].decode("utf-8")
        broken = data.decode("utf-8", "replace")
        few = broken.count("\ufffd") * 1000 < len(broken)
        return broken if few else data.decode("cp1252", "replace")


class _Peeked:
    """A stream whose first bytes can be looked at."""

    def __init__(self, stream: Stream) -> None:
        self.head = b""
        while len(self.head) < _HEAD and (more := stream.read(_HEAD - len(self.head))):
            self.head += more
        self._ahead = self.head
        self._stream = stream

    def read(self, size: int = -1, /) -> bytes:
        if size < 0:
            data, self._ahead = self._ahead, b""
            return data + self._stream.read()
        data, self._ahead = self._ahead[:size], self._ahead[size:]
        return data + (self._stream.read(size - len(data)) if len(data) < size else b"")


class _Unpacked:
    """A gzip stream that ends where it breaks off: the readers see that it is not whole."""

    def __init__(self, packed: Stream) -> None:
        self._packed = packed
        self._member = zlib.decompressobj(_GZIP)
        self._ahead = b""

    def read(self, size: int = -1, /) -> bytes:
        parts: list[bytes] = []
        left = size if size >= 0 else _LARGEST + 1
        while left > 0 and (more := self._some(left)):
            parts.append(more)
            left -= len(more)
        return b"".join(parts)

    def _some(self, most: int) -> bytes:
        """Some bytes; none at the end."""
        data = b""
        while not data:
            if self._member.eof:  # a file may be several, one behind the other
                self._ahead = self._member.unused_data
                self._member = zlib.decompressobj(_GZIP)
            packed = self._member.unconsumed_tail or self._ahead or self._packed.read(_HEAD)
            self._ahead = b""
            try:
                data = self._member.decompress(packed, most)
            except zlib.error:
                return b""
            if not packed:
                return data
        return data
