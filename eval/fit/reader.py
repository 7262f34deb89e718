"""Trains the reader: the bundled model's layers, on questions with marked answers.

    python -m eval.fit.reader POOL.npz

`eval.fit.reader_pool` makes the pool. Several teachers are trained, each with another seed; beside
a question's own passage, each meets others that a search finds, and learns to tell which one
answers. The reader then learns from all of them what they make, on average, of more such passages
(Hinton et al., 2015, https://arxiv.org/abs/1503.02531), and from the marked answers once more.

Embeddings stay as they are and are not kept. On a graphics card where there is one; the same data
and seed give the same weights up to the rounding of sums. It prints figures on articles and
questions that it does not train on.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from time import monotonic

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor
from torch.nn import functional

from eval.fit.near import NEAR, Near, nearest
from eval.fit.network import DEVICE, SEED, arguments, keep, new_net, train
from eval.fit.reader_pool import PARTS, Pool, load_pool
from eval.fit.rows import Batch, Row, collate, scores
from eval.hashes import file_sha256
from rag.reading.as_numbers import WEIGHTS
from rag.reading.reader import NONE
from rag.reading.with_torch import ReaderNet

QUESTIONS = 32  # of a step, each with its passages
ROWS = 256  # pairs of a step, where each stands for itself
_TITLED = 0.8  # of the passages have their title in front, as most posts do
_SENTENCES = 2.0  # how much the choice of the sentence counts beside the short answer
_OWN = 3.0  # how much a question's own passage counts: near misses are the hardest to tell
_MARKED = 0.5  # how much the marked answers count beside what the teachers make of them


def main() -> None:
    parser = arguments(__doc__ or "", WEIGHTS)
    parser.add_argument("--epochs", type=int, default=4, help="of a teacher")
    parser.add_argument("--steps", type=int, help="of a teacher, at most")
    parser.add_argument("--seed", type=int, default=0, help="of the first teacher")
    parser.add_argument("--beside", type=int, default=4, help="passages beside a question's own")
    parser.add_argument("--squad", type=float, default=0.5, help="share of SQuAD's questions")
    parser.add_argument("--sample", type=int, help="questions whose passages --grade ranks")
    parser.add_argument("--distilled", type=int, default=10, help="passages that teachers read")
    given = parser.parse_args()
    pool = load_pool(given.pool)
    print(given.pool.name, file_sha256(given.pool), DEVICE, flush=True)
    if given.grade:
        net = new_net(ReaderNet, 0, given.frozen, given.grade)
        say(net, pool, [one.others[:NEAR] for one in pool.asked], sample=given.sample)
        return
    near = nearest(pool)
    teachers = []
    for seed in range(given.seed, given.seed + given.teachers):
        started = monotonic()
        teachers.append(taught(pool, near, given, seed))
        keep(teachers[-1], given.output)  # until there is a better one
        print(f"teacher {seed}, {monotonic() - started:.0f} s")
        say(teachers[-1], pool, near)
    net = teachers[0]
    if given.teachers > 1:
        print("all teachers")
        say(Together(teachers), pool, near)
        started = monotonic()
        net = distilled(teachers, pool, near, given)
        print(f"distilled, {monotonic() - started:.0f} s")
    keep(net, given.output)
    say(new_net(ReaderNet, 0, given.frozen, given.output), pool, near)


class Together(torch.nn.Module):  # type: ignore[misc]
    """Several networks, whose odds are averaged."""

    def __init__(self, nets: Sequence[ReaderNet]) -> None:
        super().__init__()
        self.nets = torch.nn.ModuleList(nets)

    def forward(self, *given: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """As `ReaderNet`: the logarithms of the mean chances."""
        every = [net(*given) for net in self.nets]
        odds = torch.stack(
            [functional.log_softmax(torch.cat([n[:, None], s], 1).float(), 1) for _, s, n in every]
        )
        mean = torch.logsumexp(odds, 0) - np.log(len(every))
        return torch.stack([span for span, _, _ in every]).mean(0), mean[:, 1:], mean[:, 0]


def taught(pool: Pool, near: Near, given: argparse.Namespace, seed: int) -> ReaderNet:
    """A network that learns from marked answers alone."""
    chance = random.Random(seed)
    chosen = [
        i
        for i, one in enumerate(pool.asked)
        if not one.is_graded and (one.part != "squad" or chance.random() < given.squad)
    ]
    net = new_net(ReaderNet, seed, given.frozen)

    def loss_of(numbers: Sequence[int]) -> Tensor:
        rows = []
        for i in (chosen[n] for n in numbers):
            beside = near[i]
            picked = [chance.choice(beside) for _ in range(given.beside)]
            rows += [Row(i, p, chance.random() < _TITLED) for p in (pool.asked[i].passage, *picked)]
        return loss(net, collate(pool, rows), len(numbers))

    lengths = [_length(pool, i, pool.asked[i].passage) for i in chosen]
    train(
        net, lengths, loss_of, epochs=given.epochs, rate=given.rate, size=QUESTIONS, seed=seed,
        most=given.steps,
    )  # fmt: skip
    return net


def distilled(
    teachers: Sequence[ReaderNet], pool: Pool, near: Near, given: argparse.Namespace
) -> ReaderNet:
    """The first of the teachers, after it has learnt from all."""
    chance = random.Random(given.teachers)
    rows = [
        Row(i, passage, chance.random() < _TITLED)
        for i, one in enumerate(pool.asked)
        if not one.is_graded
        for passage in (one.passage, *near[i][: given.distilled])
    ]
    lengths = [_length(pool, row.question, row.passage) for row in rows]
    soft = _log_chances(Together(teachers).eval(), pool, rows, lengths).exp().half()
    net = teachers[0]

    def loss_of(numbers: Sequence[int]) -> Tensor:
        batch = collate(pool, [rows[n] for n in numbers])
        span, sentences, null = scores(net, batch)
        odds = functional.log_softmax(torch.cat([null[:, None], sentences], 1), 1)
        wanted = soft[list(numbers), : odds.shape[1]].to(DEVICE).float()
        learnt = -(wanted * odds.clamp(min=-30)).sum(1)
        learnt = (learnt * _weights(batch)).sum() / _weights(batch).sum()
        return _SENTENCES * learnt + _MARKED * _marked(batch, span, odds, own_only=True)

    train(
        net, lengths, loss_of, epochs=given.passes, rate=given.rate, size=ROWS, seed=given.teachers
    )
    return net


def _length(pool: Pool, question: int, passage: int) -> int:
    text = pool.texts[passage]
    return len(pool.asked[question].ids) + len(text.head) + len(text.ids)


@torch.no_grad()  # type: ignore[untyped-decorator]
def _log_chances(
    net: torch.nn.Module, pool: Pool, rows: Sequence[Row], lengths: Sequence[int]
) -> Tensor:
    """Of each row the logarithms of the chances of none and of each sentence."""
    widest = 1 + max(int(pool.texts[row.passage].sentence.max(initial=0)) + 1 for row in rows)
    found = torch.full((len(rows), widest), -torch.inf)
    order = sorted(range(len(rows)), key=lambda i: lengths[i])
    for first in range(0, len(order), 2 * ROWS):
        numbers = order[first : first + 2 * ROWS]
        _, sentences, null = scores(net, collate(pool, [rows[i] for i in numbers]))
        chances = functional.log_softmax(torch.cat([null[:, None], sentences], 1), 1)
        found[numbers, : chances.shape[1]] = chances.cpu()
    return found


def loss(net: ReaderNet, batch: Batch, questions: int) -> Tensor:
    """That of the short answers, of the choice among sentences and none, and among passages.

    Args:
        net: What is trained.
        batch: Each question's own passage, then others beside it, as many for each question.
        questions: How many there are.
    """
    span, sentences, null = scores(net, batch)
    odds = functional.log_softmax(torch.cat([null[:, None], sentences], 1), 1)
    answers = (torch.logsumexp(sentences, 1) - null).view(questions, -1)
    answered = batch.right.any(1).view(questions, -1)[:, 0]
    among = functional.cross_entropy(
        answers, torch.zeros(questions, dtype=torch.long, device=DEVICE), reduction="none"
    )
    listed = (among * answered).sum() / answered.sum().clamp(min=1)
    return _marked(batch, span, odds) + listed


def _marked(batch: Batch, span: Tensor, odds: Tensor, *, own_only: bool = False) -> Tensor:
    """The loss of what people marked; `own_only`: of rows with an answer alone."""
    allowed = batch.sentence >= 0
    allowed[:, 0] = True
    span = span.masked_fill(~allowed.unsqueeze(-1), NONE)
    answered = batch.right.any(1)
    said = batch.spans & (answered if own_only else torch.ones_like(answered))
    short = functional.cross_entropy(span[:, :, 0], batch.start, reduction="none")
    short = short + functional.cross_entropy(span[:, :, 1], batch.end, reduction="none")
    short = (short * said).sum() / 2 / said.sum().clamp(min=1)
    wanted = torch.cat([~answered[:, None], batch.right], 1)
    doubtful = torch.cat([torch.zeros_like(answered)[:, None], batch.unsure], 1)
    odds = functional.log_softmax(odds.masked_fill(doubtful, NONE), 1)
    chosen = -torch.logsumexp(odds.masked_fill(~wanted, -1e9), 1)
    known = batch.known & (answered if own_only else torch.ones_like(answered))
    weights = known * _weights(batch)
    return short + _SENTENCES * (chosen * weights).sum() / weights.sum().clamp(min=1)


def _weights(batch: Batch) -> Tensor:
    return torch.where(batch.own, _OWN, 1.0)


def say(net: torch.nn.Module, pool: Pool, near: Near, *, sample: int | None = None) -> None:
    """Print the figures of each part that is kept for grading."""
    for part in PARTS:
        print(" ", part, figures(net, pool, near, part, sample=sample), flush=True)


@torch.no_grad()  # type: ignore[untyped-decorator]
def figures(
    net: torch.nn.Module, pool: Pool, near: Near, part: str, *, sample: int | None = None
) -> dict[str, float]:
    """On questions kept for grading.

    "sentence": how often the best sentence of the own passage is a right one; "auroc": how well
    passages that answer are told from those that look as if they did; "first" and "mrr": how often
    the own passage stands before those beside it, and its mean reciprocal rank among them, of
    answerable questions; of so many of them, where `sample` says how many.
    """
    net.eval()
    asked = [i for i, one in enumerate(pool.asked) if one.is_graded and one.part == part]
    ranked = [i for i in asked if pool.asked[i].right]
    if sample is not None:
        ranked = random.Random(SEED).sample(ranked, min(sample, len(ranked)))
    beside = {i: near[i] for i in ranked}
    rows = [Row(i, p, True) for i in asked for p in (pool.asked[i].passage, *beside.get(i, ()))]
    lengths = [_length(pool, row.question, row.passage) for row in rows]
    chances = _log_chances(net, pool, rows, lengths)
    answers = torch.logsumexp(chances[:, 1:], 1) - chances[:, 0]
    net.train()
    place = 0
    right, ranks, odds, labels = [], [], [], []
    for i in asked:
        one, others = pool.asked[i], answers[place + 1 : place + 1 + len(beside.get(i, ()))]
        labels.append(bool(one.right))
        odds.append(float(answers[place]))
        if one.right:
            right.append(int(chances[place, 1:].argmax()) in one.right + one.unsure)
        if i in beside:
            ranks.append(1 + int((others >= answers[place]).sum()))
        place += 1 + len(others)
    every = np.asarray(ranks)
    found = {
        "sentence": float(np.mean(right)),
        "auroc": float(roc_auc_score(labels, odds)),
        "first": float((every == 1).mean()),
        "mrr": float((1 / every).mean()),
    }
    return {name: round(value, 4) for name, value in found.items()} | {
        "n": len(asked),
        "ranked": len(ranks),
    }


if __name__ == "__main__":
    main()
