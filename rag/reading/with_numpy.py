"""Reading with the bundled reader in NumPy: the network of `with_torch`, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

from rag.embedding.bundled import bundled_weights, revision
from rag.embedding.numpy_bert import Bert
from rag.embedding.numpy_cores import CORES
from rag.reading.as_numbers import (
    WEIGHTS,
    Encoded,
    encode_passage,
    reading_of_states,
    trained_weights,
)
from rag.reading.reader import Reading
from rag.types import Passage


class NumpyReader:
    """The bundled reader, in float32; safe to use from several threads."""

    def __init__(self, *, weights: Path = WEIGHTS) -> None:
        """Load it.

        Args:
            weights: What `eval.fit.reader` wrote.

        Raises:
            ModelUnavailable: The bundled model's weights are missing or are not the expected ones.
        """
        layers, self._heads = trained_weights(weights)
        self._encoder = Bert({**bundled_weights(), **layers})
        self.id = f"reader@{revision(weights)}"

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        prepared = [encode_passage(question, passage) for passage in passages]
        every = (self._pool.map if len(prepared) > 1 else map)(self._read, prepared)
        return list(every)

    def _read(self, one: Encoded) -> Reading:
        return reading_of_states(one, self._encoder(one.ids, one.types), self._heads)

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(CORES, thread_name_prefix="read")
