"""A search index that compares a question with every passage: for an index that is not large.

It is read from the catalog in a moment, finds exactly the nearest, and needs nothing of Chroma,
which takes longer to be imported than a small index takes to be searched.
"""

from __future__ import annotations

import numpy as np

from rag.catalog.catalog import Catalog
from rag.catalog.vectors import all_vectors
from rag.embedding.numpy_cores import one_core
from rag.types import Vector


class ExactSearch:
    """The vectors of all passages, as the catalog has them now."""

    def __init__(self, catalog: Catalog) -> None:
        one_core()
        self._ids, self._vectors = all_vectors(catalog)

    def search(self, vector: Vector, k: int) -> dict[str, float]:
        """The ids of the nearest passages and their cosines in [-1, 1], best first."""
        k = min(k, len(self._ids))
        if k == 0:
            return {}
        cosines = self._vectors @ vector
        nearest = np.argpartition(-cosines, k - 1)[:k]
        order = nearest[np.argsort(-cosines[nearest], kind="stable")]
        return {self._ids[i]: float(cosines[i]) for i in order}

    def close(self) -> None:
        """There is nothing to close; a search index has one."""
