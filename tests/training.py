"""A short training of a network, by itself: no other processes, one batch again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn


def loss_left(net: nn.Module, loss_of: Callable[[], Tensor], *, steps: int) -> float:
    """What is left of the loss after so many steps, as a part of what it was."""
    import torch

    trained = [one for one in net.parameters() if one.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=3e-4)
    losses = []
    for _ in range(steps):
        loss = loss_of()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses[-1] / losses[0]
