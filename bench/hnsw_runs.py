"""Chroma's graph alone, with settings of its own; for a process of its own. Runs Chroma bare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import TYPE_CHECKING

import numpy as np

from bench.figures import Times, times_of
from bench.growth_runs import recall
from bench.machine import peak_memory_mb
from rag.types import Vectors

if TYPE_CHECKING:
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection

_NAME = "vectors"
_BATCH = 1_000  # rows in one call, as an ingest has them
NEAREST = (10, 100)
"""How many are looked for: what is shown, and what is ranked further."""


@dataclass(frozen=True, slots=True)
class Graph:
    """What is settled when a graph is made."""

    max_neighbors: int
    ef_construction: int


@dataclass(frozen=True, slots=True)
class Found:
    """What searching finds and takes with one `ef_search`."""

    ef_search: int
    recalls: tuple[float, ...]
    """For each of `NEAREST`, the share of the exact nearest."""
    milliseconds: Times
    """Of a search for the most of `NEAREST`."""


@dataclass(frozen=True, slots=True)
class Run:
    """One graph."""

    graph: Graph
    seconds: float
    processor_seconds: float
    disk_mb: float
    peak_mb: float
    found: tuple[Found, ...]


def run_once(
    vectors: Path, questions: Vectors, graph: Graph, searches: Sequence[int], repeats: int
) -> Run:
    """Make a graph of a file's vectors, and search it with several `ef_search`.

    Args:
        vectors: A file of `numpy.save`, a row of length 1 for each passage.
        questions: A row of length 1 for each.
        graph: What is settled when it is made.
        searches: Values of `ef_search`.
        repeats: How often each question is asked.
    """
    rows = np.load(vectors)
    with TemporaryDirectory(prefix="pullquote-bench-") as name:
        folder = Path(name)
        begun, processor = perf_counter(), process_time()
        with _opened(folder, graph) as collection:
            for start in range(0, len(rows), _BATCH):
                part = rows[start : start + _BATCH]
                collection.upsert(ids=[str(start + i) for i in range(len(part))], embeddings=part)
        seconds, processor = perf_counter() - begun, process_time() - processor
        exact = [np.argsort(-(rows @ question), kind="stable") for question in questions]
        found = [_found(folder, questions, exact, ef, repeats) for ef in searches]
        disk = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
    return Run(graph, seconds, processor, disk, peak_memory_mb(), tuple(found))


def _found(
    folder: Path, questions: Vectors, exact: Sequence[np.ndarray], ef_search: int, repeats: int
) -> Found:
    with _opened(folder) as collection:
        collection.modify(configuration={"hnsw": {"ef_search": ef_search}})
    with _opened(folder) as collection:  # Chroma heeds it when it is opened anew
        recalls = []
        for k in NEAREST:
            near = [_near(collection, question, k) for question in questions]
            recalls.append(recall(near, [[str(i) for i in order[:k]] for order in exact]))
        times = times_of(lambda v: _near(collection, v, NEAREST[-1]), list(questions), repeats)
    return Found(ef_search, tuple(recalls), times)


def _near(collection: Collection, question: np.ndarray, k: int) -> list[str]:
    found = collection.query(query_embeddings=question[np.newaxis], n_results=k, include=[])
    return found["ids"][0]


@contextmanager
def _opened(folder: Path, graph: Graph | None = None) -> Iterator[Collection]:
    import chromadb
    from chromadb.config import Settings

    client = chromadb.PersistentClient(str(folder), Settings(anonymized_telemetry=False))
    try:
        if graph is None:
            yield client.get_collection(_NAME, embedding_function=None)
        else:
            hnsw: CreateHNSWConfiguration = {
                "space": "cosine",
                "max_neighbors": graph.max_neighbors,
                "ef_construction": graph.ef_construction,
            }
            yield client.create_collection(
                _NAME, configuration={"hnsw": hnsw}, embedding_function=None
            )
    finally:
        client.close()  # type: ignore[attr-defined]  # its declared type lacks it
