"""Training, on a network of a few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from torch import Tensor


@pytest.mark.model
def test_training_sees_every_example_in_every_epoch_and_learns() -> None:
    import torch
    from torch import nn

    from eval.fit.network import BATCH, train

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

    train(net, [3] * len(rows), loss_of, epochs=30, rate=0.01)
    assert len(seen) == 60
    for first in range(0, 60, 2):
        assert sorted(seen[first] + seen[first + 1]) == list(range(len(rows)))
    assert losses[-1] < 0.2 * losses[0]


@pytest.mark.model
def test_a_training_that_is_cut_short_ends_after_its_steps_with_a_rate_of_nothing() -> None:
    import torch
    from torch import nn

    from eval.fit.network import train

    net = nn.Sequential()
    net.add_module("enc", nn.Linear(1, 1))
    weights: list[float] = []

    def loss_of(numbers: Sequence[int]) -> Tensor:
        weights.append(float(net[0].weight.detach()))
        loss: Tensor = net(torch.ones(1, 1)).sum() * len(numbers)
        return loss

    train(net, [3] * 8, loss_of, epochs=4, rate=0.01, size=2, most=10)
    steps = [abs(b - a) for a, b in pairwise(weights)]
    assert len(weights) == 10  # of sixteen
    assert steps[-1] < 0.4 * max(steps)


def test_a_step_holds_texts_of_about_the_same_length_in_an_order_of_chance() -> None:
    from eval.fit.network import batches

    lengths = [n % 50 for n in range(640)]
    found = list(batches(lengths, 8, 0))
    assert sorted(i for batch in found for i in batch) == list(range(640))
    assert max(max(lengths[i] for i in one) - min(lengths[i] for i in one) for one in found) < 15
    assert found == list(batches(lengths, 8, 0))
    assert found != list(batches(lengths, 8, 1))
    assert [len(one) for one in batches([1] * 20, 8, 0)] == [8, 8]  # what is left over waits
