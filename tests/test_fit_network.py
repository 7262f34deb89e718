"""Training in one process, on a network of a few numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from torch import Tensor


@pytest.fixture
def alone() -> Iterator[None]:
    """A group of processes with one in it."""
    from torch import distributed

    distributed.init_process_group("gloo", rank=0, world_size=1, store=distributed.HashStore())
    yield
    distributed.destroy_process_group()


@pytest.mark.model
@pytest.mark.usefixtures("alone")
def test_training_sees_every_example_in_every_epoch_and_learns() -> None:
    import torch
    from torch import nn

    from eval.fit_network import BATCH, train

    torch.manual_seed(0)
    net = nn.Sequential()
    net.add_module("enc", nn.Linear(3, 3))
    net.add_module("head", nn.Linear(3, 1))
    rows = torch.randn(2 * BATCH, 3)
    wanted = rows.sum(1, keepdim=True)
    seen: list[list[int]] = []
    losses: list[float] = []

    def loss_of(numbers: Sequence[int]) -> Tensor:
        seen.append(list(numbers))
        loss: Tensor = (net(rows[list(numbers)]) - wanted[list(numbers)]).square().mean()
        losses.append(float(loss.detach()))
        return loss

    train(net, [3] * len(rows), loss_of, epochs=30, rate=0.01, rank=0, processes=1)
    assert len(seen) == 60
    for first in range(0, 60, 2):
        assert sorted(seen[first] + seen[first + 1]) == list(range(len(rows)))
    assert losses[-1] < 0.2 * losses[0]


@pytest.mark.model
@pytest.mark.usefixtures("alone")
def test_a_process_takes_its_part_of_each_batch() -> None:
    from torch import nn

    from eval.fit_network import BATCH, train

    net = nn.Sequential()
    net.add_module("enc", nn.Linear(1, 1))
    sizes: list[int] = []

    def loss_of(numbers: Sequence[int]) -> Tensor:
        sizes.append(len(numbers))
        loss: Tensor = net.get_parameter("enc.weight").square().sum()
        return loss + net.get_parameter("enc.bias").square().sum()

    train(net, [1] * BATCH, loss_of, epochs=2, rate=0.01, rank=1, processes=4)
    assert sizes == [BATCH // 4] * 2
