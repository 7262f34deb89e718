"""Trains the embedding model to find passages: its layers, and late interaction's projection.

    python -m eval.fit.encoder POOL.npz --output WEIGHTS.safetensors

On the questions of a reader's pool (`eval.fit.reader_pool`) that their passage answers. A
question's own passage is to stand before all others of the step, by the cosine of both vectors and
by idf-weighted MaxSim of their tokens (Khattab and Zaharia, 2020, https://arxiv.org/abs/2004.12832);
and before some of those that a search finds beside it as clearly as the shipped reader tells them
apart (Hinton et al., 2015, https://arxiv.org/abs/1503.02531). Embeddings of words stay as they are.

It prints, before and after, how often a question's passage is the first, or among the first five or
ten, of all passages of its part, for questions that it does not train on. Nothing is shipped that
it has made: an index would have to be embedded again with it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from eval.fit.near import nearest
from eval.fit.network import DEVICE, SEED, arguments, in_half, keep, new_net, train
from eval.fit.reader_pool import PARTS, Pool, load_pool
from eval.fit.rows import Row, collate, scores
from eval.hashes import file_sha256
from rag.embedding.bundled import special_tokens, tokenizer
from rag.embedding.embedder import BUNDLED_ID
from rag.embedding.network import Encoder
from rag.embedding.tokens import blank_tokens
from rag.reading.as_numbers import WEIGHTS
from rag.reading.with_torch import ReaderNet

QUESTIONS = 64  # of a step, unless it is told
NEAR = 8  # passages beside each question that the reader has judged …
_BESIDE = 4  # … and how many of them a step takes
_COSINES, _LATE = 0.05, 0.03  # temperatures
_LONGEST, _QUESTION = 254, 62  # tokens of a passage and of a question
_AT_ONCE = 512  # texts, when nothing is learnt
_PLACES = (1, 5, 10)
_SAMPLE = 300  # questions of each part that are graded


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts as the model takes them."""

    ids: Tensor
    """Shape (texts, length), special tokens included."""
    lengths: Tensor

    def __getitem__(self, numbers: Sequence[int]) -> Texts:
        rows = torch.tensor(numbers, device=DEVICE)
        lengths = self.lengths[rows]
        return Texts(self.ids[rows, : int(lengths.max())], lengths)


@dataclass(frozen=True, slots=True)
class Found:
    """What the model makes of texts."""

    whole: Tensor
    """Shape (texts, width), of length 1."""
    tokens: Tensor
    """Shape (texts, length, projected width), of length 1."""
    counts: Tensor
    """Shape (texts, length): the token takes part in late interaction."""


class FinderNet(nn.Module):  # type: ignore[misc]
    """The encoder and the projection."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.enc = encoder
        late = _late()
        self.project = nn.Parameter(torch.from_numpy(late["projection"].astype(np.float32)))
        self.register_buffer("dropped", _dropped(late["stop_tokens"]), persistent=False)

    def forward(self, texts: Texts) -> Found:
        place = torch.arange(texts.ids.shape[1], device=DEVICE)
        mask = place < texts.lengths[:, None]
        with in_half():
            hidden = self.enc(
                input_ids=texts.ids, attention_mask=mask.long()
            ).last_hidden_state.float()
        return Found(
            functional.normalize((hidden * mask[..., None]).sum(1), dim=1),
            functional.normalize(hidden @ self.project, dim=2),
            mask & ~self.dropped[texts.ids],
        )


def main() -> None:
    parser = arguments(__doc__ or "", Path("encoder.safetensors"))
    parser.set_defaults(rate=5e-5, teachers=1)
    parser.add_argument("--epochs", type=int, default=3, help="of each round")
    parser.add_argument("--rounds", type=int, default=1, help="passages beside are sought anew")
    parser.add_argument("--questions", type=int, default=QUESTIONS, help="of a step")
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    pool = load_pool(given.pool)
    print(given.pool.name, file_sha256(given.pool), DEVICE, flush=True)
    net = new_net(FinderNet, given.seed, given.frozen, given.grade)
    say(net, pool)
    if given.grade:
        return
    for number in range(given.rounds):
        taught = Teaching(given.epochs, given.rate / (1 + number), given.questions, given.seed)
        teach(net, pool, taught)
        keep(net, given.output)
    say(new_net(FinderNet, SEED, given.frozen, given.output), pool)


@dataclass(frozen=True, slots=True)
class Teaching:
    """How it is taught."""

    epochs: int
    rate: float
    questions: int
    """Of a step."""
    seed: int


def teach(net: FinderNet, pool: Pool, by: Teaching) -> None:
    """Train it on what is not kept for grading, beside what it finds itself."""
    chance = random.Random(by.seed)
    near = [found[:NEAR] for found in nearest(pool, net.enc)]
    asked = [i for i, one in enumerate(pool.asked) if one.right and not one.is_graded]
    wanted = _odds(pool, near, asked)
    questions, passages, idf = _questions(pool), _passages(pool), inverse_frequencies(pool)

    def loss_of(numbers: Sequence[int]) -> Tensor:
        chosen = [asked[n] for n in numbers]
        picked = [chance.choices(range(len(near[i])), k=_BESIDE) for i in chosen]
        beside = [[near[i][p] for p in own] for i, own in zip(chosen, picked, strict=True)]
        own = [pool.asked[i].passage for i in chosen]
        every = list(dict.fromkeys([*own, *(p for row in beside for p in row)]))
        place = {passage: i for i, passage in enumerate(every)}
        rows = [[place[p] for p in (o, *b)] for o, b in zip(own, beside, strict=True)]
        odds = [
            [wanted[n][0], *(wanted[n][1 + p] for p in ps)]
            for n, ps in zip(numbers, picked, strict=True)
        ]
        return loss(
            net(questions[chosen]),
            net(passages[every]),
            weights(idf, questions[chosen], net),
            torch.tensor(rows, device=DEVICE),
            torch.tensor(odds, device=DEVICE),
        )

    lengths = [len(pool.texts[pool.asked[i].passage].ids) for i in asked]
    train(net, lengths, loss_of, epochs=by.epochs, rate=by.rate, size=by.questions, seed=by.seed)


def loss(asked: Found, passages: Found, weight: Tensor, rows: Tensor, odds: Tensor) -> Tensor:
    """What is lost when passages are ordered by cosine, and when they are by late interaction.

    Args:
        asked: The questions.
        passages: Those of all of them.
        weight: Of the questions' tokens, as `weights` gives them.
        rows: Shape (questions, own and beside): each one's passages, its own first.
        odds: What the teacher says of them, in the same shape.
    """
    soft = odds.softmax(1)
    cosines = asked.whole @ passages.whole.T / _COSINES
    late = late_scores(asked, passages, weight) / _LATE
    total = torch.zeros((), device=DEVICE)
    for score in (cosines, late):
        told = score.gather(1, rows).log_softmax(1)
        total = total + functional.cross_entropy(score, rows[:, 0]) - (soft * told).sum(1).mean()
    return total


def late_scores(asked: Found, passages: Found, weight: Tensor) -> Tensor:
    """Idf-weighted MaxSim, shape (questions, passages)."""
    with in_half():
        cosines = torch.einsum("qid,pjd->qpij", asked.tokens, passages.tokens)
    best = cosines.masked_fill(~passages.counts[None, :, None, :], -1.0).amax(3).float()
    return (best * weight[:, None]).sum(2)


def weights(idf: Tensor, texts: Texts, net: FinderNet) -> Tensor:
    """How much each token of a question counts, adding up to 1; shape (questions, length)."""
    place = torch.arange(texts.ids.shape[1], device=DEVICE)
    used = (place < texts.lengths[:, None]) & ~net.dropped[texts.ids]
    found = idf[texts.ids] * used
    total: Tensor = found / found.sum(1, keepdim=True).clamp(min=1e-6)
    return total


def inverse_frequencies(pool: Pool) -> Tensor:
    """Of each token of the vocabulary, over the pool's passages."""
    counts = np.zeros(len(tokenizer().get_vocab()))
    for text in pool.texts:
        counts[np.unique(np.concatenate([text.head, text.ids]))] += 1
    idf = np.log((len(pool.texts) + 1) / (counts + 1))
    return torch.from_numpy(idf.astype(np.float32)).to(DEVICE)


@torch.no_grad()  # type: ignore[untyped-decorator]
def _odds(pool: Pool, near: Sequence[Sequence[int]], asked: Sequence[int]) -> list[list[float]]:
    """For each question what the reader says of its own passage and of those beside it."""
    reader = new_net(ReaderNet, SEED, start=WEIGHTS).eval()
    rows = [Row(i, p, True) for i in asked for p in (pool.asked[i].passage, *near[i])]
    order = sorted(range(len(rows)), key=lambda i: len(pool.texts[rows[i].passage].ids))
    said = np.zeros(len(rows), np.float32)
    for first in range(0, len(order), _AT_ONCE):
        numbers = order[first : first + _AT_ONCE]
        _, sentences, none = scores(reader, collate(pool, [rows[i] for i in numbers]))
        said[numbers] = (torch.logsumexp(sentences, 1) - none).cpu().numpy()
    ends = np.cumsum([1 + len(near[i]) for i in asked])
    return [part.tolist() for part in np.split(said, ends[:-1])]


def say(net: FinderNet, pool: Pool) -> None:
    """Print the figures of each part that is kept for grading."""
    for part in PARTS:
        print(" ", part, figures(net, pool, part), flush=True)


@torch.no_grad()  # type: ignore[untyped-decorator]
def figures(net: FinderNet, pool: Pool, part: str) -> dict[str, object]:
    """How often a question's passage is among the first 1, 5 and 10 of all passages of its part."""
    asked = [
        i for i, one in enumerate(pool.asked) if one.part == part and one.is_graded and one.right
    ]
    asked = random.Random(SEED).sample(asked, min(_SAMPLE, len(asked)))
    among = [p for p, text in enumerate(pool.texts) if text.part == part]
    place = {passage: i for i, passage in enumerate(among)}
    idf, questions = inverse_frequencies(pool), _questions(pool)
    net.eval()
    made = [net(_passages(pool)[among[i : i + _AT_ONCE]]) for i in range(0, len(among), _AT_ONCE)]
    ranks: dict[str, list[int]] = {"cosine": [], "late": []}
    for i in asked:
        one, weight = net(questions[[i]]), weights(idf, questions[[i]], net)
        both = {
            "cosine": torch.cat([one.whole @ m.whole.T for m in made], 1)[0],
            "late": torch.cat([late_scores(one, m, weight) for m in made], 1)[0],
        }
        for name, score in both.items():
            ranks[name].append(1 + int((score > score[place[pool.asked[i].passage]]).sum()))
    net.train()
    return {"n": len(asked)} | {
        name: tuple(round(float(np.mean(np.asarray(found) <= k)), 3) for k in _PLACES)
        for name, found in ranks.items()
    }


def _questions(pool: Pool) -> Texts:
    return _texts([one.ids for one in pool.asked], _QUESTION)


def _passages(pool: Pool) -> Texts:
    return _texts([np.concatenate([one.head, one.ids]) for one in pool.texts], _LONGEST)


def _texts(rows: Sequence[NDArray[np.int32]], longest: int) -> Texts:
    before, after = special_tokens()
    ids = np.zeros((len(rows), longest + 2), np.int64)
    lengths = np.asarray([min(len(row), longest) + 2 for row in rows])
    for place, row in enumerate(rows):
        ids[place, : lengths[place]] = [before, *row[:longest], after]
    return Texts(torch.from_numpy(ids).to(DEVICE), torch.from_numpy(lengths).to(DEVICE))


def _late() -> dict[str, NDArray[np.generic]]:
    with np.load(str(files("rag.models") / f"late-{BUNDLED_ID.revision}.npz")) as kept:
        return {name: kept[name] for name in kept.files}


def _dropped(stop: NDArray[np.generic]) -> Tensor:
    """Of each token of the vocabulary whether late interaction leaves it out."""
    vocabulary = tokenizer().get_vocab()
    added = tokenizer().get_added_tokens_decoder()
    special = [number for number, one in added.items() if one.special]
    found = torch.zeros(len(vocabulary), dtype=torch.bool)
    found[np.union1d(blank_tokens(vocabulary, special), stop).astype(np.int64)] = True
    return found


if __name__ == "__main__":
    main()
