"""The search index over passage vectors: one collection of Chroma.

It holds texts and flat metadata, so that any Chroma or LangChain user can open it. It is derived
from the catalog and can be made again from there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
from chromadb.errors import NotFoundError

from rag.errors import IndexDamaged
from rag.index.chroma_folder import REPAIR
from rag.types import Passage, Vector, Vectors

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

T = TypeVar("T")
COLLECTION = "passages"  # in a folder of its own; in a server each has another name
_BATCH = 2000  # rows in one call; Chroma takes 5,461
_LOOKED_AT = 400
"""Passages that a search in the graph keeps in sight: of a hundred nearest among 100,000 it finds
.95, with Chroma's own 100 .78, and takes a millisecond more (`bench.bench_hnsw`)."""
_SPACE = {"hnsw": {"space": "cosine", "ef_search": _LOOKED_AT}}  # the default space is l2


class Chroma(Protocol):
    """What a collection lies in; `str` of it is where."""

    @property
    def client(self) -> Client: ...

    def ask(self, call: Callable[[], T]) -> T:
        """What a call of Chroma gives; it may be made more than once.

        Raises:
            IndexDamaged, IndexUnwritable, IndexUnavailable: What went wrong, said plainly.
        """
        ...

    def searched(self) -> None:
        """After each search."""

    def close(self) -> None:
        """There is nothing more to ask."""


class SearchIndex:
    """A collection of a Chroma that is its own, and is closed with it.

    Args:
        chroma: Where it lies.
        name: The collection's.
        index_id: The catalog's that it belongs to.
        create: Make it where there is none.
        before_writing: Called before each try to write, and raises where nothing may be written any
            more.

    Raises:
        IndexDamaged: The collection is missing, belongs to another catalog, or cannot be read.
    """

    def __init__(
        self,
        chroma: Chroma,
        name: str,
        index_id: str,
        *,
        create: bool = False,
        before_writing: Callable[[], None] = lambda: None,
    ) -> None:
        self._chroma = chroma
        self._before_writing = before_writing
        try:
            self._collection = chroma.ask(partial(self._open, name, index_id, create))
        except BaseException:
            chroma.close()
            raise

    def _open(self, name: str, index_id: str, create: bool) -> Collection:
        client = self._chroma.client
        try:
            collection = client.get_collection(name, embedding_function=None)
        except NotFoundError as error:
            if not create:
                raise IndexDamaged(
                    f"{self._chroma} has no collection {name!r}.", hint=REPAIR
                ) from error
            return client.create_collection(
                name,
                configuration=_SPACE,  # type: ignore[arg-type]
                metadata={"index_id": index_id},
                embedding_function=None,
            )
        found = (collection.metadata or {}).get("index_id")
        if found != index_id:
            raise IndexDamaged(
                f"The collection {name!r} of {self._chroma} belongs to another catalog.",
                hint=REPAIR,
            )
        return collection

    def search(self, vector: Vector, k: int) -> dict[str, float]:
        """The ids of the nearest passages and their cosines in [-1, 1], best first.

        Fewer than `k` only where it holds no more.
        """
        if k == 0:
            return {}
        query = partial(
            self._collection.query,
            query_embeddings=vector[np.newaxis], n_results=k, include=["distances"],
        )  # fmt: skip
        found = self._chroma.ask(query)
        self._chroma.searched()
        distances = (found["distances"] or [[]])[0]
        return {id_: 1.0 - float(d) for id_, d in zip(found["ids"][0], distances, strict=True)}

    def count(self) -> int:
        return int(self._chroma.ask(self._collection.count))

    def ids(self) -> set[str]:
        return set(self._chroma.ask(partial(self._collection.get, include=[]))["ids"])

    def upsert(self, passages: Sequence[Passage], vectors: Vectors) -> None:
        """Add passages, or put them in the place of those with their ids."""
        for start in range(0, len(passages), _BATCH):
            part = passages[start : start + _BATCH]
            self._write(
                partial(
                    self._collection.upsert,
                    ids=[passage.id for passage in part],
                    embeddings=np.ascontiguousarray(vectors[start : start + _BATCH]),
                    documents=[passage.text for passage in part],
                    metadatas=[_metadata(passage) for passage in part],
                )
            )

    def update_metadata(self, passages: Sequence[Passage]) -> None:
        for start in range(0, len(passages), _BATCH):
            part = passages[start : start + _BATCH]
            self._write(
                partial(
                    self._collection.update,
                    ids=[passage.id for passage in part],
                    metadatas=[_metadata(passage) for passage in part],
                )
            )

    def delete(self, ids: Sequence[str]) -> None:
        """Unknown ids are passed over."""
        for start in range(0, len(ids), _BATCH):
            part = list(ids[start : start + _BATCH])
            self._write(partial(self._collection.delete, ids=part))

    def _write(self, call: Callable[[], object]) -> None:
        def checked() -> None:
            self._before_writing()
            call()

        self._chroma.ask(checked)

    def close(self) -> None:
        self._chroma.close()


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
