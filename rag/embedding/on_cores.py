"""Embedding with the bundled model in torch on a processor, without waiting for transformers."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import torch

from rag.embedding.bundled import bundled_weights
from rag.embedding.cores import CORES, on_one_core
from rag.embedding.embedder import BUNDLED_ID
from rag.embedding.of_bundled import BundledEmbedder
from rag.embedding.precision import best_precision
from rag.embedding.torch_bert import Bert
from rag.types import Vectors

_BATCH_TOKENS = 4096


class CoresEmbedder(BundledEmbedder):
    """The bundled model, every pass on one core; safe to use from several threads."""

    def __init__(self, *, precision: str = "auto", batch_tokens: int | None = None) -> None:
        """Read the weights.

        Args:
            precision: "float32", "bfloat16", "float16" or "auto".
            batch_tokens: In one forward pass; None: what suits processors.

        Raises:
            ModelUnavailable: They are missing or are not the expected ones.
        """
        super().__init__(batch_tokens or _BATCH_TOKENS)
        precision = best_precision(precision, "cpu")
        self.id = replace(BUNDLED_ID, precision=precision)
        self._model = Bert(bundled_weights(), precision)
        self._running = threading.BoundedSemaphore(CORES)

    def hidden_states(self, rows: Sequence[Sequence[int]]) -> list[Vectors]:
        with self._running, on_one_core(), torch.inference_mode():
            return [one.float().numpy() for one in self._model(rows)]
