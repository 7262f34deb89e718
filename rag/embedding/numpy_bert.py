"""BERT's forward pass in NumPy: what the bundled model computes, without torch.

Torch takes seconds to be imported and NumPy a tenth of one, so for a single question this is much
the quicker way. One text at a time, so nothing is padded and nothing masked. The architecture is
that of https://arxiv.org/abs/1810.04805, in float32.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.embedding.bundled import Weights
from rag.embedding.numpy_cores import one_core
from rag.types import Vectors

_LAYER = "encoder.layer.{}."
_EPSILON = np.float32(1e-12)  # as the model's configuration has it
_HEAD = 32  # width of an attention head, likewise
_SCALE = np.float32(_HEAD**-0.5)
_ROWS = 16  # rows of the widest layer that stay in the processor's cache

# 7.1.26 in Abramowitz and Stegun, Handbook of Mathematical Functions: erf to 1.5e-7.
_ERF = [np.float32(c) for c in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)]
_ERF_SCALE = np.float32(0.3275911)


class Bert:
    """Token ids to hidden states; safe to use from several threads."""

    def __init__(self, weights: Weights) -> None:
        """Take the weights, by the names that transformers gives them."""
        one_core()
        self._weights = weights
        self._layers = sum(name.endswith("attention.self.query.weight") for name in weights)

    def __call__(self, ids: list[int], types: list[int] | None = None) -> Vectors:
        """The last hidden states, shape (tokens, width).

        Args:
            ids: Of one text, special tokens included.
            types: 0 for the tokens of a first text, 1 for those of a second; None: all 0.
        """
        w = self._weights
        states = w["embeddings.word_embeddings.weight"][ids]
        states = states + w["embeddings.position_embeddings.weight"][: len(ids)]
        states = states + w["embeddings.token_type_embeddings.weight"][types or [0] * len(ids)]
        states = self._norm(states, "embeddings.LayerNorm")
        for number in range(self._layers):
            states = self._layer(states, _LAYER.format(number))
        return states

    def _layer(self, states: Vectors, name: str) -> Vectors:
        mixed = self._linear(self._attention(states, name), f"{name}attention.output.dense")
        states = self._norm(states + mixed, f"{name}attention.output.LayerNorm")
        inner = _gelu(self._linear(states, f"{name}intermediate.dense"))
        return self._norm(
            states + self._linear(inner, f"{name}output.dense"), f"{name}output.LayerNorm"
        )

    def _attention(self, states: Vectors, name: str) -> Vectors:
        length, width = states.shape
        query, key, value = (
            self._linear(states, f"{name}attention.self.{part}")
            .reshape(length, width // _HEAD, _HEAD)
            .transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        query = query * _SCALE
        scores: Vectors = query @ key.transpose(0, 2, 1)
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        mixed: Vectors = (scores @ value).transpose(1, 0, 2).reshape(length, width)
        return mixed

    def _linear(self, states: Vectors, name: str) -> Vectors:
        return linear(states, self._weights, name)

    def _norm(self, states: Vectors, name: str) -> Vectors:
        states = states - states.mean(axis=-1, keepdims=True)
        variance = np.mean(states * states, axis=-1, keepdims=True)
        states /= np.sqrt(variance + _EPSILON)
        states *= self._weights[f"{name}.weight"]
        states += self._weights[f"{name}.bias"]
        return states


def linear(states: Vectors, weights: Weights, name: str) -> Vectors:
    """A layer of weights and bias on each row."""
    found: Vectors = states @ weights[f"{name}.weight"].T
    found += weights[f"{name}.bias"]
    return found


def unpacked(weights: Weights) -> dict[str, NDArray[Any]]:
    """Weights that `network.packed` made small, as float32."""
    found = {}
    for name, weight in weights.items():
        if name.endswith(".scale"):
            continue
        scale = weights.get(f"{name}.scale")
        whole = weight.astype(np.float32)
        found[name] = whole if scale is None else whole * scale[:, None]
    return found


def _gelu(states: Vectors) -> Vectors:
    """In the place of what is given."""
    for start in range(0, len(states), _ROWS):
        part = states[start : start + _ROWS]
        size = np.abs(part)
        size *= np.float32(0.5**0.5)
        t = 1 / (1 + _ERF_SCALE * size)
        series = t * _ERF[0]
        for factor in _ERF[1:]:
            series += factor
            series *= t
        size *= size
        np.negative(size, out=size)
        series *= np.exp(size, out=size)
        np.subtract(1, series, out=series)  # erf of the size
        np.copysign(series, part, out=series)
        series += 1
        part *= series
        part *= np.float32(0.5)
    return states
