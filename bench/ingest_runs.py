"""One run of ingest, and one of the bare model over its texts; each for a process of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING

from bench.machine import peak_memory_mb
from bench.wrapped import Recorder
from ingest.sync import sync
from rag.backends import load_embedder
from rag.index.search_home import CHROMA
from rag.place import CATALOG
from rag.settings import BUNDLED_MODEL, Settings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DEFAULT_PRECISION = "float32"
"""What sentence-transformers computes in, where nothing is said."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took."""

    texts: int
    """That went through the model: equal texts do so once."""
    load_seconds: float
    """Importing the libraries and reading the weights."""
    seconds: float
    """With the model loaded, from the first text to the end."""
    processor_seconds: float
    """Of these, on all cores together: what neighbours on the machine disturb least."""
    peak_mb: float
    """The most memory that the process had resident."""

    @property
    def rate(self) -> float:
        """Texts a second."""
        return self.texts / self.seconds


@dataclass(frozen=True, slots=True)
class Ingested:
    """One run of ours into an empty folder."""

    cost: Cost
    posts: int
    passages: int
    precision: str
    model_seconds: float
    """Spent in the embedding model, tokenizing and pooling included."""
    again_seconds: float
    """Of a second run in the same process, which had nothing to embed."""
    catalog_mb: float
    chroma_mb: float


def ingest_once(source: str, settings: Settings) -> tuple[Ingested, tuple[str, ...]]:
    """Make `settings.index`, which must not be there yet; also every text that was embedded.

    Raises:
        RuntimeError: A second run found something to embed.
    """
    started = perf_counter()
    embedder = Recorder(load_embedder(settings))
    loaded, processor = perf_counter() - started, process_time()
    report = sync([source], settings, embedder=embedder)
    processor = process_time() - processor
    texts = tuple(embedder.texts)
    cost = Cost(len(texts), loaded, report.seconds, processor, peak_memory_mb())
    again = sync([source], settings, embedder=embedder)
    if again.embedded:
        raise RuntimeError(f"A second run embedded {again.embedded} passages, not none.")
    ingested = Ingested(
        cost=cost,
        posts=report.posts,
        passages=report.passages,
        precision=embedder.id.precision,
        model_seconds=report.encode_seconds,
        again_seconds=again.seconds,
        catalog_mb=_megabytes(settings.index.glob(f"{CATALOG}*")),
        chroma_mb=_megabytes((settings.index / CHROMA).rglob("*")),
    )
    return ingested, texts


def encode_once(texts: Sequence[str], model: str, precision: str) -> Cost:
    """What the library alone takes, 32 texts at a time as it does unasked."""
    started = perf_counter()
    bare = bare_model(model, precision)
    loaded, processor, begun = perf_counter() - started, process_time(), perf_counter()
    bare.encode(list(texts))
    seconds, processor = perf_counter() - begun, process_time() - processor
    return Cost(len(texts), loaded, seconds, processor, peak_memory_mb())


def bare_model(model: str, precision: str) -> SentenceTransformer:
    """The library's own model, in a number format."""
    import torch
    from sentence_transformers import SentenceTransformer

    from rag.embedding.bundled import bundled_folder

    bare = SentenceTransformer(str(bundled_folder()) if model == BUNDLED_MODEL else model)
    return bare if precision == DEFAULT_PRECISION else bare.to(getattr(torch, precision))


def _megabytes(files: Iterable[Path]) -> float:
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6
