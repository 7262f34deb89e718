"""A cross-encoder of sentence-transformers, by name: pairs of texts to scores of its labels."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import torch
from sentence_transformers import CrossEncoder

from rag.embedding.cores import on_one_core
from rag.embedding.load import revision_of
from rag.errors import ModelUnavailable
from rag.types import Vectors


class PairModel:
    """A model that reads two texts together. Safe to use from several threads."""

    def __init__(self, name: str, setting: str, *, device: str = "auto") -> None:
        """Load it.

        Args:
            name: Of the model hub, or a folder.
            setting: Which setting names it, for errors.
            device: As torch names it, or "auto".

        Raises:
            ModelUnavailable: It cannot be loaded.
        """
        try:
            self._model = CrossEncoder(name, device=None if device == "auto" else device)
        except (OSError, ValueError, RuntimeError, KeyError, ImportError) as error:
            said = next(iter(str(error).strip().splitlines()), type(error).__name__)
            raise ModelUnavailable(
                f"The cross-encoder {name!r} cannot be loaded: {said}",
                hint=f"Set {setting} to a cross-encoder of sentence-transformers, or to a folder.",
            ) from error
        self.id = f"{name}@{revision_of(self._model, name)}"
        labels = self._model.config.id2label
        self.labels: tuple[str, ...] = tuple(labels[i] for i in range(self._model.num_labels))
        # A fast tokenizer keeps padding and truncation as state: one thread at a time.
        self._alone = threading.Lock()

    def scores(self, pairs: Sequence[tuple[str, str]]) -> Vectors:
        """What the network says of each pair, shape (pairs, labels); no function is put on it."""
        if not pairs:
            return np.zeros((0, len(self.labels)), np.float32)
        with self._alone, on_one_core():
            found = self._model.predict(
                list(pairs), activation_fn=torch.nn.Identity(), show_progress_bar=False
            )
        return np.asarray(found, np.float32).reshape(len(pairs), len(self.labels))
