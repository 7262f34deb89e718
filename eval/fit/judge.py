"""Trains the judge: the bundled model's layers, on claims and their evidence.

    python -m eval.fit.judge POOL.npz

`eval.fit.judge_pool` makes the pool. First all of it is read, mostly claims that were altered by
rule; then, again and again, the pairs that were written, among few of the others. Both claims of a
pair stand in one step, and the true one has to come out before its twin. Several networks, each
with another seed, teach one (Hinton et al., 2015, https://arxiv.org/abs/1503.02531). On a graphics
card where there is one. It prints how well pairs kept aside are told apart.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn
from torch.nn import functional

from eval.fit.judge_pool import UNKNOWN, Case, Claim, load_cases
from eval.fit.network import DEVICE, SEED, arguments, in_half, keep, new_net, train
from eval.hashes import file_sha256
from rag.checking.as_numbers import WEIGHTS
from rag.checking.with_torch import JudgeNet

CASES = 64  # pairs of a step
WRITTEN = ("invented", "read")
_WORDS = 1.0  # how much the words count beside the claim
_ORDER = 1.0  # and how much the order of a pair
_AGAIN = 0.3  # of the other cases beside each of those that were written, so that none is forgotten
_MARKED = 0.3  # how much the marks count beside what the teachers make of a claim


@dataclass(frozen=True, slots=True)
class Batch:
    """Claims as the network takes them: the true ones, then their twins."""

    ids: Tensor
    mask: Tensor
    types: Tensor
    claim: Tensor
    wrong: Tensor
    """1 and 0 for tokens of which it is known, else UNKNOWN."""


def main() -> None:
    parser = arguments(__doc__ or "", WEIGHTS)
    parser.add_argument("--first", type=int, default=1, help="epochs over everything")
    parser.add_argument("--epochs", type=int, default=6, help="over the pairs that were written")
    given = parser.parse_args()
    cases = load_cases(given.pool)
    print(given.pool.name, file_sha256(given.pool), DEVICE, flush=True)
    if given.grade:
        say(new_net(JudgeNet, 0, given.frozen, given.grade), cases)
        return
    teachers = []
    for seed in range(given.teachers):
        started = monotonic()
        teachers.append(taught(cases, given, seed))
        keep(teachers[-1], given.output)  # until there is a better one
        print(f"teacher {seed}, {monotonic() - started:.0f} s")
        say(teachers[-1], cases)
    net = teachers[0]
    if given.teachers > 1:
        print("all teachers")
        say(Together(teachers), cases)
        net = distilled(teachers, cases, given)
    keep(net, given.output)
    say(new_net(JudgeNet, 0, given.frozen, given.output), cases)


class Together(nn.Module):  # type: ignore[misc]
    """Several networks, whose log-odds are averaged."""

    def __init__(self, nets: Sequence[JudgeNet]) -> None:
        super().__init__()
        self.nets = nn.ModuleList(nets)

    def forward(self, *given: Tensor) -> tuple[Tensor, Tensor]:
        """As `JudgeNet`."""
        every = [net(*given) for net in self.nets]
        supports, against = zip(*every, strict=True)
        return torch.stack(supports).mean(0), torch.stack(against).mean(0)


def taught(cases: Sequence[Case], given: argparse.Namespace, seed: int) -> JudgeNet:
    """A network that learns from marks alone."""
    net = new_net(JudgeNet, seed, given.frozen)
    learnt = [one for one in cases if not one.is_aside]
    _train(net, learnt, given.first, given.rate, seed)
    _train(net, _chosen(learnt, seed), given.epochs, given.rate, seed + 50)
    return net


def _chosen(learnt: Sequence[Case], seed: int) -> list[Case]:
    """Those that were written, among few of the others."""
    written = [one for one in learnt if one.part in WRITTEN]
    others = [one for one in learnt if one.part not in WRITTEN]
    few = min(len(others), int(_AGAIN * len(written)))
    return [*written, *random.Random(seed).sample(others, few)]


def _train(net: JudgeNet, cases: Sequence[Case], epochs: int, rate: float, seed: int) -> None:
    train(
        net,
        [_length(one) for one in cases],
        lambda chosen: loss_of(net, collate([cases[i] for i in chosen])),
        epochs=epochs,
        rate=rate,
        size=CASES,
        seed=seed,
    )


def distilled(
    teachers: Sequence[JudgeNet], cases: Sequence[Case], given: argparse.Namespace
) -> JudgeNet:
    """The first of the teachers, after it has learnt from all."""
    learnt = _chosen([one for one in cases if not one.is_aside], SEED + 100)
    soft = scored(Together(teachers), learnt)
    net = teachers[0]

    def loss(chosen: Sequence[int]) -> Tensor:
        batch = collate([learnt[i] for i in chosen])
        support, against = _scores(net, batch)
        said = torch.cat([soft[list(chosen), 0], soft[list(chosen), 1]]).to(DEVICE)
        known = functional.binary_cross_entropy_with_logits(support, torch.sigmoid(said))
        return known + _MARKED * _marked(batch, support, against)

    train(
        net,
        [_length(one) for one in learnt],
        loss,
        epochs=given.passes,
        rate=given.rate,
        size=CASES,
        seed=SEED + 100,
    )
    return net


def _length(one: Case) -> int:
    return max(len(one.true.ids), len(one.false.ids))


def collate(cases: Sequence[Case]) -> Batch:
    """The true claims, then their twins, as tensors on the device."""
    claims: list[Claim] = [*(one.true for one in cases), *(one.false for one in cases)]
    longest = max(len(one.ids) for one in claims)
    longest += -longest % 8
    plain = np.zeros((5, len(claims), longest), np.int64)
    plain[4] = UNKNOWN
    for i, one in enumerate(claims):
        n, said = len(one.ids), len(one.wrong)
        plain[0, i, :n], plain[1, i, :n], plain[2, i, :n] = one.ids, 1, one.types
        plain[3, i, 1 : 1 + said] = 1
        plain[4, i, 1 : 1 + said] = one.wrong
    return Batch(*(torch.from_numpy(one).to(DEVICE) for one in plain))


def _scores(net: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
    with in_half():
        support, against = net(batch.ids, batch.mask, batch.types, batch.claim)
    return support.float(), against.float()


def loss_of(net: nn.Module, batch: Batch) -> Tensor:
    """That of the claims, of their order, and of their words where they are marked."""
    return _marked(batch, *_scores(net, batch))


def _marked(batch: Batch, support: Tensor, against: Tensor) -> Tensor:
    true, false = support.chunk(2)
    wanted = torch.cat([torch.ones_like(true), torch.zeros_like(false)])
    loss = functional.binary_cross_entropy_with_logits(support, wanted)
    loss = loss + _ORDER * functional.softplus(false - true).mean()
    known = batch.wrong != UNKNOWN
    words = functional.binary_cross_entropy_with_logits(
        against, batch.wrong.clamp(min=0).float(), reduction="none"
    )
    return loss + _WORDS * (words * known).sum() / known.sum().clamp(min=1)


@torch.no_grad()  # type: ignore[untyped-decorator]
def scored(net: nn.Module, cases: Sequence[Case]) -> Tensor:
    """Log-odds of support, of the true claims and of their twins: shape (cases, 2)."""
    net.eval()
    found = torch.zeros(len(cases), 2)
    order = sorted(range(len(cases)), key=lambda i: _length(cases[i]))
    for first in range(0, len(order), 2 * CASES):
        numbers = order[first : first + 2 * CASES]
        support, _ = _scores(net, collate([cases[i] for i in numbers]))
        found[numbers] = support.view(2, -1).T.cpu()
    net.train()
    return found


def say(net: nn.Module, cases: Sequence[Case]) -> None:
    """Print the figures of each part of which something is kept aside."""
    for part in WRITTEN:
        aside = [one for one in cases if one.is_aside and one.part == part]
        if aside:
            print(" ", part, figures(net, aside), flush=True)


def figures(net: nn.Module, cases: Sequence[Case]) -> dict[str, float]:
    """The area under the curve, and how often the true claim of a pair comes out first."""
    scores = scored(net, cases)
    labels = [1] * len(cases) + [0] * len(cases)
    return {
        "auroc": round(float(roc_auc_score(labels, scores.T.flatten().tolist())), 4),
        "in order": round(float((scores[:, 0] > scores[:, 1]).float().mean()), 4),
        "n": len(cases),
    }


if __name__ == "__main__":
    main()
