"""Every forward pass on one core.

Torch's own way, all cores for one pass, makes them wait for each other at every step: with a
second program on the machine that took ten times as long.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

CORES = torch.get_num_threads()
"""As many passes are worth running side by side."""


def has_accelerator() -> bool:
    """Whether torch would compute on a graphics card or the like, unless it is told otherwise."""
    return bool(torch.accelerator.is_available())


@contextmanager
def on_one_core() -> Iterator[None]:
    """What this thread computes with torch stays on one core."""
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(CORES)
