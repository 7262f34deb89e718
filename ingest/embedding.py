"""Posts that were read and wait to be embedded, many passages at once.

The model works in a thread of its own: while it has the passages of one window, the next posts are
read and split and those of the window before are written. Only the thread of the sync touches the
index.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from time import perf_counter

from ingest.prepared import Prepared, content_digest
from ingest.split import Piece, split
from rag.backends import load_embedder
from rag.catalog import write as catalog_write
from rag.catalog.identity import embedding_key
from rag.embedding.embedder import Embedder, ModelId, PassageText, PassageVectors
from rag.index.index import IndexWriter
from rag.settings import Settings
from rag.types import ParsedPost

_WINDOW = 512  # passages that are sorted by length and embedded together


@dataclass(frozen=True, slots=True)
class _Waiting:
    parsed: ParsedPost
    pieces: tuple[Piece, ...]
    source: str
    ahead: Mapping[str, PassageVectors]
    """Vectors that others made, by embedding key."""


@dataclass(frozen=True, slots=True)
class _Window:
    """Posts whose passages the model has."""

    posts: tuple[_Waiting, ...]
    keys: tuple[tuple[str, ...], ...]
    """Embedding keys of each post's passages."""
    ahead: Mapping[str, PassageVectors]
    """Vectors of those keys that others made."""
    made: Future[dict[str, PassageVectors]] | None
    """Vectors by key; None where all are known."""

    @property
    def passages(self) -> int:
        return sum(len(own) for own in self.keys)


@dataclass
class Embedding:
    """What of a sync waits to be embedded, and what was."""

    writer: IndexWriter | None
    """None embeds nothing."""
    settings: Settings
    given: Embedder | None
    """Takes the place of the one that the settings name."""
    model: ModelId
    """Of the index."""
    embedded: int = 0
    """Passages."""
    seconds: float = 0.0
    """Spent in the model, by this process."""
    has_split: bool = False
    """Whether the passages of any post are not as they were."""
    _waiting: list[_Waiting] = field(default_factory=list)
    _under_way: _Window | None = None

    @cached_property
    def embedder(self) -> Embedder:
        """Loaded only when something has to be split or embedded."""
        return self.given or load_embedder(self.settings)

    @property
    def waiting(self) -> int:
        """Passages that were split and are not in the index yet."""
        under_way = self._under_way.passages if self._under_way else 0
        return under_way + sum(len(one.pieces) for one in self._waiting)

    def put(self, prepared: Prepared, parsed: ParsedPost, source: str) -> bool:
        """Take a post that is to come into the index; whether enough wait for `embed_window`.

        Args:
            prepared: What was made of it ahead.
            parsed: The post as it comes into the index.
            source: Where it was read.
        """
        if self.writer is None:
            return False
        self.has_split = True
        pieces = prepared.pieces_of(parsed)
        if pieces is None:
            pieces = split(parsed, self.embedder, limit=self.settings.passage_tokens)
        self._waiting.append(_Waiting(parsed, pieces, source, prepared.vectors))
        return sum(len(one.pieces) for one in self._waiting) >= _WINDOW

    def content_hash(self, parsed: ParsedPost) -> str:
        """Of all that decides which passages a post has."""
        return content_digest(parsed, self.settings.passage_tokens)

    def embed_window(self) -> bool:
        """Hand what waits to the model, and put the posts of the window before into the index.

        Returns:
            Whether there was a window before.
        """
        before = self._under_way
        if self.writer is None or not self._waiting:
            return False
        # Before the window that is under way is waited for, so that the model never is.
        self._under_way = self._begun(self.writer, before)
        self._waiting.clear()
        return self._put_away(self.writer, before)

    def finish(self) -> bool:
        """Put the posts that the model has into the index; whether there were any."""
        if self.writer is None:
            return False
        last, self._under_way = self._under_way, None
        return self._put_away(self.writer, last)

    def _begun(self, writer: IndexWriter, before: _Window | None) -> _Window:
        keys = tuple(
            tuple(embedding_key(piece.text, self.model) for piece in one.pieces)
            for one in self._waiting
        )
        texts = {
            key: piece.text
            for one, own in zip(self._waiting, keys, strict=True)
            for key, piece in zip(own, one.pieces, strict=True)
        }
        known = catalog_write.known_embeddings(writer.catalog, list(texts))
        if before:  # its vectors will be there when these are put away
            known |= {key for own in before.keys for key in own}
        made_ahead = {key: made for one in self._waiting for key, made in one.ahead.items()}
        missing = {key: text for key, text in texts.items() if key not in known}
        ahead = {key: made_ahead[key] for key in missing if key in made_ahead}
        here = {key: text for key, text in missing.items() if key not in ahead}
        # With nothing to embed the model is not even loaded.
        made = self._thread.submit(self._vectors, self.embedder, here) if here else None
        return _Window(tuple(self._waiting), keys, ahead, made)

    def _put_away(self, writer: IndexWriter, window: _Window | None) -> bool:
        if window is None:
            return False
        vectors = {**window.ahead, **(window.made.result() if window.made else {})}
        catalog_write.save_embeddings(writer.catalog, vectors)
        for one, own in zip(window.posts, window.keys, strict=True):
            passages = [piece.passage for piece in one.pieces]
            digest = self.content_hash(one.parsed)
            catalog_write.swap_post(writer.catalog, one.parsed, passages, own, one.source, digest)
        writer.flush_if_full()
        self.embedded += len(vectors)
        return True

    def _vectors(
        self, embedder: Embedder, texts: Mapping[str, PassageText]
    ) -> dict[str, PassageVectors]:
        """By key; in the model's thread."""
        started = perf_counter()
        made = embedder.embed_passages(list(texts.values()))
        self.seconds += perf_counter() - started
        return dict(zip(texts, made, strict=True))

    @cached_property
    def _thread(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(1, thread_name_prefix="embed-window")
