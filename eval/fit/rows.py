"""Questions beside passages, many of them, through the reader's network at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from eval.fit.network import DEVICE, in_half
from eval.fit.reader_pool import Pool
from rag.reading.reader import NONE

_TOGETHER = 64  # pairs that go through the network at once


@dataclass(frozen=True, slots=True)
class Row:
    """A question beside a passage."""

    question: int
    passage: int
    titled: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows as the network takes them, and what is right."""

    lengths: tuple[int, ...]
    """Of each row, in tokens."""
    ids: Tensor
    mask: Tensor
    types: Tensor
    sentence: Tensor
    right: Tensor
    """Shape (rows, sentences)."""
    unsure: Tensor
    start: Tensor
    end: Tensor
    spans: Tensor
    """Rows that say anything about a short answer."""
    own: Tensor
    """Rows of a question beside its own passage."""
    known: Tensor
    """Rows of which it is known whether a sentence answers; elsewhere it was cut off."""


def collate(pool: Pool, rows: Sequence[Row]) -> Batch:
    """Rows as tensors on the device."""
    pairs = [pool.pair(pool.asked[r.question].ids, r.passage, titled=r.titled) for r in rows]
    longest = max(len(one.ids) for one in pairs)
    longest += -longest % 8
    plain = np.zeros((4, len(rows), longest), np.int64)
    plain[3] = -1
    count = max(1, max(int(one.sentence.max()) + 1 for one in pairs))
    marks = np.zeros((2, len(rows), count), bool)
    spans = np.zeros((2, len(rows)), np.int64)
    says = np.zeros((3, len(rows)), bool)
    for i, (row, one) in enumerate(zip(rows, pairs, strict=True)):
        n = len(one.ids)
        plain[0, i, :n], plain[1, i, :n], plain[2, i, :n] = one.ids, 1, one.types
        plain[3, i, :n] = one.sentence
        asked = pool.asked[row.question]
        if row.passage != asked.passage:
            says[:, i] = True, False, True
            continue
        says[1, i] = True
        last = int(one.sentence.max())
        right = [s for s in asked.right if s <= last]
        marks[0, i, right] = True
        marks[1, i, [s for s in asked.unsure if s <= last]] = True
        says[2, i] = bool(right) or not asked.right
        if asked.start >= 0 and one.first + asked.end < n - 1:
            spans[:, i] = one.first + asked.start, one.first + asked.end
            says[0, i] = True
        elif not asked.right:
            says[0, i] = True
    tensors = [torch.from_numpy(one).to(DEVICE) for one in (*plain, *marks, *spans, *says)]
    return Batch(tuple(len(one.ids) for one in pairs), *tensors)


def scores(net: nn.Module, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """As `ReaderNet`; rows of about the same length go together, so that little is padding."""
    order = sorted(range(len(batch.lengths)), key=lambda i: batch.lengths[i])
    parts = [order[i : i + _TOGETHER] for i in range(0, len(order), _TOGETHER)]
    longest, count = batch.ids.shape[1], batch.right.shape[1]
    found: list[tuple[Tensor, ...]] = []
    for part in parts:
        rows = torch.tensor(part, device=DEVICE)
        end = max(batch.lengths[i] for i in part)
        end = min(longest, end + -end % 8)
        given = (batch.ids, batch.mask, batch.types, batch.sentence)
        with in_half():
            span, sentences, null = net(*(one[rows, :end] for one in given))
        span = functional.pad(span.float(), (0, 0, 0, longest - end))
        missing = count - sentences.shape[1]
        found.append((span, functional.pad(sentences.float(), (0, missing), value=NONE), null))
    back = torch.tensor(np.argsort(order), device=DEVICE)
    span, sentences, null = (torch.cat(one)[back] for one in zip(*found, strict=True))
    return span, sentences, null.float()
