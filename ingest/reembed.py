"""Give an index another embedding model, from what its catalog holds, without the source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from ingest.report import Progress
from ingest.split import Piece, split
from rag.backends import load_embedder
from rag.catalog import read as catalog_read
from rag.catalog import write as catalog_write
from rag.catalog.catalog import Catalog
from rag.catalog.files import writers_catalog
from rag.catalog.identity import embedding_key
from rag.catalog.languages import note_shares
from rag.embedding.embedder import Embedder
from rag.index.search_home import another_name, name_search, open_search, sweep
from rag.settings import Settings
from rag.types import ParsedPost

if TYPE_CHECKING:
    from rag.index.vectors import SearchIndex

_WINDOW = 512  # passages that are sorted by length and embedded together


@dataclass(frozen=True, slots=True)
class Reembedded:
    """What was done."""

    before: str
    """The model that the index had."""
    now: str
    posts: int
    passages: int
    embedded: int
    """Passages that this run embedded: fewer than `passages` where an earlier one was stopped."""
    seconds: float


def reembed(
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Reembedded:
    """Split and embed all posts anew, and put the result into the place of the old in one step.

    Until then readers see the old vectors, and a kill leaves them; what was embedded by then is
    found again by the next run.

    Args:
        settings: `index`, and `embedding_…` of the new model.
        embedder: Takes the place of the one that the settings name, as one already loaded.
        on_progress: Called now and then.

    Raises:
        IndexMissing, IndexMismatch, IndexDamaged: There is no index that can be read.
        IndexBusy: Another process is writing.
        IndexUnwritable: The disk is full, or the folder may not be written.
        ModelUnavailable: The embedding model cannot be loaded.
        IndexUnavailable: The server that holds the search index does not answer.
    """
    started = perf_counter()
    with writers_catalog(settings.place) as catalog:
        run = _Run(catalog, settings, embedder or load_embedder(settings))
        before, embedded = catalog.model, 0
        if before != str(run.embedder.id):
            for progress in run.embed_aside():
                embedded = progress.embedded
                if on_progress:
                    on_progress(progress)
            run.swap()
        status = catalog.status()
        return Reembedded(
            before, status.embedder, status.posts, status.passages, embedded,
            perf_counter() - started,
        )  # fmt: skip


class _Run:
    def __init__(self, catalog: Catalog, settings: Settings, embedder: Embedder) -> None:
        self.catalog = catalog
        self.embedder = embedder
        self.limit = settings.passage_tokens
        self.states = catalog_write.post_states(catalog)
        self.name = ""
        """Of the search index that is made for it."""

    def embed_aside(self) -> Iterator[Progress]:
        """Vectors into the catalog, where nothing names them yet, and into their own Chroma.

        Says now and then how far it is.
        """
        sweep(self.catalog)
        self.name = another_name(self.catalog)
        posts = passages = embedded = 0
        waiting: list[Piece] = []
        with closing(open_search(self.catalog, self.name, create=True)) as search_index:
            for _, pieces in self._split():
                posts += 1
                waiting += pieces
                if len(waiting) >= _WINDOW or posts == len(self.states):
                    embedded += self._embed(waiting, search_index)
                    passages += len(waiting)
                    waiting.clear()
                    yield Progress(posts, passages, embedded)

    def swap(self) -> None:
        """Passages, words, model and Chroma of the new kind in the place of the old."""
        catalog, model = self.catalog, self.embedder.id
        with catalog.writing():
            for parsed, pieces in self._split():
                state = self.states[parsed.post.id]
                passages = [piece.passage for piece in pieces]
                catalog_write.swap_post(
                    catalog, parsed, passages, self._keys(pieces), state.source, state.content_hash
                )
            catalog.set_meta("embedder", str(model))
            catalog.set_meta("dimension", str(model.dimension))
            note_shares(catalog, self.embedder)
            catalog_write.empty_outbox(catalog)
            name_search(catalog, self.name)
        sweep(catalog)
        catalog_write.drop_unused_embeddings(catalog)

    def _split(self) -> Iterator[tuple[ParsedPost, tuple[Piece, ...]]]:
        for post_id in sorted(self.states):
            parsed = catalog_read.parsed_post(self.catalog, post_id)
            yield parsed, split(parsed, self.embedder, limit=self.limit)

    def _keys(self, pieces: Sequence[Piece]) -> list[str]:
        return [embedding_key(piece.text, self.embedder.id) for piece in pieces]

    def _embed(self, pieces: Sequence[Piece], search_index: SearchIndex) -> int:
        """How many had to be embedded."""
        keys = self._keys(pieces)
        texts = dict(zip(keys, (piece.text for piece in pieces), strict=True))
        known = catalog_write.known_embeddings(self.catalog, list(texts))
        missing = [key for key in texts if key not in known]
        vectors = self.embedder.embed_passages([texts[key] for key in missing])
        catalog_write.save_embeddings(self.catalog, dict(zip(missing, vectors, strict=True)))
        rows = catalog_read.vectors_of_keys(self.catalog, keys)
        search_index.upsert([piece.passage for piece in pieces], rows)
        return len(missing)
