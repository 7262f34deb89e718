"""The bundled model with layers trained for another task, and heads of its own.

Only what was trained is kept: embeddings, and what was not, are the bundled model's.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from rag.embedding.bundled import bundled_folder

Encoder: TypeAlias = Any
"""Transformers' BERT: token ids to hidden states, shape (batch, length, width)."""


def bundled_encoder(**config: float) -> Encoder:
    """The bundled model as it comes.

    Args:
        config: Values of its configuration to be changed.
    """
    from transformers import AutoModel
    from transformers.utils import logging

    # It would draw a bar, and tell of the pooling layer that is left out as if it were missed.
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        return AutoModel.from_pretrained(str(bundled_folder()), add_pooling_layer=False, **config)
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def restore(net: nn.Module, file: Path) -> None:
    """Trained weights in place of the network's own; matrices are kept as int8 with a scale."""
    weights = load_file(file)
    scales = {name.removesuffix(".scale"): w for name, w in weights.items() if ".scale" in name}
    given = {
        name: (weight.float() * scales[name][:, None] if name in scales else weight.float())
        for name, weight in weights.items()
        if not name.endswith(".scale")
    }
    unknown = set(given) - set(net.state_dict())
    assert not unknown, f"weights of another network: {sorted(unknown)[:3]}"
    net.load_state_dict(given, strict=False)


def packed(net: nn.Module, names: Sequence[str]) -> dict[str, Tensor]:
    """The named weights as they are kept: matrices as int8, each row with its scale."""
    state = net.state_dict()
    return dict(chain.from_iterable(_pack(name, state[name].float()) for name in names))


def _pack(name: str, weight: Tensor) -> list[tuple[str, Tensor]]:
    if weight.dim() < 2 or weight.shape[0] < 8:
        return [(name, weight.half().contiguous())]
    scale = weight.abs().amax(1).clamp(min=1e-8) / 127
    whole = (weight / scale[:, None]).round().clamp(-127, 127).to(torch.int8)
    return [(name, whole.contiguous()), (f"{name}.scale", scale)]
