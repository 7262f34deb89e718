"""Posts that were read and wait to be embedded, many passages at once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from time import perf_counter

from ingest.split import VERSION, Piece, split
from rag import catalog_write
from rag.backends import load_embedder
from rag.embed import Embedder
from rag.identity import content_hash, embedding_key
from rag.index import IndexWriter
from rag.settings import Settings
from rag.types import ParsedPost

_WINDOW = 512  # passages that are sorted by length and embedded together


@dataclass(frozen=True, slots=True)
class _Waiting:
    parsed: ParsedPost
    pieces: tuple[Piece, ...]
    source: str


@dataclass
class Embedding:
    """What of a sync waits to be embedded, and what was."""

    writer: IndexWriter | None
    """None embeds nothing."""
    settings: Settings
    given: Embedder | None
    """Takes the place of the one that the settings name."""
    embedded: int = 0
    """Passages."""
    seconds: float = 0.0
    """Spent in the model."""
    _waiting: list[_Waiting] = field(default_factory=list)

    @cached_property
    def embedder(self) -> Embedder:
        """Loaded only when something has to be split or embedded."""
        return self.given or load_embedder(self.settings)

    @property
    def has_embedder(self) -> bool:
        return "embedder" in self.__dict__

    @property
    def waiting(self) -> int:
        """Passages."""
        return sum(len(one.pieces) for one in self._waiting)

    def put(self, parsed: ParsedPost, source: str) -> bool:
        """Take a post that is to come into the index; whether enough wait to be embedded."""
        if self.writer is None:
            return False
        pieces = split(parsed, self.embedder, limit=self.settings.passage_tokens)
        self._waiting.append(_Waiting(parsed, pieces, source))
        return self.waiting >= _WINDOW

    def content_hash(self, parsed: ParsedPost) -> str:
        """Of all that decides which passages a post has."""
        text = f"{content_hash(parsed)}/{VERSION}/{self.settings.passage_tokens}"
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def embed(self) -> bool:
        """Embed what waits, and put the posts into the index; whether there was any."""
        if self.writer is None or not self._waiting:
            return False
        catalog = self.writer.catalog
        model = self.embedder.id
        keys = [[embedding_key(p.text, model) for p in one.pieces] for one in self._waiting]
        texts = {
            key: piece.text
            for one, own in zip(self._waiting, keys, strict=True)
            for key, piece in zip(own, one.pieces, strict=True)
        }
        known = catalog_write.known_embeddings(catalog, list(texts))
        missing = [key for key in texts if key not in known]
        started = perf_counter()
        vectors = self.embedder.embed_passages([texts[key] for key in missing])
        self.seconds += perf_counter() - started
        catalog_write.save_embeddings(catalog, dict(zip(missing, vectors, strict=True)))
        for one, own in zip(self._waiting, keys, strict=True):
            passages = [piece.passage for piece in one.pieces]
            digest = self.content_hash(one.parsed)
            catalog_write.swap_post(catalog, one.parsed, passages, own, one.source, digest)
        self._waiting.clear()
        self.writer.flush_if_full()
        self.embedded += len(missing)
        return True
