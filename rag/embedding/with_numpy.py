"""Embedding with the bundled model without torch: for a question that nobody waits seconds for."""

from __future__ import annotations

from collections.abc import Sequence

from rag.embedding.bundled import bundled_weights
from rag.embedding.numpy_bert import Bert
from rag.embedding.of_bundled import BundledEmbedder
from rag.types import Vectors


class NumpyEmbedder(BundledEmbedder):
    """The bundled model in NumPy, in float32; safe to use from several threads."""

    def __init__(self) -> None:
        """Read the weights.

        Raises:
            ModelUnavailable: They are missing or are not the expected ones.
        """
        super().__init__(batch_tokens=0)  # each text has a pass of its own
        self._model = Bert(bundled_weights())

    def hidden_states(self, rows: Sequence[Sequence[int]]) -> list[Vectors]:
        return [self._model(list(row)) for row in rows]
