"""Files of one JSON value a line that are too large to be read as a whole."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ingest.files.wordpress_export import Stream
from ingest.files.wordpress_json import read_json
from ingest.posts.wordpress_post import ReadPost, Skipped
from rag.errors import SourceError

_PART = 1 << 20
_LONGEST = 100_000_000  # bytes of one line


def is_lines(data: bytes) -> bool:
    """Whether the first two lines are JSON objects, each for itself."""
    first, _, rest = data.partition(b"\n")
    second = rest.lstrip().partition(b"\n")[0]
    try:
        return isinstance(json.loads(first), dict) and isinstance(json.loads(second), dict)
    except ValueError:
        return False


def read_lines(ahead: bytes, stream: Stream, name: str) -> Iterator[ReadPost | Skipped]:
    """The posts of all lines; what a line holds that cannot be read is skipped.

    Args:
        ahead: What has been read of the stream already.
        stream: The rest.
        name: Of the file, for people.

    Raises:
        SourceError: A line has no end.
    """
    number = 0
    for line in _lines(ahead, stream, name):
        number += 1
        text = line.decode("utf-8", "replace").strip()
        if not text or text.startswith("<!--"):  # a cache signs its work
            continue
        place = f"{name}, line {number}"
        try:
            yield from read_json(text, place)
        except SourceError as error:
            yield Skipped(place, error.problem.removeprefix(f"{place} "))


def _lines(ahead: bytes, stream: Stream, name: str) -> Iterator[bytes]:
    begun: list[bytes] = []  # of a line whose end has not come yet
    part = ahead
    while part:
        first, *others = part.split(b"\n")
        begun.append(first)
        if others:
            yield b"".join(begun)
            yield from others[:-1]
            begun = [others[-1]]
        if sum(map(len, begun)) > _LONGEST:
            raise SourceError(
                f"{name} has a line of more than {_LONGEST:,} bytes.", hint="Split the file."
            )
        part = stream.read(_PART)
    yield b"".join(begun)
