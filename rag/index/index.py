"""Catalog and Chroma as one thing that is never half-written.

The catalog is the truth and swaps a post in one transaction; Chroma is told from an outbox that
is written in the same transaction. Whoever is killed in between leaves an outbox, and the next
writer works it off; readers find what stands in it by exact search.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.catalog import posts as catalog_posts
from rag.catalog import read as catalog_read
from rag.catalog import write as catalog_write
from rag.catalog.catalog import Catalog, IndexStatus, from_seconds
from rag.catalog.faults import decoding
from rag.catalog.files import is_erasure_due, writers_catalog
from rag.embedding.embedder import ModelId
from rag.errors import IndexDamaged, IndexMismatch, IndexUnavailable, IndexUnwritable
from rag.index.current_search import CurrentSearch
from rag.index.rebuild import erase
from rag.index.search_home import name_first, open_search, search_name, sweep
from rag.place import Place, Where
from rag.types import Post, Section, Vector

if TYPE_CHECKING:
    from rag.index.vectors import SearchIndex

_FLUSH = 1000  # outbox lines worked off at once


class Index:
    """An index opened for questions. Safe to use from several threads.

    Args:
        where: Where it lies.
        exact_up_to: Passages that are searched one by one; where there are more, Chroma searches.

    Raises:
        IndexMissing: Nothing has been ingested into the folder.
        IndexMismatch: A newer version of pullquote made it.
        IndexDamaged: Catalog or search index cannot be read, or do not belong together.
    """

    def __init__(self, where: Where, *, exact_up_to: int = 0) -> None:
        self.catalog = Catalog(where)
        self._search_index = CurrentSearch(self.catalog, exact_up_to)
        self._is_closed = False

    @property
    def place(self) -> Place:
        return self.catalog.place

    def check_model(self, model: ModelId, *, to_write: bool = False) -> None:
        """Refuse a model whose questions do not fit this index's vectors.

        The same model in another precision fits, except `to_write`, for which "auto" fits.

        Raises:
            IndexMismatch: They do not.
        """
        same = bool(self.catalog.model) and self.model_id.model == model.model
        precisions = {"auto", self.model_id.precision} if same else set()
        if not same or (to_write and model.precision not in precisions):
            raise _mismatch(self.catalog, model)

    def search(self, vector: Vector, k: int) -> dict[str, float]:
        """The ids of the `k` passages nearest in meaning and their cosines, best first.

        All are of the state of the catalog that this thread sees.
        """
        with self.catalog.reading():
            pending = catalog_write.outbox(self.catalog, 1_000_000)
            gone = {id_ for id_, operation in pending if operation == "delete"}
            found = self._nearest_known(vector, k, gone)
            fresh = [id_ for id_, operation in pending if operation == "upsert"]
            known, rows = catalog_read.passage_vectors(self.catalog, fresh)
            if known:
                found |= dict(zip(known, (rows @ vector).tolist(), strict=True))
        ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        return dict(ranked[:k])

    def _nearest_known(self, vector: Vector, k: int, gone: Set[str]) -> dict[str, float]:
        """Those of the nearest that the catalog has.

        A search index may be ahead of what this thread sees of the catalog: a writer has told it of
        passages since the transaction began. They are passed over, and others take their places.
        What was taken out of it since then is not found; it is gone by now.

        Args:
            vector: The question's.
            k: At least so many, where there are.
            gone: Ids that the search index is still to be told to drop.
        """
        wanted = k + len(gone)
        while True:
            found = self._nearest(vector, wanted)
            known = catalog_read.known_passages(self.catalog, list(found))
            if len(known) >= k or found.keys() - gone <= known:
                return {id_: cosine for id_, cosine in found.items() if id_ in known}
            if len(found) < wanted:  # it holds no more
                return self.exact_search(vector, catalog_read.all_ids(self.catalog), k)
            wanted *= 2

    def _nearest(self, vector: Vector, k: int) -> dict[str, float]:
        try:
            with self._search_index.opened() as search_index:
                return search_index.search(vector, k) if search_index else {}
        except IndexDamaged:
            if not self.catalog.is_superseded():
                raise
            # A writer has put another search index into the place of this one and taken this one
            # away. What this question sees of the catalog is whole, and so are its vectors.
            return self.exact_search(vector, catalog_read.all_ids(self.catalog), k)
        except IndexUnwritable:
            # Chroma writes when it is opened, and the disk is full; the catalog can be read.
            return self.exact_search(vector, catalog_read.all_ids(self.catalog), k)

    def exact_search(self, vector: Vector, ids: Sequence[str], k: int) -> dict[str, float]:
        """As `search`, among `ids` alone, by comparing with every one of them."""
        known, rows = catalog_read.passage_vectors(self.catalog, ids)
        if not known:
            return {}
        cosines = rows @ vector
        order = np.argsort(-cosines, kind="stable")[:k]
        return {known[i]: float(cosines[i]) for i in order}

    def token_weights(self, tokens: NDArray[np.int32]) -> NDArray[np.float32]:
        """Inverse document frequency of each token, positive."""
        return catalog_read.token_weights(self.catalog, tokens)

    @property
    def generation(self) -> int:
        return self.catalog.generation

    @property
    def state(self) -> tuple[object, ...]:
        """Another one whenever something that is answered from has changed."""
        waiting = catalog_write.outbox_size(self.catalog)  # grows before the generation does
        return self.catalog.identity, self.generation, waiting, self.synced_at

    @property
    def model(self) -> str:
        """Name, revision, dimension and precision of the model that made its vectors."""
        return self.catalog.model

    @property
    def model_id(self) -> ModelId:
        """The same; only where something has been ingested.

        Raises:
            IndexDamaged: The catalog names none that can be read.
        """
        with decoding(self.place):
            return ModelId.parse(self.catalog.model)

    @property
    def synced_at(self) -> datetime | None:
        """UTC; None where no sync has ended well yet."""
        return from_seconds(self.catalog.meta("synced_at"))

    def status(self) -> IndexStatus:
        return self.catalog.status()

    def posts(self, limit: int = 100) -> tuple[Post, ...]:
        """Newest first."""
        return catalog_posts.newest_posts(self.catalog, limit)

    def sections(self, post_id: str) -> tuple[Section, ...]:
        """In reading order; empty where there is no such post."""
        return catalog_read.post_sections(self.catalog, post_id)

    def published(self, ids: Iterable[str]) -> frozenset[str]:
        """Those of the ids that are of posts in the index."""
        return catalog_read.known_posts(self.catalog, tuple(ids))

    def choices(self) -> catalog_read.Choices:
        return catalog_read.choices(self.catalog)

    def require_open(self) -> None:
        """Refuse what would begin now; what is under way comes to its end.

        Raises:
            IndexUnavailable: It was closed.
        """
        if self._is_closed:
            raise IndexUnavailable(
                f"The index in {self.place} was closed.", hint="Open it again to ask."
            )

    def close(self) -> None:
        self._is_closed = True
        self._search_index.close()
        self.catalog.close()


class IndexWriter:
    """The one writer of an index; made by `write_index`."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        name_first(catalog)
        sweep(catalog)
        self._search_index = self._open()
        self.flush()

    def _open(self) -> SearchIndex:
        return open_search(self.catalog, search_name(self.catalog), create=True)

    @property
    def told(self) -> int:
        """Passages that the search index holds."""
        return self._search_index.count()

    def flush(self) -> None:
        """Tell the search index all that stands in the outbox."""
        while told := catalog_write.outbox(self.catalog, _FLUSH):
            chosen: dict[str, list[str]] = {"upsert": [], "metadata": [], "delete": []}
            for id_, operation in told:
                chosen[operation].append(id_)
            found = catalog_read.passages(self.catalog, chosen["upsert"] + chosen["metadata"])
            ids, vectors = catalog_read.passage_vectors(self.catalog, chosen["upsert"])
            self._search_index.upsert([found[id_] for id_ in ids], vectors)
            self._search_index.update_metadata([found[i] for i in chosen["metadata"] if i in found])
            # Only what the catalog no longer has: a passage that came back stays.
            back = catalog_read.passages(self.catalog, chosen["delete"])
            self._search_index.delete([id_ for id_ in chosen["delete"] if id_ not in back])
            catalog_write.clear_outbox(self.catalog, told)

    def flush_if_full(self) -> None:
        if catalog_write.outbox_size(self.catalog) >= _FLUSH:
            self.flush()

    def finish(self) -> None:
        """The sync ended well: free what is not used, erase what must be, tell, note the time."""
        catalog_write.drop_unused_embeddings(self.catalog)
        if is_erasure_due(self.catalog):
            self._search_index.close()
            erase(self.catalog)
            self._search_index = self._open()
        self.flush()
        with self.catalog.writing():
            now = datetime.now(UTC)
            self.catalog.set_meta("synced_at", str(int(now.timestamp())))
            if self.catalog.generation == 0:
                self.catalog.set_meta("generation", "1")

    def close(self) -> None:
        self._search_index.close()


@contextmanager
def write_index(where: Where, model: ModelId) -> Iterator[IndexWriter]:
    """Open an index for writing, making it where there is none; one writer at a time.

    Raises:
        IndexBusy: Another process is writing.
        IndexMismatch: The index was made with another model or by a newer version.
        IndexDamaged: What is in the folder is no index, or the catalog is damaged.
        IndexUnwritable: The disk is full, or the folder may not be written.
        IndexUnavailable: The server that holds the search index does not answer.
    """
    with writers_catalog(where, create=True) as catalog:
        if catalog.meta("embedder") is None:
            with catalog.writing():
                catalog.set_meta("embedder", str(model))
                catalog.set_meta("dimension", str(model.dimension))
        if catalog.model != str(model):
            raise _mismatch(catalog, model)
        with closing(IndexWriter(catalog)) as writer:
            yield writer


def _mismatch(catalog: Catalog, model: ModelId) -> IndexMismatch:
    built_with = catalog.model or "no model yet"
    setting, value = "embedding_model", built_with.partition("@")[0]
    if built_with.startswith(f"{model.model}/"):
        setting, value = "embedding_precision", built_with.rpartition("/")[2]
    return IndexMismatch(
        f"The index in {catalog.place} was built with {built_with}, not {model}.",
        hint=f"Set {setting} = {value!r}, or change the index's model with"
        f" `pullquote reembed {model.name}`.",
    )
