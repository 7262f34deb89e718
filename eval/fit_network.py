"""Training the bundled model's upper layers for another task, on a processor."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, distributed, multiprocessing, nn

from rag.network import Encoder, bundled_encoder, packed

SEED = 0
FROZEN = 2  # lower layers that stay as they are
BATCH = 32  # examples of a step, of all processes together
RATE = 1e-4
_HEAD_FASTER = 10  # what starts from nothing learns faster
_WARM = 0.06  # of the steps
_BUCKET = 16  # batches that are sorted by length together
_SHOWN = 50  # steps between two lines on the screen


def in_processes(work: Callable[..., None], count: int, *given: object) -> None:
    """Run `work(rank, *given)` in so many processes, each on one core."""
    multiprocessing.spawn(_begin, (count, work, *given), count)


def _begin(rank: int, count: int, work: Callable[..., None], *given: object) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")  # noqa: TID251 - torch reads it there
    os.environ.setdefault("MASTER_PORT", "29533")  # noqa: TID251
    distributed.init_process_group("gloo", rank=rank, world_size=count)
    work(rank, *given)


def trained_encoder() -> Encoder:
    """The bundled model, whose upper layers alone take gradients."""
    # Dropping links of attention costs half of all time on a processor.
    encoder = bundled_encoder(attention_probs_dropout_prob=0.0)
    for part in (encoder.embeddings, *encoder.encoder.layer[:FROZEN]):
        part.requires_grad_(requires_grad=False)
    return encoder


def keep(net: nn.Module, file: Path) -> None:
    """Write what was trained."""
    names = [name for name, one in net.named_parameters() if one.requires_grad]
    save_file(packed(net, names), file)


def batches(lengths: Sequence[int], epoch: int) -> Iterator[list[int]]:
    """Examples of about the same length together, in an order of chance."""
    chance = random.Random(SEED + epoch)
    order = list(range(len(lengths)))
    chance.shuffle(order)
    found: list[list[int]] = []
    for start in range(0, len(order), BATCH * _BUCKET):
        part = sorted(order[start : start + BATCH * _BUCKET], key=lambda i: lengths[i])
        found += [part[i : i + BATCH] for i in range(0, len(part), BATCH)]
    found = [one for one in found if len(one) == BATCH]
    chance.shuffle(found)
    yield from found


def train(
    net: nn.Module,
    lengths: Sequence[int],
    loss_of: Callable[[Sequence[int]], Tensor],
    *,
    epochs: int,
    rate: float,
    rank: int,
    processes: int,
) -> None:
    """Train what takes gradients, beside the other processes.

    Args:
        net: The same in all processes.
        lengths: Of each example, in tokens.
        loss_of: The loss of the examples with these numbers, as a mean.
        epochs: How often all examples are seen.
        rate: Of the encoder; heads learn faster.
        rank: The number of this process; its part of each batch is its own.
        processes: How many there are.
    """
    steps = Steps(net, len(lengths), epochs, rate)
    net.train()
    for epoch in range(epochs):
        for batch in batches(lengths, epoch):
            steps.step(loss_of(batch[rank::processes]))
    distributed.barrier()


class Steps:
    """AdamW with a rate that rises and then falls in a straight line."""

    def __init__(self, net: nn.Module, examples: int, epochs: int, rate: float) -> None:
        """Begin.

        Args:
            net: Whose parameters with gradients are trained; the encoder's start with "enc".
            examples: Of one epoch.
            epochs: Of all.
            rate: Of the encoder; heads learn faster.
        """
        self.all = examples // BATCH * epochs
        named = [(name, one) for name, one in net.named_parameters() if one.requires_grad]
        self._parameters = [one for _, one in named]
        self._rates = (rate, rate * _HEAD_FASTER)
        self._optimizer = torch.optim.AdamW(
            [
                {"params": [one for name, one in named if name.startswith("enc") is inside]}
                for inside in (True, False)
            ],
            weight_decay=0.01,
        )
        self.done = 0
        self.loss = 0.0

    def step(self, loss: Tensor) -> None:
        """One step down the mean of this loss and those of the other processes."""
        warm = max(1, int(_WARM * self.all))
        factor = min((self.done + 1) / warm, (self.all - self.done) / max(1, self.all - warm))
        for group, rate in zip(self._optimizer.param_groups, self._rates, strict=True):
            group["lr"] = rate * max(factor, 0.0)
        self._optimizer.zero_grad()
        loss.backward()
        self._average()
        torch.nn.utils.clip_grad_norm_(self._parameters, 1.0)
        self._optimizer.step()
        self.done += 1
        now = float(loss.detach())
        self.loss = now if self.done == 1 else 0.98 * self.loss + 0.02 * now
        if distributed.get_rank() == 0 and self.done % _SHOWN == 0:
            print(f"step {self.done} of {self.all}, loss {self.loss:.3f}", flush=True)

    def _average(self) -> None:
        flat = torch.cat([one.grad.flatten() for one in self._parameters if one.grad is not None])
        distributed.all_reduce(flat)
        flat /= distributed.get_world_size()
        place = 0
        for one in self._parameters:
            if one.grad is None:
                continue
            one.grad.copy_(flat[place : place + one.numel()].view_as(one))
            place += one.numel()
