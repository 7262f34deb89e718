"""BERT's forward pass in torch: what the bundled model computes, without transformers.

Texts stand one behind another and nothing is padded, and a layer's queries, keys and values are
one product: for a reader's four passages that is a quarter of the time less. The architecture is
that of https://arxiv.org/abs/1810.04805. And transformers, which takes seconds to be imported, is
not waited for.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from rag.embedding.bundled import Weights, bundled_weights

_LAYER = "encoder.layer.{}."
_EPSILON = 1e-12  # as the model's configuration has it
_HEAD = 32  # width of an attention head, likewise
_PARTS = ("query", "key", "value")
_FINE, _STEP = 16, 64
"""Counts of tokens are rounded up to a multiple, small ones to one of the former: torch keeps
memory, a megabyte and more, for every count that it meets."""

Layer = tuple[Tensor, Tensor]  # weight and bias


class Bert:
    """Token ids to hidden states; safe to use from several threads."""

    def __init__(self, weights: Weights, precision: str) -> None:
        """Take the weights.

        Args:
            weights: Of the layers, by the names that transformers gives them; those of the
                embeddings are the bundled model's.
            precision: "float32", "bfloat16" or "float16".

        Raises:
            ModelUnavailable: The bundled model's weights are missing or are not the expected ones.
        """
        self._tables = _tables(precision)
        count = sum(name.endswith("attention.self.query.weight") for name in weights)
        self._layers = [
            _EncoderLayer(weights, _LAYER.format(number), precision) for number in range(count)
        ]

    def __call__(
        self, rows: Sequence[Sequence[int]], types: Sequence[Sequence[int]] | None = None
    ) -> list[Tensor]:
        """The last hidden states of each text, shape (tokens, width).

        Args:
            rows: Token ids of each text, special tokens included.
            types: 0 for the tokens of a first text, 1 for those of a second; None: all 0.
        """
        lengths = [len(row) for row in rows]
        total = sum(lengths)
        room = total + -total % (_STEP if total > _STEP else _FINE)
        states = self._embedded(rows, types or [[0] * n for n in lengths], room - total)
        for layer in self._layers:
            states = layer(states, lengths)
        return list(states[:total].split(lengths))

    def _embedded(
        self, rows: Sequence[Sequence[int]], types: Sequence[Sequence[int]], blank: int
    ) -> Tensor:
        words, positions, kinds, norm = self._tables
        none = [0] * blank
        places = [place for row in rows for place in range(len(row))]
        states = words[torch.tensor([*(token for row in rows for token in row), *none])]
        states = states + positions[torch.tensor([*places, *none])]
        states = states + kinds[torch.tensor([*(kind for row in types for kind in row), *none])]
        return _normed(states, norm)


class _EncoderLayer:
    """One of the model's layers."""

    def __init__(self, weights: Weights, name: str, precision: str) -> None:
        def layer(part: str) -> Layer:
            return layer_of(weights, f"{name}{part}", precision)

        parts = [layer(f"attention.self.{part}") for part in _PARTS]
        self._mixing = torch.cat([w for w, _ in parts]), torch.cat([b for _, b in parts])
        self._mixed, self._mixed_norm = (
            layer("attention.output.dense"),
            layer("attention.output.LayerNorm"),
        )
        self._inner = layer("intermediate.dense")
        self._outer, self._outer_norm = layer("output.dense"), layer("output.LayerNorm")

    def __call__(self, states: Tensor, lengths: Sequence[int]) -> Tensor:
        mixed = linear(self._attended(states, lengths), self._mixed)
        states = _normed(states + mixed, self._mixed_norm)
        inner = functional.gelu(linear(states, self._inner))
        return _normed(states + linear(inner, self._outer), self._outer_norm)

    def _attended(self, states: Tensor, lengths: Sequence[int]) -> Tensor:
        """Every token attends to those of its own text."""
        count, width = states.shape
        shaped = linear(states, self._mixing).view(count, len(_PARTS), -1, _HEAD)
        found = torch.zeros(count, width, dtype=states.dtype)
        start = 0
        for length in lengths:
            own = shaped[start : start + length].permute(1, 2, 0, 3).unsqueeze(1)
            mixed = functional.scaled_dot_product_attention(*own.unbind())
            found[start : start + length] = mixed[0].transpose(0, 1).reshape(length, width)
            start += length
        return found


def linear(states: Tensor, layer: Layer) -> Tensor:
    """A layer of weights and bias on each row."""
    return functional.linear(states, *layer)


def layer_of(weights: Weights, name: str, precision: str) -> Layer:
    """Weight and bias of a layer, as `linear` takes them."""
    weight, bias = (_tensor(weights, f"{name}.{part}", precision) for part in ("weight", "bias"))
    return weight, bias


def _tensor(weights: Weights, name: str, precision: str) -> Tensor:
    # A copy: what is mapped from the disk may not be written, and torch has no such tensors.
    return torch.from_numpy(np.array(weights[name], np.float32)).to(getattr(torch, precision))


@cache
def _tables(precision: str) -> tuple[Tensor, Tensor, Tensor, Layer]:
    """The embeddings of words, positions and kinds, and their norm: once for all networks."""
    weights = bundled_weights()
    words, positions, kinds = (
        _tensor(weights, f"embeddings.{name}_embeddings.weight", precision)
        for name in ("word", "position", "token_type")
    )
    return words, positions, kinds, layer_of(weights, "embeddings.LayerNorm", precision)


def _normed(states: Tensor, layer: Layer) -> Tensor:
    return functional.layer_norm(states, states.shape[-1:], *layer, eps=_EPSILON)
