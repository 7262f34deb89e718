"""Which passages of a pool a search finds beside each question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from eval.fit.network import DEVICE, in_half
from eval.fit.reader_pool import Asked, Pool
from rag.embedding.bundled import special_tokens
from rag.embedding.network import bundled_encoder

NEAR = 16  # passages beside each question, by words and by meaning
_LOOKED = 24  # passages that a search by meaning looks at
_LONGEST = 254  # tokens of a text
_TEXTS = 512  # at once

Near: TypeAlias = Sequence[Sequence[int]]
"""Beside each question the passages that a search finds."""


@torch.no_grad()  # type: ignore[untyped-decorator]
def nearest(pool: Pool, model: nn.Module | None = None) -> list[list[int]]:
    """Beside each question the passages that are nearest, by words and by meaning in turn.

    Args:
        pool: Questions and passages.
        model: That meaning goes by, left as one that does not learn; None: the bundled one.
    """
    encoder = (model or bundled_encoder().to(DEVICE)).eval()
    texts = _vectors(encoder, [np.concatenate([one.head, one.ids]) for one in pool.texts])
    asked = _vectors(encoder, [one.ids for one in pool.asked])
    written = ["".join(map(chr, one.ids)) for one in pool.texts]
    found: list[list[int]] = [[] for _ in pool.asked]
    for numbers, allowed in _searches(pool):
        scores = torch.where(allowed, asked[numbers] @ texts.T, -torch.inf)
        best = scores.topk(min(_LOOKED, int(allowed.sum())))
        for i, meant in zip(numbers, best.indices.tolist(), strict=True):
            one = pool.asked[i]
            answer = _answer(pool, one)
            others = [
                p for p in meant if p != one.passage and not (answer and answer in written[p])
            ]
            turns = [p for both in zip(one.others, others, strict=False) for p in both]
            every = dict.fromkeys([*turns, *one.others, *others])
            found[i] = list(every)[:NEAR] or [one.passage]
    return found


def _searches(pool: Pool) -> Iterator[tuple[list[int], Tensor]]:
    """Questions that are searched for at once, and among which passages."""
    parts = np.asarray([one.part for one in pool.texts])
    kept = np.asarray([one.is_kept for one in pool.texts])
    groups: dict[tuple[str, bool], list[int]] = {}
    for i, one in enumerate(pool.asked):
        groups.setdefault((one.part, one.is_graded), []).append(i)
    for (part, is_graded), numbers in groups.items():
        # What is kept for grading is not to be met in training.
        allowed = (parts == part) & (is_graded | ~kept)
        for first in range(0, len(numbers), _TEXTS):
            yield numbers[first : first + _TEXTS], torch.from_numpy(allowed).to(DEVICE)


def _answer(pool: Pool, one: Asked) -> str:
    ids = pool.texts[one.passage].ids[one.start : one.end + 1] if one.start >= 0 else ()
    return "".join(map(chr, ids))


def _vectors(encoder: nn.Module, rows: Sequence[NDArray[np.int32]]) -> Tensor:
    before, after = special_tokens()
    found = torch.zeros(len(rows), encoder.config.hidden_size, device=DEVICE)
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    for first in range(0, len(order), _TEXTS):
        numbers = order[first : first + _TEXTS]
        longest = min(_LONGEST, max(len(rows[i]) for i in numbers)) + 2
        ids = np.zeros((len(numbers), longest), np.int64)
        mask = np.zeros((len(numbers), longest), np.int64)
        for place, i in enumerate(numbers):
            own = rows[i][: longest - 2]
            ids[place, : len(own) + 2] = [before, *own, after]
            mask[place, : len(own) + 2] = 1
        given = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
        given = {name: one.to(DEVICE) for name, one in given.items()}
        with in_half():
            hidden = encoder(**given).last_hidden_state
        weights = given["attention_mask"][:, :, None].float()
        found[numbers] = functional.normalize((hidden.float() * weights).sum(1), dim=1)
    return found
