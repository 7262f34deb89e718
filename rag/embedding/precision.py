"""The number format of a forward pass that suits the device."""

from __future__ import annotations

import logging

import torch

_log = logging.getLogger(__name__)


def best_precision(wanted: str, device: str) -> str:
    """The wanted one; for "auto" the quickest that the device computes by itself.

    Args:
        wanted: "float32", "bfloat16", "float16" or "auto".
        device: As torch names its type.
    """
    # Without instructions for it a processor takes a hundred times longer, not half the time.
    names = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    quick = any(getattr(torch.cpu, name, bool)() for name in names)
    if device == "cpu" and (wanted == "float16" or (wanted == "bfloat16" and not quick)):
        _log.warning("This processor is slow in %s; `pullquote reembed` takes another.", wanted)
    if wanted != "auto":
        return wanted
    if device == "cuda":
        return "float16"
    return "bfloat16" if device == "cpu" and quick else "float32"
