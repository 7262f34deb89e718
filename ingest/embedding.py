"""Posts that were read and wait to be embedded, many passages at once."""

from __future__ import annotations

from collections.abc import Mapping
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

    @cached_property
    def embedder(self) -> Embedder:
        """Loaded only when something has to be split or embedded."""
        return self.given or load_embedder(self.settings)

    @property
    def waiting(self) -> int:
        """Passages."""
        return sum(len(one.pieces) for one in self._waiting)

    def put(self, prepared: Prepared, parsed: ParsedPost, source: str) -> bool:
        """Take a post that is to come into the index; whether enough wait to be embedded.

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
        return self.waiting >= _WINDOW

    def content_hash(self, parsed: ParsedPost) -> str:
        """Of all that decides which passages a post has."""
        return content_digest(parsed, self.settings.passage_tokens)

    def embed(self) -> bool:
        """Embed what waits, and put the posts into the index; whether there was any."""
        if self.writer is None or not self._waiting:
            return False
        catalog = self.writer.catalog
        keys = [[embedding_key(p.text, self.model) for p in one.pieces] for one in self._waiting]
        texts = {
            key: piece.text
            for one, own in zip(self._waiting, keys, strict=True)
            for key, piece in zip(own, one.pieces, strict=True)
        }
        known = catalog_write.known_embeddings(catalog, list(texts))
        missing = {key: text for key, text in texts.items() if key not in known}
        catalog_write.save_embeddings(catalog, self._vectors(missing))
        for one, own in zip(self._waiting, keys, strict=True):
            passages = [piece.passage for piece in one.pieces]
            digest = self.content_hash(one.parsed)
            catalog_write.swap_post(catalog, one.parsed, passages, own, one.source, digest)
        self._waiting.clear()
        self.writer.flush_if_full()
        self.embedded += len(missing)
        return True

    def _vectors(self, texts: Mapping[str, PassageText]) -> dict[str, PassageVectors]:
        """By key: those that others made, and the rest made here."""
        ahead = {key: made for one in self._waiting for key, made in one.ahead.items()}
        here = {key: text for key, text in texts.items() if key not in ahead}
        vectors = {key: ahead[key] for key in texts if key in ahead}
        if here:  # else the model is not loaded for nothing
            started = perf_counter()
            made = self.embedder.embed_passages(list(here.values()))
            self.seconds += perf_counter() - started
            vectors |= zip(here, made, strict=True)
        return vectors
