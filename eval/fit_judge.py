"""Trains the judge: the bundled model's upper layers, on claims and their evidence.

    python -m eval.fit_judge --articles SQUAD_ARTICLES.tar.gz --squad DEV.json

First on sentences that were altered by rule, many of them, then on pairs of our own, again and
again. Articles of DEV.json are left out. It prints how well claims kept aside are told apart.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor
from torch.nn import functional

from eval.claim_pairs import bundled_fit_pairs, load_claim_pairs
from eval.fit_network import BATCH, RATE, SEED, in_processes, keep, train, trained_encoder
from eval.judge_data import Judged, by_rule, of_pairs
from rag.judge_model import JudgeNet
from rag.judge_text import WEIGHTS, EncodedClaim, encode_claim
from rag.network import restore

_WORDS = 1.0  # how much the words count beside the claim
_RULED_AGAIN = 0.5  # claims by rule beside each of our own, so that they are not forgotten


@dataclass(frozen=True, slots=True)
class Prepared:
    """A claim as numbers."""

    encoded: EncodedClaim
    supported: bool
    wrong: tuple[bool, ...] | None
    """For each token of the claim, whether it says what does not follow; None: unknown."""


@dataclass(frozen=True, slots=True)
class Batch:
    ids: Tensor
    mask: Tensor
    types: Tensor
    claim: Tensor
    supported: Tensor
    wrong: Tensor
    """1 and 0 for tokens of which it is known, else -1."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=Path, required=True)
    parser.add_argument("--squad", type=Path, required=True)
    parser.add_argument("--pairs", type=Path, default=bundled_fit_pairs())
    parser.add_argument("--ruled", type=int, default=24_000, help="claims by rule, once")
    parser.add_argument("--epochs", type=int, default=6, help="over our own pairs")
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--start", type=Path, help="weights to go on from, without the first part")
    parser.add_argument("--output", type=Path, default=WEIGHTS)
    arguments = parser.parse_args()
    in_processes(_work, arguments.processes, arguments)


def _work(rank: int, given: argparse.Namespace) -> None:
    titles = {one["title"] for one in json.loads(given.squad.read_text("utf-8"))["paras"]}
    ruled = by_rule(given.articles, frozenset(titles), SEED)
    own, aside = of_pairs(load_claim_pairs(given.pairs))
    net = JudgeNet(trained_encoder())
    if given.start:
        restore(net, given.start)
    else:
        _train(net, ruled[: given.ruled], 1, given, rank)
        _say(net, aside, rank)
    few = int(_RULED_AGAIN * len(own))
    _train(net, [*own, *ruled[given.ruled : given.ruled + few]], given.epochs, given, rank)
    if rank == 0:
        keep(net, given.output)
        _say(net, aside, rank)
        for file in (given.articles, given.pairs):
            print(file.name, hashlib.sha256(file.read_bytes()).hexdigest())


def _train(
    net: JudgeNet, claims: Sequence[Judged], epochs: int, given: argparse.Namespace, rank: int
) -> None:
    examples = [prepare(one) for one in claims]
    train(
        net,
        [len(one.encoded.ids) for one in examples],
        lambda chosen: loss_of(net, collate([examples[i] for i in chosen])),
        epochs=epochs,
        rate=given.rate,
        rank=rank,
        processes=given.processes,
    )


def _say(net: JudgeNet, aside: Sequence[Judged], rank: int) -> None:
    if rank == 0:
        scores = scored(net, [prepare(one) for one in aside])
        labels = [one.supported for one in aside]
        pairs = zip(scores[::2], scores[1::2], strict=True)  # a true one, then its twin
        print("kept aside, AUROC", round(float(roc_auc_score(labels, scores)), 4), flush=True)
        print("  in order", round(sum(a > b for a, b in pairs) / (len(scores) // 2), 4), flush=True)


def prepare(one: Judged) -> Prepared:
    encoded = encode_claim(one.claim, one.evidence)
    wrong = None
    if one.wrong is not None:
        wrong = tuple(
            any(start < behind and end > first for first, behind in one.wrong)
            for start, end in encoded.places
        )
    return Prepared(encoded, one.supported, wrong)


def collate(examples: Sequence[Prepared]) -> Batch:
    longest = max(len(one.encoded.ids) for one in examples)

    def padded(rows: Sequence[Sequence[int]], fill: int = 0) -> Tensor:
        return torch.tensor([[*row, *[fill] * (longest - len(row))] for row in rows])

    encoded = [one.encoded for one in examples]
    known = [[-1, *map(int, one.wrong)] if one.wrong is not None else [] for one in examples]
    return Batch(
        padded([one.ids for one in encoded]),
        padded([[1] * len(one.ids) for one in encoded]),
        padded([one.types for one in encoded]),
        padded([one.of_claim for one in encoded]),
        torch.tensor([float(one.supported) for one in examples]),
        padded(known, -1),
    )


def _scores(net: JudgeNet, batch: Batch) -> tuple[Tensor, Tensor]:
    with torch.autocast("cpu", torch.bfloat16):
        support, against = net(batch.ids, batch.mask, batch.types, batch.claim)
    return support.float(), against.float()


def loss_of(net: JudgeNet, batch: Batch) -> Tensor:
    """That of the claims, and that of their words where they are marked."""
    support, against = _scores(net, batch)
    whole = functional.binary_cross_entropy_with_logits(support, batch.supported)
    known = batch.wrong >= 0
    if not known.any():
        return whole
    words = functional.binary_cross_entropy_with_logits(against[known], batch.wrong[known].float())
    return whole + _WORDS * words


@torch.no_grad()  # type: ignore[untyped-decorator]
def scored(net: JudgeNet, examples: Sequence[Prepared]) -> list[float]:
    """Log-odds of support, in the order of the examples."""
    net.eval()
    found: list[float] = []
    for start in range(0, len(examples), BATCH):
        found += _scores(net, collate(examples[start : start + BATCH]))[0].tolist()
    net.train()
    return found


if __name__ == "__main__":
    main()
