"""Reading with the bundled reader in NumPy: the network of `with_torch`, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

import numpy as np

from rag.embedding.bundled import Weights, bundled_weights, mapped_weights, revision
from rag.embedding.numpy_bert import Bert, linear, unpacked
from rag.embedding.numpy_cores import CORES
from rag.reading.as_numbers import NONE, WEIGHTS, Encoded, encode_passage, reading_of
from rag.reading.reader import Reading
from rag.types import Passage

_ENCODER = "enc."  # before the names of the encoder's weights


class NumpyReader:
    """The bundled reader, in float32; safe to use from several threads."""

    def __init__(self, *, weights: Path = WEIGHTS) -> None:
        """Load it.

        Args:
            weights: What `eval.fit.reader` wrote.

        Raises:
            ModelUnavailable: The bundled model's weights are missing or are not the expected ones.
        """
        trained = unpacked(mapped_weights(weights))
        own = {name.removeprefix(_ENCODER): weight for name, weight in trained.items()}
        self._heads: Weights = trained
        self._encoder = Bert({**bundled_weights(), **own})
        self.id = f"reader@{revision(weights)}"

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        prepared = [encode_passage(question, passage) for passage in passages]
        every = (self._pool.map if len(prepared) > 1 else map)(self._read, prepared)
        return list(every)

    def _read(self, one: Encoded) -> Reading:
        hidden = self._encoder(one.ids, one.types)
        number = np.asarray(one.sentences)
        member = number == np.arange(max(int(number.max()) + 1, 1))[:, np.newaxis]
        sizes = member.sum(axis=1)
        means = member.astype(np.float32) @ hidden / np.maximum(sizes, 1)[:, np.newaxis]
        tokens = linear(hidden, self._heads, "tok")[:, 0]
        strongest = np.where(member, tokens, np.float32(NONE)).max(axis=1)
        scores = linear(means.astype(np.float32), self._heads, "sent")[:, 0] + strongest
        scores = np.where(sizes == 0, np.float32(NONE), scores)
        null = linear(hidden[:1], self._heads, "null")[0, 0]
        return reading_of(one, linear(hidden, self._heads, "span"), scores - null)

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(CORES, thread_name_prefix="read")
