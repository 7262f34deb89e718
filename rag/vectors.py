"""The search index over passage vectors. The only file that knows Chroma.

One collection, `passages`, with texts and flat metadata, so that any Chroma or LangChain user
can open it. It is derived from the catalog and can be made again from there.
"""

from __future__ import annotations

import logging
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import chromadb
import numpy as np
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import ChromaError, NotFoundError

from rag.catalog_faults import no_right, no_room
from rag.errors import IndexBusy, IndexDamaged, IndexUnwritable, PullquoteError
from rag.types import Passage, Vector, Vectors
from rag.writer_lock import locked

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

COLLECTION = "passages"
_log = logging.getLogger(__name__)
_BATCH = 2000  # rows in one call; Chroma takes 5,461
_SPACE = {"hnsw": {"space": "cosine", "ef_search": 200}}  # the default space is l2
_REPAIR = "Run `pullquote doctor --repair`: it rebuilds the search index without embedding."

# Chroma hands on the words of SQLite and of the system, and no numbers.
_NO_ROOM = ("database or disk is full", "No space left on device", "os error 28")
_NO_RIGHT = ("readonly database", "Read-only file system", "Permission denied", "os error 30")

_aliases: dict[Path, set[int]] = {}
_aliases_guard = threading.Lock()


class SearchIndex:
    """A Chroma client of its own and its collection.

    An embedded client never sees what another process writes, and Chroma hands the same client
    out for the same path. So every instance opens the folder under a path of its own, which
    differs only in `/./` at its end.

    Raises:
        IndexDamaged: The collection is missing, belongs to another catalog, or cannot be read.
    """

    def __init__(self, folder: Path, index_id: str, *, create: bool = False) -> None:
        self._folder = folder.resolve()
        self._alias = _take_alias(self._folder)
        self._writes = create
        # Chroma writes the graph of a small collection anew in every process that uses it.
        self._before: frozenset[tuple[str, int]] | None = None if create else _written(self._folder)
        self._client: Client | None = None
        self._path = str(self._folder) + "/." * self._alias
        try:
            client = chromadb.PersistentClient(
                path=self._path,
                settings=ChromaSettings(anonymized_telemetry=False),
            )
            self._client = cast("Client", client)  # its declared type lacks close()
            self._collection = self._open(self._client, index_id, create)
        except IndexDamaged:
            self.close()
            raise
        except (ChromaError, ValueError, OSError) as error:
            self.close()
            raise self._fault(error) from error

    def _open(self, client: Client, index_id: str, create: bool) -> Collection:
        try:
            collection = client.get_collection(COLLECTION, embedding_function=None)
        except NotFoundError as error:
            if not create:
                raise IndexDamaged(
                    f"There is no collection {COLLECTION!r} in {self._folder}.", hint=_REPAIR
                ) from error
            return client.create_collection(
                COLLECTION,
                configuration=_SPACE,  # type: ignore[arg-type]
                metadata={"index_id": index_id},
                embedding_function=None,
            )
        found = (collection.metadata or {}).get("index_id")
        if found != index_id:
            raise IndexDamaged(
                f"The collection in {self._folder} belongs to another catalog.", hint=_REPAIR
            )
        return collection

    def search(self, vector: Vector, k: int) -> dict[str, float]:
        """The ids of the nearest passages and their cosines in [-1, 1], best first."""
        k = min(k, self.count())
        if k == 0:
            return {}
        with self._plainly():
            found = self._collection.query(
                query_embeddings=vector[np.newaxis], n_results=k, include=["distances"]
            )
        self._tidy_up()
        distances = (found["distances"] or [[]])[0]
        return {id_: 1.0 - float(d) for id_, d in zip(found["ids"][0], distances, strict=True)}

    def _tidy_up(self) -> None:
        """Once for a reader, as soon as no writer is at work."""
        if self._before is not None and (
            _written(self._folder) == self._before or _blank_as_reader(self._folder)
        ):
            self._before = None

    def count(self) -> int:
        with self._plainly():
            return int(self._collection.count())

    def ids(self) -> set[str]:
        with self._plainly():
            return set(self._collection.get(include=[])["ids"])

    def upsert(self, passages: Sequence[Passage], vectors: Vectors) -> None:
        """Add passages, or put them in the place of those with their ids."""
        for start in range(0, len(passages), _BATCH):
            part = passages[start : start + _BATCH]
            with self._plainly():
                self._collection.upsert(
                    ids=[passage.id for passage in part],
                    embeddings=np.ascontiguousarray(vectors[start : start + _BATCH]),
                    documents=[passage.text for passage in part],
                    metadatas=[_metadata(passage) for passage in part],
                )

    def update_metadata(self, passages: Sequence[Passage]) -> None:
        for start in range(0, len(passages), _BATCH):
            part = passages[start : start + _BATCH]
            with self._plainly():
                self._collection.update(
                    ids=[passage.id for passage in part],
                    metadatas=[_metadata(passage) for passage in part],
                )

    def delete(self, ids: Sequence[str]) -> None:
        """Unknown ids are passed over."""
        for start in range(0, len(ids), _BATCH):
            with self._plainly():
                self._collection.delete(ids=list(ids[start : start + _BATCH]))

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        try:
            yield
        except ChromaError as error:
            raise self._fault(error) from error

    def _fault(self, error: Exception) -> PullquoteError:
        said = str(error)
        if any(words in said for words in _NO_ROOM):
            return no_room(self._folder.parent)
        if any(words in said for words in _NO_RIGHT):
            return no_right(self._folder.parent)
        return IndexDamaged(f"Chroma cannot read {self._folder}: {said}", hint=_REPAIR)

    def close(self) -> None:
        if self._client is None:
            # Chroma keeps a client that did not start, and would hand it out for this path again.
            SharedSystemClient._identifier_to_system.pop(self._path, None)
        else:
            self._client.close()
            if self._writes:
                _blank_unused(self._folder)
            self._tidy_up()
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


def _metadata(passage: Passage) -> Any:
    """Every key, always: an upsert keeps the old value of a key that is left out; None drops it."""
    post, section = passage.post, passage.section
    number = post.id.rpartition("/")[2]
    return {
        "post_id": post.id,
        "wordpress_id": int(number) if number.isascii() and number.isdigit() else None,
        "title": post.title,
        "url": post.url or None,
        "headings": list(section.headings) or None,
        "section": section.key,
        "anchor": section.anchor,
        "page": section.page,
        "published": int(post.published.timestamp()) if post.published else None,
        "authors": list(post.authors) or None,
        "categories": list(post.categories) or None,
        "tags": list(post.tags) or None,
        "position": passage.position,
    }
