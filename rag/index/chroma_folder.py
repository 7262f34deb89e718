"""Chroma in this process, in a folder of its own."""

from __future__ import annotations

import logging
import shutil
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import chromadb
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import ChromaError

from rag.catalog.faults import no_right, no_room
from rag.catalog.writer_lock import locked
from rag.errors import IndexBusy, IndexDamaged, IndexUnwritable, PullquoteError

if TYPE_CHECKING:
    from chromadb.api.client import Client

T = TypeVar("T")
_log = logging.getLogger(__name__)
REPAIR = "Run `pullquote doctor --repair`: it rebuilds the search index without embedding."

# Chroma hands on the words of SQLite and of the system, and no numbers.
_NO_ROOM = ("database or disk is full", "No space left on device", "os error 28")
_LEAST_ROOM = 1_000_000  # bytes; what a writer cannot do with less fails for want of room
_NO_RIGHT = ("readonly database", "Read-only file system", "Permission denied", "os error 30")

_aliases: dict[Path, set[int]] = {}
_aliases_guard = threading.Lock()


class ChromaFolder:
    """A Chroma client of its own.

    An embedded client never sees what another process writes, and Chroma hands the same client
    out for the same path. So every instance opens the folder under a path of its own, which
    differs only in `/./` at its end.

    Raises:
        IndexDamaged: Chroma cannot read the folder.
        IndexUnwritable: The disk is full, or the folder may not be written.
    """

    def __init__(self, folder: Path, *, writes: bool) -> None:
        self._folder = folder.resolve()
        self._alias = _take_alias(self._folder)
        self._writes = writes
        # Chroma writes the graph of a small collection anew in every process that uses it.
        self._before: frozenset[tuple[str, int]] | None = None if writes else _written(self._folder)
        self._path = str(self._folder) + "/." * self._alias
        try:
            client = chromadb.PersistentClient(
                path=self._path,
                settings=ChromaSettings(anonymized_telemetry=False),
            )
        except (ChromaError, ValueError, OSError) as error:
            # Chroma keeps a client that did not start, and would hand it out for this path again.
            SharedSystemClient._identifier_to_system.pop(self._path, None)
            _free_alias(self._folder, self._alias)
            raise self._fault(error) from error
        self.client: Client = cast("Client", client)  # its declared type lacks close()

    def __str__(self) -> str:
        return f"The folder {self._folder}"

    def ask(self, call: Callable[[], T]) -> T:
        """What a call of Chroma gives; what goes wrong is said plainly."""
        try:
            return call()
        except (ChromaError, ValueError, OSError) as error:
            raise self._fault(error) from error

    def searched(self) -> None:
        """Once for a reader, as soon as no writer is at work: nothing is left in unused room."""
        if self._before is not None and (
            _written(self._folder) == self._before or _blank_as_reader(self._folder)
        ):
            self._before = None

    def _fault(self, error: Exception) -> PullquoteError:
        said = str(error)
        if any(words in said for words in _NO_ROOM) or (self._writes and self._has_no_room()):
            return no_room(self._folder.parent)
        if any(words in said for words in _NO_RIGHT):
            return no_right(self._folder.parent)
        return IndexDamaged(f"Chroma cannot read {self._folder}: {said}", hint=REPAIR)

    def _has_no_room(self) -> bool:
        """Chroma does not always say why it could not write, and frees what was too little."""
        return shutil.disk_usage(self._folder.parent).free < _LEAST_ROOM

    def close(self) -> None:
        self.client.close()
        if self._writes:
            _blank_unused(self._folder)
        self.searched()
        _free_alias(self._folder, self._alias)


_HEADER = struct.Struct("<i4Q")  # version, offset, room, elements in the file, bytes of each


def _blank_unused(folder: Path) -> None:
    """Overwrite the room that Chroma's graph keeps for later elements.

    Chroma takes it from the process's memory as it is, and writes it to the disk: whatever the
    process had read before stands in it, also the text of posts that must not be kept. Readers
    never look there.
    """
    for header in folder.glob("*/header.bin"):
        content = header.read_bytes()
        if len(content) < _HEADER.size:
            continue
        _, _, _, elements, size = _HEADER.unpack_from(content)
        for name, each in (("data_level0.bin", size), ("length.bin", 4)):
            file = header.with_name(name)
            unused = file.stat().st_size - elements * each
            if unused < 0 or unused % each:
                _log.warning("%s has a form that is not known; unused room was left as it is", file)
            elif unused:
                with file.open("r+b") as opened:
                    opened.seek(elements * each)
                    opened.write(bytes(unused))


def _written(folder: Path) -> frozenset[tuple[str, int]]:
    """Which files of Chroma's graph there are, and when they were written."""
    files = folder.glob("*/data_level0.bin")
    with suppress(FileNotFoundError):  # a writer takes the folder away
        return frozenset((str(file), file.stat().st_mtime_ns) for file in files)
    return frozenset()


def _blank_as_reader(folder: Path) -> bool:
    """Whether it was done: not while a writer is at work, which does it itself at its end."""
    try:
        with locked(folder.parent, patience=0.0, is_writer=False):
            _blank_unused(folder)
    except (IndexBusy, IndexUnwritable, FileNotFoundError):
        return False
    return True


def _take_alias(folder: Path) -> int:
    with _aliases_guard:
        used = _aliases.setdefault(folder, set())
        alias = next(n for n in range(1, len(used) + 2) if n not in used)
        used.add(alias)
        return alias


def _free_alias(folder: Path, alias: int) -> None:
    with _aliases_guard:
        _aliases.get(folder, set()).discard(alias)
