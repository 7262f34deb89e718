"""Reading from the catalog: what a search compares, every passage's vector, and every key."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rag.catalog.catalog import Catalog
from rag.catalog.engine import in_parts
from rag.catalog.read import SearchVectors, decoded
from rag.types import Vectors


def count_passages(catalog: Catalog) -> int:
    found: int = catalog.connection.execute("SELECT count(*) FROM passages").fetchone()[0]
    return found


def embedding_keys(catalog: Catalog) -> list[str]:
    """Under which there are vectors, in any order."""
    return [key for (key,) in catalog.connection.execute("SELECT key FROM embeddings")]


@decoded
def search_vectors(catalog: Catalog, ids: Sequence[str]) -> dict[str, SearchVectors]:
    """The vectors of those passages that the catalog knows, without those of their sentences."""
    dimension = int(catalog.meta("dimension") or 0)
    found: dict[str, SearchVectors] = {}
    for part in in_parts(ids):
        marks = ",".join("?" * len(part))
        for id_, passage, token_ids, tokens in catalog.connection.execute(
            "SELECT passages.id, passage, token_ids, embeddings.tokens"
            " FROM passages JOIN embeddings ON embeddings.key = passages.embedding_key"
            f" WHERE passages.id IN ({marks})",
            part,
        ):
            numbers = np.frombuffer(token_ids, dtype=np.int32)
            width = len(tokens) // len(numbers) if len(numbers) else dimension
            found[id_] = SearchVectors(
                passage=np.frombuffer(passage, dtype=np.float16),
                tokens=np.frombuffer(tokens, dtype=np.int8).reshape(-1, width),
                token_ids=numbers,
            )
    return found


@decoded
def all_vectors(catalog: Catalog) -> tuple[list[str], Vectors]:
    """The ids of all passages, in the order of writing, and their vectors, a row for each."""
    # Not joined by SQLite: looking up each key on its own takes ten times as long as reading all.
    places: dict[str, int] = {}
    blobs: list[bytes] = []
    for key, blob in catalog.connection.execute("SELECT key, passage FROM embeddings"):
        places[key] = len(blobs)
        blobs.append(blob)
    named = [
        (id_, places[key])
        for id_, key in catalog.connection.execute(
            "SELECT id, embedding_key FROM passages ORDER BY number"
        )
        if key in places
    ]
    if not named:
        return [], np.zeros((0, 0), dtype=np.float32)
    stored = np.frombuffer(b"".join(blobs), dtype=np.float16).reshape(len(blobs), -1)
    rows = stored[[place for _, place in named]].astype(np.float32)
    if not np.isfinite(rows).all():
        raise ValueError("a vector holds what is no number")
    return [id_ for id_, _ in named], rows
