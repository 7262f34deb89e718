r"""Trains the reader: the bundled model's upper layers, on questions with marked answers.

    python -m eval.fit_reader --squad DEV.json --xquad XQUAD.json --clapnq FOLDER \
        --articles SQUAD_ARTICLES.tar.gz

First on all questions, then with our own and those of CLAPNQ again and again among few of SQuAD's,
whose words are too much those of their paragraphs.

Embeddings and lower layers stay as they are, so that only the upper ones are kept. One process for
each core, gradients averaged; the same data, seed and number of processes give the same weights
up to the rounding of sums. It prints figures on articles and questions that it does not train on.
"""

from __future__ import annotations

import argparse
import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor, distributed
from torch.nn import functional

from eval.fit_network import BATCH, RATE, SEED, in_processes, keep, train, trained_encoder
from eval.reader_data import Example, bundled_reading, clapnq, own, squad
from rag.network import restore
from rag.reader_model import ReaderNet
from rag.reader_text import WEIGHTS, Encoded, encode

_FEW = 0.3  # of SQuAD's questions beside each of our own, so that they are not forgotten
_SENTENCES = 2.0  # how much the choice of the sentence counts beside the short answer
_NONE = -1e4


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
    parser.add_argument("--articles", type=Path, required=True)
    parser.add_argument("--questions", type=Path, default=bundled_reading())
    parser.add_argument("--epochs", type=int, default=2, help="over all questions")
    parser.add_argument("--more", type=int, default=3, help="epochs over the second choice")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rate", type=float, default=RATE, help="of the layers")
    parser.add_argument("--start", type=Path, help="weights to go on from, without the first part")
    parser.add_argument("--output", type=Path, default=WEIGHTS)
    arguments = parser.parse_args()
    in_processes(_work, arguments.processes, arguments)


def _work(rank: int, given: argparse.Namespace) -> None:
    wiki, held_out = squad(given.squad, given.xquad, SEED)
    asked, graded = clapnq(given.clapnq, SEED)
    ours, unseen = own(given.questions, given.articles, SEED)
    net = new_net(given.start)
    grading = {"held-out articles": held_out, "clapnq": graded, "our own": unseen}
    if not given.start:
        _train(net, [*wiki, *asked], given.epochs, given, rank)
        _say(net, grading, given.output, rank)
    few = random.Random(SEED).sample(wiki, min(len(wiki), int(_FEW * len(ours))))
    _train(net, [*ours, *asked, *few], given.more, given, rank)
    _say(net, grading, given.output, rank)
    if rank == 0:
        files = [given.squad, given.xquad, given.articles, given.questions]
        for file in (*files, *sorted(given.clapnq.glob("clapnq_dev_*.jsonl"))):
            print(file.name, hashlib.sha256(file.read_bytes()).hexdigest())


def _train(
    net: ReaderNet, chosen: Sequence[Example], epochs: int, given: argparse.Namespace, rank: int
) -> None:
    examples = [one for one in map(prepare, chosen) if one]
    train(
        net,
        [_length(one) for one in examples],
        lambda numbers: loss_of(net, collate([examples[i] for i in numbers])),
        epochs=epochs,
        rate=given.rate,
        rank=rank,
        processes=given.processes,
    )


def _say(net: ReaderNet, grading: Mapping[str, Sequence[Example]], file: Path, rank: int) -> None:
    if rank == 0:
        keep(net, file)
        for name, unseen in grading.items():
            print(name, figures(net, [one for one in map(prepare, unseen) if one]), flush=True)
    distributed.barrier()


def new_net(start: Path | None = None) -> ReaderNet:
    """The bundled encoder with new heads, or weights to go on from."""
    net = ReaderNet(trained_encoder())
    if start:
        restore(net, start)
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


@torch.no_grad()  # type: ignore[untyped-decorator]
def figures(net: ReaderNet, examples: Sequence[Prepared]) -> dict[str, float]:
    """How often the best sentence is a right one, and how well answerable passages are told."""
    net.eval()
    right: list[bool] = []
    labels: list[bool] = []
    odds: list[float] = []
    order = sorted(range(len(examples)), key=lambda i: _length(examples[i]))
    for start in range(0, len(order), BATCH):
        chosen = [examples[i] for i in order[start : start + BATCH]]
        _, sentences, null = _scores(net, collate(chosen))
        odds += (torch.logsumexp(sentences, 1) - null).tolist()
        for one, best in zip(chosen, sentences.argmax(1).tolist(), strict=True):
            labels.append(bool(one.right))
            if one.right:
                right.append(best in one.right + one.unsure)
    net.train()
    found = {"sentence": float(np.mean(right)), "auroc": float(roc_auc_score(labels, odds))}
    return {name: round(value, 4) for name, value in found.items()} | {"n": len(examples)}


if __name__ == "__main__":
    main()
