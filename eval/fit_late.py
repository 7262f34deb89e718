"""Fits what late interaction needs: a projection of token vectors and a stop list.

One matrix on top of the frozen model, trained so that the idf-weighted MaxSim of a question and
the passage that answers it beats that of others (softmax, cross entropy). Khattab and Zaharia, 2020
(https://arxiv.org/abs/2004.12832) for MaxSim. Among the others are those that a search by words and
by meaning finds beside the question (`eval.fit_near`).

    python -m eval.fit_late POOL.npz

`eval.reader_pool` makes the pool. The result is kept under the model's revision in `rag/models/`
and goes into the wheel. It prints how often the right passage comes first among those beside it,
for questions that are kept for grading.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from eval.fit_network import DEVICE, SEED, batches
from eval.fit_near import Near, nearest
from eval.reader_pool import PARTS, Pool, load_pool
from rag.bundled import special_tokens, tokenizer
from rag.embed import BUNDLED_SHA256
from rag.embed_tokens import blank_tokens
from rag.network import bundled_encoder
from rag.settings import BUNDLED_MODEL

_WIDTH = 64
_STOP_SHARE = 0.25  # a token in more than this part of the paragraphs says nothing
_LONGEST = 254  # tokens of a text
_QUESTIONS = 64  # of a step …
_BESIDE = 3  # … and so many passages beside each of them
_RATE = 2e-3
_TEMPERATURE = 0.03
_COUNTED = "own"  # the part whose passages words are counted in


@dataclass(frozen=True, slots=True)
class _Tokens:
    """What the frozen model gives for some texts."""

    vectors: Tensor
    """Shape (texts, tokens, width), of length 1 where a token counts, else zeros."""
    ids: Tensor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pool", type=Path)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--output", type=Path, default=Path("rag/models"))
    given = parser.parse_args()
    pool = load_pool(given.pool)
    name = f"late-{BUNDLED_SHA256[:16]}"
    frequency, count = _document_frequency(pool)
    stop = np.asarray(
        sorted(token for token, n in frequency.items() if n > _STOP_SHARE * count), dtype=np.int32
    )
    frozen = _Frozen(stop)
    idf = _idf(frequency, count)
    near = nearest(pool)
    kept = given.output / f"{name}.npz"
    if kept.is_file():
        with np.load(kept) as before:
            old = torch.from_numpy(before["projection"].astype(np.float32)).to(DEVICE)
        print("before")
        _say(old, pool, near, frozen, idf)
    projection, asked = _train(pool, near, frozen, idf, given.epochs)
    _say(projection, pool, near, frozen, idf)
    given.output.mkdir(exist_ok=True)
    np.savez(kept, projection=projection.cpu().numpy().astype(np.float16), stop_tokens=stop)
    made_from = {
        "model": BUNDLED_MODEL,
        "revision": BUNDLED_SHA256[:16],
        "made": datetime.now(UTC).date().isoformat(),
        "by": "python -m eval.fit_late",
        "pool": hashlib.sha256(given.pool.read_bytes()).hexdigest(),
        "questions": asked,
        "width": _WIDTH,
        "epochs": given.epochs,
        "seed": SEED,
    }
    text = json.dumps(made_from, indent=1)
    (given.output / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def _document_frequency(pool: Pool) -> tuple[Counter[int], int]:
    frequency: Counter[int] = Counter()
    counted = [one for one in pool.texts if one.part == _COUNTED]
    for one in counted:
        frequency.update(set(one.ids.tolist()))
    return frequency, len(counted)


def _idf(frequency: Counter[int], count: int) -> Tensor:
    idf = np.full(tokenizer().get_vocab_size(), np.log(count + 1.0), dtype=np.float32)
    for token, n in frequency.items():
        idf[token] = np.log((count + 1.0) / (n + 1.0))
    return torch.from_numpy(idf).to(DEVICE)


class _Frozen:
    """The bundled model as it comes."""

    def __init__(self, stop: NDArray[np.int32]) -> None:
        self._encoder = bundled_encoder().to(DEVICE).eval()
        vocabulary = tokenizer().get_vocab()
        special = [i for token, i in vocabulary.items() if token.startswith("[")]
        dropped = np.union1d(stop, blank_tokens(vocabulary, special))
        self._counts = torch.ones(len(vocabulary), dtype=torch.bool, device=DEVICE)
        self._counts[torch.from_numpy(dropped.astype(np.int64)).to(DEVICE)] = False

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def tokens(self, rows: Sequence[NDArray[np.int32]]) -> _Tokens:
        """Token vectors of texts."""
        before, after = special_tokens()
        longest = min(_LONGEST, max(map(len, rows))) + 2
        plain = np.zeros((2, len(rows), longest), np.int64)
        for place, row in enumerate(rows):
            own = row[: longest - 2]
            plain[0, place, : len(own) + 2] = [before, *own, after]
            plain[1, place, : len(own) + 2] = 1
        ids, mask = (torch.from_numpy(one).to(DEVICE) for one in plain)
        with torch.autocast(DEVICE.type, torch.bfloat16):
            hidden = self._encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        kept = self._counts[ids] & mask.bool()
        return _Tokens(functional.normalize(hidden.float(), dim=-1) * kept[:, :, None], ids)


def _train(pool: Pool, near: Near, frozen: _Frozen, idf: Tensor, epochs: int) -> tuple[Tensor, int]:
    """The projection, shape (model width, 64), and of how many questions it is."""
    chosen = [i for i, one in enumerate(pool.asked) if one.right and not one.is_graded]
    matrix = nn.Parameter(_axes(pool, frozen))
    optimizer = torch.optim.Adam([matrix], lr=_RATE)
    steps = len(chosen) // _QUESTIONS * epochs
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(1, steps))
    lengths = [len(pool.texts[pool.asked[i].passage].ids) for i in chosen]
    random = np.random.default_rng(SEED)
    for done, batch in enumerate(_steps(lengths, epochs)):
        asked = [chosen[n] for n in batch]
        own = [pool.asked[i].passage for i in asked]
        beside = [p for i in asked for p in random.choice(near[i], _BESIDE).tolist()]
        passages = list(dict.fromkeys([*own, *beside]))
        scores = _scores(
            matrix,
            frozen.tokens([pool.asked[i].ids for i in asked]),
            frozen.tokens([_text(pool, p) for p in passages]),
            idf,
        )
        right = torch.tensor([passages.index(p) for p in own], device=DEVICE)
        loss = functional.cross_entropy(scores / _TEMPERATURE, right)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if done % 100 == 0:
            hit = (scores.argmax(dim=1) == right).float().mean().item()
            print(f"step {done} of {steps}, loss {loss.item():.3f}, first {hit:.3f}", flush=True)
    return matrix.detach(), len(chosen)


def _steps(lengths: Sequence[int], epochs: int) -> Iterator[list[int]]:
    for epoch in range(epochs):
        yield from batches(lengths, min(_QUESTIONS, len(lengths)), SEED + epoch)


def _text(pool: Pool, passage: int) -> NDArray[np.int32]:
    return np.concatenate([pool.texts[passage].head, pool.texts[passage].ids])


def _axes(pool: Pool, frozen: _Frozen) -> Tensor:
    """The directions in which token vectors differ most, to begin with."""
    chosen = np.random.default_rng(SEED).choice(len(pool.texts), min(200, len(pool.texts)), False)
    vectors = frozen.tokens([_text(pool, int(p)) for p in chosen]).vectors
    sample = vectors[vectors.abs().sum(-1) > 0]
    _, axes = torch.linalg.eigh(torch.cov(sample.T))  # the last of them say most
    return axes[:, -_WIDTH:].contiguous()


def _scores(matrix: Tensor, asked: _Tokens, texts: _Tokens, idf: Tensor) -> Tensor:
    """Idf-weighted MaxSim, shape (questions, texts)."""
    there = asked.vectors.abs().sum(-1) > 0
    tokens = functional.normalize(asked.vectors[there] @ matrix, dim=-1)
    # A dropped token is a row of zeros: no nearer than a right angle, and a real token always is.
    kept = functional.normalize(texts.vectors @ matrix, dim=-1)
    best = torch.einsum("qd,pld->qpl", tokens, kept).amax(dim=2)
    weights = idf[asked.ids[there]]
    owner = there.nonzero()[:, 0]
    total = torch.zeros(len(asked.ids), len(texts.ids), device=DEVICE)
    total = total.index_add(0, owner, best * weights[:, None])
    weight = torch.zeros(len(asked.ids), device=DEVICE).index_add(0, owner, weights)
    return total / weight[:, None].clamp(min=1e-6)


@torch.no_grad()  # type: ignore[untyped-decorator]
def _say(matrix: Tensor, pool: Pool, near: Near, frozen: _Frozen, idf: Tensor) -> None:
    for part in PARTS:
        ranks: list[int] = []
        for i, one in enumerate(pool.asked):
            if one.is_graded and one.right and one.part == part:
                passages = [_text(pool, p) for p in (one.passage, *near[i])]
                scores = _scores(matrix, frozen.tokens([one.ids]), frozen.tokens(passages), idf)[0]
                ranks.append(1 + int((scores[1:] > scores[0]).sum()))
        if ranks:
            every = np.asarray(ranks)
            first, mean = (every == 1).mean(), (1 / every).mean()
            print(f"  {part}: first {first:.4f}, mrr {mean:.4f}, n {len(every)}", flush=True)


if __name__ == "__main__":
    main()
