"""Trains the reader: the bundled model's upper layers, on questions with marked answers.

    python -m eval.fit_reader --squad DEV.json --xquad XQUAD.json --clapnq FOLDER

Embeddings and lower layers stay as they are, so that only the upper ones are kept. One process for
each core, gradients averaged; the same data, seed and number of processes give the same weights
up to the rounding of sums. It prints figures on articles and questions that it does not train on.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from sklearn.metrics import roc_auc_score
from torch import Tensor, distributed, multiprocessing
from torch.nn import functional
from transformers import AutoModel

from eval.reader_data import Example, clapnq, squad
from rag.embed_load import bundled_folder
from rag.reader_model import WEIGHTS, Encoded, ReaderNet, encode, packed

SEED = 0
FROZEN = 2  # lower layers that stay as they are
_BATCH = 32  # examples of a step, of all processes together
_RATE = 1e-4
_HEAD_RATE = 1e-3  # what starts from nothing learns faster
_WARM = 0.06  # of the steps
_SENTENCES = 2.0  # how much the choice of the sentence counts beside the short answer
_NONE = -1e4
_BUCKET = 16  # batches that are sorted by length together


@dataclass(frozen=True, slots=True)
class Prepared:
    """An example as numbers."""

    encoded: Encoded
    right: tuple[int, ...]
    unsure: tuple[int, ...]
    start: int
    end: int
    """Tokens of the short answer; 0 where there is none."""
    kind: str

    @property
    def spans(self) -> bool:
        """Whether it says anything about a short answer."""
        return self.start > 0 or not self.right


@dataclass(frozen=True, slots=True)
class Batch:
    ids: Tensor
    mask: Tensor
    types: Tensor
    sentence: Tensor
    examples: tuple[Prepared, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--squad", type=Path, required=True)
    parser.add_argument("--xquad", type=Path, required=True)
    parser.add_argument("--clapnq", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--output", type=Path, default=WEIGHTS)
    arguments = parser.parse_args()
    multiprocessing.spawn(_work, (arguments,), arguments.processes)


def _work(rank: int, given: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")  # noqa: TID251 - torch reads it there
    os.environ.setdefault("MASTER_PORT", "29533")  # noqa: TID251
    distributed.init_process_group("gloo", rank=rank, world_size=given.processes)
    train, held_out = squad(given.squad, given.xquad, SEED)
    more, graded = clapnq(given.clapnq, SEED)
    examples = [one for one in map(prepare, (*train, *more)) if one]
    net = new_net().train()
    steps = _Steps(net, len(examples) // _BATCH * given.epochs, given.processes)
    for epoch in range(given.epochs):
        for batch in batches(examples, epoch):
            steps.step(collate([examples[i] for i in batch[rank :: given.processes]]))
            if rank == 0 and steps.done % 50 == 0:
                print(f"step {steps.done} of {steps.all}, loss {steps.loss:.3f}", flush=True)
        if rank == 0:
            _keep(net, given.output)
            for name, unseen in (("held-out articles", held_out), ("clapnq", graded)):
                print(name, figures(net, [one for one in map(prepare, unseen) if one]), flush=True)
        distributed.barrier()
    if rank == 0:
        files = (given.squad, given.xquad, *sorted(given.clapnq.glob("clapnq_dev_*.jsonl")))
        for file in files:
            print(file.name, hashlib.sha256(file.read_bytes()).hexdigest())


def new_net() -> ReaderNet:
    """The bundled encoder with new heads; only what is trained takes gradients."""
    encoder: Any = AutoModel.from_pretrained(str(bundled_folder()), add_pooling_layer=False)
    net = ReaderNet(encoder, encoder.config.hidden_size)
    for part in (encoder.embeddings, *encoder.encoder.layer[:FROZEN]):
        part.requires_grad_(requires_grad=False)
    return net


def prepare(example: Example) -> Prepared | None:
    """An example as numbers; None where its answer stands behind what is read."""
    text = " ".join(example.sentences)
    ends = np.cumsum([len(s) + 1 for s in example.sentences]) - 1
    starts = ends - [len(s) for s in example.sentences]
    encoded = encode(example.question, example.title, text, starts, ends)
    last = int(encoded.sentence.max())
    start = end = 0
    if example.answer:
        first, behind = example.answer
        begins, ends_at = encoded.places[:, 0], encoded.places[:, 1]
        inside = np.flatnonzero((begins < behind) & (ends_at > first) & (encoded.sentence >= 0))
        if not len(inside):
            return None
        start, end = (len(encoded.question) + int(inside[i]) for i in (0, -1))
    right = tuple(i for i in example.right if i <= last)
    if example.right and not right:
        return None
    return Prepared(encoded, right, example.unsure, start, end, example.kind)


def batches(examples: Sequence[Prepared], epoch: int) -> Iterator[list[int]]:
    """Examples of about the same length together, in an order of chance."""
    chance = random.Random(SEED + epoch)
    order = list(range(len(examples)))
    chance.shuffle(order)
    found: list[list[int]] = []
    for start in range(0, len(order), _BATCH * _BUCKET):
        part = sorted(order[start : start + _BATCH * _BUCKET], key=lambda i: _length(examples[i]))
        found += [part[i : i + _BATCH] for i in range(0, len(part), _BATCH)]
    found = [one for one in found if len(one) == _BATCH]
    chance.shuffle(found)
    yield from found


def _length(one: Prepared) -> int:
    return len(one.encoded.question) + len(one.encoded.passage)


def collate(examples: Sequence[Prepared]) -> Batch:
    longest = max(map(_length, examples))

    def padded(rows: list[list[int]], fill: int) -> Tensor:
        return torch.tensor([[*row, *[fill] * (longest - len(row))] for row in rows])

    encoded = [one.encoded for one in examples]
    return Batch(
        padded([one.ids for one in encoded], 0),
        padded([[1] * len(one.ids) for one in encoded], 0),
        padded([one.types for one in encoded], 0),
        padded([one.sentences for one in encoded], -1),
        tuple(examples),
    )


def _scores(net: ReaderNet, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    with torch.autocast("cpu", torch.bfloat16):
        span, sentences, null = net(batch.ids, batch.mask, batch.types, batch.sentence)
    return span.float(), sentences.float(), null.float()


def loss_of(net: ReaderNet, batch: Batch) -> Tensor:
    """That of the short answer, and that of the choice among the sentences and none."""
    span, sentences, null = _scores(net, batch)
    allowed = batch.sentence >= 0
    allowed[:, 0] = True
    span = span.masked_fill(~allowed.unsqueeze(-1), _NONE)
    spans = torch.tensor([one.spans for one in batch.examples])
    start = torch.tensor([one.start for one in batch.examples])
    end = torch.tensor([one.end for one in batch.examples])
    short = torch.zeros(())
    if spans.any():
        short = functional.cross_entropy(span[spans, :, 0], start[spans]) / 2
        short = short + functional.cross_entropy(span[spans, :, 1], end[spans]) / 2
    right = torch.zeros_like(sentences, dtype=torch.bool)
    for row, one in enumerate(batch.examples):
        right[row, list(one.right)] = True
        sentences[row, [i for i in one.unsure if i < sentences.shape[1]]] = _NONE
    odds = functional.log_softmax(torch.cat([null[:, None], sentences], 1), 1)
    wanted = torch.cat([~right.any(1, keepdim=True), right], 1)
    chosen = -torch.logsumexp(odds.masked_fill(~wanted, -1e9), 1).mean()
    return short + _SENTENCES * chosen


class _Steps:
    """AdamW with a rate that rises and then falls in a straight line."""

    def __init__(self, net: ReaderNet, count: int, processes: int) -> None:
        self._net, self.all, self._processes = net, count, processes
        named = [(name, one) for name, one in net.named_parameters() if one.requires_grad]
        self._parameters = [one for _, one in named]
        self._rates = (_RATE, _HEAD_RATE)
        self._optimizer = torch.optim.AdamW(
            [
                {"params": [one for name, one in named if name.startswith("enc") is inside]}
                for inside in (True, False)
            ],
            weight_decay=0.01,
        )
        self.done = 0
        self.loss = 0.0

    def step(self, batch: Batch) -> None:
        warm = max(1, int(_WARM * self.all))
        factor = min((self.done + 1) / warm, (self.all - self.done) / max(1, self.all - warm))
        for group, rate in zip(self._optimizer.param_groups, self._rates, strict=True):
            group["lr"] = rate * max(factor, 0.0)
        loss = loss_of(self._net, batch)
        self._optimizer.zero_grad()
        loss.backward()
        self._average()
        torch.nn.utils.clip_grad_norm_(self._parameters, 1.0)
        self._optimizer.step()
        self.done += 1
        now = float(loss.detach())
        self.loss = now if self.done == 1 else 0.98 * self.loss + 0.02 * now

    def _average(self) -> None:
        flat = torch.cat([one.grad.flatten() for one in self._parameters])
        distributed.all_reduce(flat)
        flat /= self._processes
        place = 0
        for one in self._parameters:
            one.grad.copy_(flat[place : place + one.numel()].view_as(one))
            place += one.numel()


@torch.no_grad()  # type: ignore[untyped-decorator]
def figures(net: ReaderNet, examples: Sequence[Prepared]) -> dict[str, float]:
    """How often the best sentence is a right one, and how well answerable passages are told."""
    net.eval()
    right: list[bool] = []
    labels: list[bool] = []
    odds: list[float] = []
    order = sorted(range(len(examples)), key=lambda i: _length(examples[i]))
    for start in range(0, len(order), _BATCH):
        chosen = [examples[i] for i in order[start : start + _BATCH]]
        _, sentences, null = _scores(net, collate(chosen))
        odds += (torch.logsumexp(sentences, 1) - null).tolist()
        for one, best in zip(chosen, sentences.argmax(1).tolist(), strict=True):
            labels.append(bool(one.right))
            if one.right:
                right.append(best in one.right + one.unsure)
    net.train()
    found = {"sentence": float(np.mean(right)), "auroc": float(roc_auc_score(labels, odds))}
    return {name: round(value, 4) for name, value in found.items()} | {"n": len(examples)}


def _keep(net: ReaderNet, file: Path) -> None:
    names = [name for name, one in net.named_parameters() if one.requires_grad]
    save_file(packed(net, names), file)


if __name__ == "__main__":
    main()
