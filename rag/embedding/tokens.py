"""From what a forward pass gives, token by token, to the vectors that are kept.

Whatever computes the pass: here its numbers become the same three kinds of vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.embedding.embedder import PassageText, PassageVectors, QuestionVectors, to_int8, unit
from rag.embedding.numpy_cores import one_core
from rag.types import Vector, Vectors

_MODELS = Path(__file__).resolve().parents[1] / "models"


@dataclass(frozen=True, slots=True)
class Pass:
    """What a forward pass gives for one text."""

    pooled: Vector
    """Of length 1."""
    tokens: Vectors
    """Shape (tokens, width)."""
    ids: NDArray[np.int32]
    offsets: NDArray[np.int64]
    """Start and end of each token in the text's characters; empty for special tokens. Where a
    prompt stands before the text, tokens of it have a negative start."""


class Sieve:
    """Keeps of a pass what searching needs."""

    def __init__(self, revision: str, blank: NDArray[np.int32]) -> None:
        """Keep what was fitted for a model, if anything was.

        Args:
            revision: The model's.
            blank: Tokens of its vocabulary that are special, or hold neither letter nor digit.
        """
        one_core()
        self.blank = blank
        self._revision = revision

    def of_question(self, one: Pass) -> QuestionVectors:
        inside = _of_text(one.offsets)
        kept = inside & ~np.isin(one.ids, self._dropped)
        kept = kept if kept.any() else inside
        mean = one.tokens[inside].mean(axis=0, keepdims=True) if inside.any() else one.pooled[None]
        return QuestionVectors(
            question=one.pooled,
            sentence=unit(mean)[0],
            tokens=to_int8(self._project(one.tokens[kept])),
            token_ids=one.ids[kept],
        )

    def of_passage(self, text: PassageText, one: Pass) -> PassageVectors:
        where = np.full(len(one.ids), -2, dtype=np.int16)  # -2: no text (special, padding, prompt)
        inside = _of_text(one.offsets)
        where[inside] = -1
        sentences = np.zeros((len(text.spans), one.tokens.shape[1]), dtype=np.float32)
        for number, (start, end) in enumerate(text.spans):
            own = inside & (one.offsets[:, 0] >= start) & (one.offsets[:, 1] <= end)
            where[own] = number
            if own.any():
                sentences[number] = one.tokens[own].mean(axis=0)
        kept = inside & ~np.isin(one.ids, self._dropped)
        return PassageVectors(
            passage=one.pooled,
            sentences=unit(sentences),
            tokens=to_int8(self._project(one.tokens[kept])),
            token_ids=one.ids[kept],
            token_sentence=where[kept],
        )

    def of_passages(
        self,
        texts: Sequence[PassageText],
        batches: Sequence[Sequence[int]],
        forward: Callable[[Sequence[int]], list[Pass]],
        pool: Executor,
    ) -> list[PassageVectors]:
        """The same of many, in the order given, with as many passes side by side as the pool has.

        Args:
            texts: All of them.
            batches: Their places; those of a batch go through the model together.
            forward: One pass for the texts in these places.
            pool: Its threads run the passes.
        """

        def embed(batch: Sequence[int]) -> list[PassageVectors]:
            pairs = zip(batch, forward(batch), strict=True)
            return [self.of_passage(texts[i], one) for i, one in pairs]

        # One batch, as a judge has it, needs no other thread.
        every = (pool.map if len(batches) > 1 else map)(embed, batches)
        found: dict[int, PassageVectors] = {}
        for batch, vectors in zip(batches, every, strict=True):
            found |= zip(batch, vectors, strict=True)
        return [found[i] for i in range(len(texts))]

    def raw(self, one: Pass) -> tuple[Vectors, NDArray[np.int32]]:
        """Every token's vector as the model gives it, scaled to length 1, and its id."""
        kept = (one.offsets[:, 1] > one.offsets[:, 0]) & ~np.isin(one.ids, self.blank)
        return unit(one.tokens[kept]), one.ids[kept]

    def _project(self, tokens: Vectors) -> Vectors:
        projection = self._fitted.get("projection")
        return tokens if projection is None else tokens @ projection.astype(np.float32)

    @cached_property
    def _fitted(self) -> dict[str, NDArray[Any]]:
        """The projection and the stop list that were fitted for this model's revision, if any."""
        file = _MODELS / f"late-{self._revision}.npz"
        if not file.is_file():
            return {}
        with np.load(file) as arrays:
            return {key: arrays[key] for key in arrays.files}

    @cached_property
    def _dropped(self) -> NDArray[np.int32]:
        """Tokens that say nothing: special ones, punctuation, and the fitted stop list."""
        stop = self._fitted.get("stop_tokens")
        return self.blank if stop is None else np.union1d(self.blank, stop)


def blank_tokens(vocabulary: dict[str, int], special: list[int]) -> NDArray[np.int32]:
    """Special tokens and punctuation."""
    blank = [i for token, i in vocabulary.items() if not any(c.isalnum() for c in token)]
    return np.asarray(special + blank, dtype=np.int32)


def _of_text(offsets: NDArray[np.int64]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (offsets[:, 1] > offsets[:, 0]) & (offsets[:, 0] >= 0)
    return found
