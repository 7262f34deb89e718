"""Streams of bytes: looked at before they are read, and unpacked as they are read."""

from __future__ import annotations

import zlib

from ingest.files.archives import FREE, RATIO
from ingest.files.wordpress_export import Stream
from rag.errors import SourceError

HEAD = 65_536
"""Bytes by which a file is told."""
_ALL = 1_000_000_001  # bytes, where all are asked for
_GZIP = 31  # zlib's number for gzip's head and tail


class Peeked:
    """A stream whose first bytes can be looked at."""

    def __init__(self, stream: Stream) -> None:
        self.head = b""
        while len(self.head) < HEAD and (more := stream.read(HEAD - len(self.head))):
            self.head += more
        self._ahead = self.head
        self._stream = stream

    def read(self, size: int = -1, /) -> bytes:
        if size < 0:
            data, self._ahead = self._ahead, b""
            return data + self._stream.read()
        data, self._ahead = self._ahead[:size], self._ahead[size:]
        return data + (self._stream.read(size - len(data)) if len(data) < size else b"")


class Unpacked:
    """A gzip stream that ends where it breaks off: the readers see that it is not whole."""

    def __init__(self, packed: Stream) -> None:
        self._packed = packed
        self._member = zlib.decompressobj(_GZIP)
        self._ahead = b""
        self._came = self._went = 0  # bytes, packed and unpacked

    def read(self, size: int = -1, /) -> bytes:
        parts: list[bytes] = []
        left = size if size >= 0 else _ALL
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
            packed = self._member.unconsumed_tail or self._ahead or self._packed.read(HEAD)
            self._ahead = b""
            try:
                data = self._member.decompress(packed, most)
            except zlib.error:
                return b""
            if not packed:
                return data
            self._came += len(packed) - len(self._member.unconsumed_tail)
            self._went += len(data)
            if self._went > max(FREE, RATIO * self._came):
                raise SourceError(
                    "It unpacks to far more than its size.",
                    hint="It may be made to fill the memory; unpack it yourself, and look at it.",
                )
        return data
