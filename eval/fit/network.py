"""Training the bundled model for another task, on a graphics card or on a processor."""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from rag.embedding.network import Encoder, bundled_encoder, packed, restore
from rag.embedding.precision import best_precision

SEED = 0
FROZEN = 0  # lower layers that stay as they are; the embeddings always do
BATCH = 32  # examples of a step
RATE = 1e-4
_HEAD_FASTER = 10  # what starts from nothing learns faster
_WARM = 0.06  # of the steps
_BUCKET = 16  # batches that are sorted by length together
_SHOWN = 200  # steps between two lines on the screen

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def in_half() -> torch.autocast:
    """Products in bfloat16, where the device has instructions for it: others take far longer."""
    quick = DEVICE.type == "cuda" or best_precision("auto", DEVICE.type) == "bfloat16"
    return torch.autocast(DEVICE.type, torch.bfloat16, enabled=quick)


Net = TypeVar("Net", bound=nn.Module)


def arguments(purpose: str, output: Path) -> argparse.ArgumentParser:
    """What every training is told on the command line.

    Args:
        purpose: What the help says first.
        output: Where the weights go, unless it is told.
    """
    parser = argparse.ArgumentParser(description=purpose)
    parser.add_argument("pool", type=Path)
    parser.add_argument("--teachers", type=_one_at_least, default=3, help="1: nothing is distilled")
    parser.add_argument("--passes", type=int, default=2, help="over what the teachers say")
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--frozen", type=int, default=FROZEN, help="lower layers")
    parser.add_argument("--grade", type=Path, help="only print the figures of these weights")
    parser.add_argument("--output", type=Path, default=output)
    return parser


def _one_at_least(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError("one at least")
    return int(text)


def new_net(
    kind: Callable[[Encoder], Net], seed: int, frozen: int = FROZEN, start: Path | None = None
) -> Net:
    """The bundled encoder with new heads, or with weights from before.

    Args:
        kind: Makes the network of its encoder.
        seed: Of the heads, and of what is dropped while it is trained.
        frozen: Lower layers that stay as they are.
        start: Weights to go on from.
    """
    torch.manual_seed(seed)
    net = kind(trained_encoder(frozen))
    if start:
        restore(net, start)
    net.to(DEVICE)
    return net


def trained_encoder(frozen: int = FROZEN) -> Encoder:
    """The bundled model, whose layers take gradients but for so many lower ones."""
    # Dropping links of attention costs half of all time on a processor.
    encoder = bundled_encoder(attention_probs_dropout_prob=0.0)
    for part in (encoder.embeddings, *encoder.encoder.layer[:frozen]):
        part.requires_grad_(requires_grad=False)
    return encoder


def keep(net: nn.Module, file: Path) -> None:
    """Write what was trained."""
    names = [name for name, one in net.named_parameters() if one.requires_grad]
    save_file({name: one.cpu() for name, one in packed(net, names).items()}, file)


def batches(lengths: Sequence[int], size: int, seed: int) -> Iterator[list[int]]:
    """Examples of about the same length together, in an order of chance."""
    chance = random.Random(seed)
    order = list(range(len(lengths)))
    chance.shuffle(order)
    found: list[list[int]] = []
    for start in range(0, len(order), size * _BUCKET):
        part = sorted(order[start : start + size * _BUCKET], key=lambda i: lengths[i])
        found += [part[i : i + size] for i in range(0, len(part), size)]
    found = [one for one in found if len(one) == size]
    chance.shuffle(found)
    yield from found


def train(
    net: nn.Module,
    lengths: Sequence[int],
    loss_of: Callable[[Sequence[int]], Tensor],
    *,
    epochs: int,
    rate: float,
    size: int = BATCH,
    seed: int = SEED,
    most: int | None = None,
) -> None:
    """Train what takes gradients.

    Args:
        net: Whose parameters with gradients are trained; the encoder's start with "enc".
        lengths: Of each example, in tokens.
        loss_of: The loss of the examples with these numbers, as a mean.
        epochs: How often all examples are seen.
        rate: Of the encoder; heads learn faster.
        size: Examples of a step.
        seed: Of their order.
        most: Steps, if all epochs are more: the rate has fallen to nothing by then.
    """
    planned = len(lengths) // size * epochs
    steps = Steps(net, planned if most is None else min(most, planned), rate)
    net.train()
    for epoch in range(epochs):
        for batch in batches(lengths, size, seed + epoch):
            if steps.done == steps.all:
                return
            steps.step(loss_of(batch))


class Steps:
    """AdamW with a rate that rises and then falls in a straight line."""

    def __init__(self, net: nn.Module, count: int, rate: float) -> None:
        """Begin.

        Args:
            net: Whose parameters with gradients are trained; the encoder's start with "enc".
            count: How many steps there will be.
            rate: Of the encoder; heads learn faster.
        """
        self.all = count
        named = [(name, one) for name, one in net.named_parameters() if one.requires_grad]
        self._parameters = [one for _, one in named]
        self._rates = (rate, rate * _HEAD_FASTER)
        self._optimizer = torch.optim.AdamW(
            [
                {"params": [one for name, one in named if name.startswith("enc") is inside]}
                for inside in (True, False)
            ],
            weight_decay=0.01,
            fused=True,
        )
        self.done = 0
        self._loss = torch.zeros((), device=self._parameters[0].device)

    def step(self, loss: Tensor) -> None:
        """One step down this loss."""
        warm = max(1, int(_WARM * self.all))
        factor = min((self.done + 1) / warm, (self.all - self.done) / max(1, self.all - warm))
        for group, rate in zip(self._optimizer.param_groups, self._rates, strict=True):
            group["lr"] = rate * max(factor, 0.0)
        self._optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._parameters, 1.0)
        self._optimizer.step()
        self.done += 1
        self._loss += loss.detach()  # not looked at in every step: that would wait for the card
        if self.done % _SHOWN == 0:
            mean = float(self._loss) / _SHOWN
            print(f"step {self.done} of {self.all}, loss {mean:.3f}", flush=True)
            self._loss.zero_()
