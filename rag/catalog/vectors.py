"""Reading from the catalog: every passage's vector at once, and every key."""

from __future__ import annotations

import numpy as np

from rag.catalog.catalog import Catalog
from rag.catalog.read import decoded
from rag.types import Vectors


def count_passages(catalog: Catalog) -> int:
    found: int = catalog.connection.execute("SELECT count(*) FROM passages").fetchone()[0]
    return found


def embedding_keys(catalog: Catalog) -> list[str]:
    """Under which there are vectors, in any order."""
    return [key for (key,) in catalog.connection.execute("SELECT key FROM embeddings")]


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
