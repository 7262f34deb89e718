"""Reading with a small transformer: question and passage in one forward pass, on a processor.

The layers of the bundled model, trained on questions with marked answers (`eval.fit.reader`
says on which), on top of its own embeddings. One pass gives for each sentence how well it
answers against none of the passage's doing so, and the words that answer by themselves; as for
SQuAD 2.0, https://arxiv.org/abs/1806.03822, no answer is the first token.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from threading import Lock

import torch
from torch import Tensor, nn

from rag.embedding.bundled import bundled_weights, revision, tokenizer
from rag.embedding.cores import CORES, on_one_core
from rag.embedding.network import Encoder
from rag.embedding.precision import best_precision
from rag.embedding.torch_bert import Bert
from rag.reading.as_numbers import (
    WEIGHTS,
    Encoded,
    encode_passage,
    reading_of_states,
    trained_weights,
)
from rag.reading.reader import NONE, Reading
from rag.types import Passage

_AT_ONCE = 4
"""Passages in one pass, at most. On one core fewer passes cost less, as each puts all weights in
order first."""


class ReaderNet(nn.Module):  # type: ignore[misc]
    """The network: an encoder and four heads."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        width = encoder.config.hidden_size
        self.enc = encoder
        self.span = nn.Linear(width, 2)
        """Start and end of the short answer."""
        self.sent = nn.Linear(width, 1)
        """A sentence's mean …"""
        self.tok = nn.Linear(width, 1)
        """… and its strongest token."""
        self.null = nn.Linear(width, 1)
        """That no sentence answers."""

    def forward(
        self, ids: Tensor, mask: Tensor, types: Tensor, sentence: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Scores of tokens (batch, length, 2), of sentences (batch, sentences), of none (batch).

        Args:
            ids: Shape (batch, length).
            mask: 1 for tokens, 0 for padding.
            types: 0 for the question, 1 for the passage.
            sentence: The number of the sentence that a token is of, from 0; -1 for none.
        """
        hidden = self.enc(
            input_ids=ids, attention_mask=mask, token_type_ids=types
        ).last_hidden_state
        count = max(int(sentence.max()) + 1, 1)
        member = nn.functional.one_hot((sentence + 1).clamp(min=0), count + 1)[:, :, 1:]
        member = member.to(hidden.dtype)
        sizes = member.sum(1)
        means = torch.einsum("bln,blw->bnw", member, hidden) / sizes.clamp(min=1).unsqueeze(-1)
        tokens = self.tok(hidden).expand_as(member)
        strongest = torch.where(member > 0, tokens, torch.full_like(member, NONE)).amax(1)
        scores = self.sent(means).squeeze(-1) + strongest
        scores = scores.masked_fill(sizes == 0, NONE)
        return self.span(hidden), scores, self.null(hidden[:, 0]).squeeze(-1)


class ModelReader:
    """The bundled reader; safe to use from several threads."""

    def __init__(self, *, weights: Path = WEIGHTS, precision: str = "auto") -> None:
        """Load it.

        Args:
            weights: What `eval.fit.reader` wrote.
            precision: "float32", "bfloat16" or "auto".

        Raises:
            ModelUnavailable: The bundled model's weights are missing or are not the expected ones.
        """
        layers, self._heads = trained_weights(weights)
        self._encoder = Bert({**bundled_weights(), **layers}, best_precision(precision, "cpu"))
        tokenizer()
        self._counting = Lock()
        self._read_now = 0
        self.id = f"reader@{revision(weights)}"

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        prepared = [encode_passage(question, passage) for passage in passages]
        with self.counted() as others:
            parts = parted([len(one.ids) for one in prepared], 1 if others else CORES)
            read = self._pool.map if len(parts) > 1 else map
            every = list(read(self._read, ([prepared[i] for i in part] for part in parts)))
        found = {i: one for part, own in zip(parts, every, strict=True)
                 for i, one in zip(part, own, strict=True)}  # fmt: skip
        return [found[i] for i in range(len(prepared))]

    @contextmanager
    def counted(self) -> Iterator[int]:
        """How many questions others read for meanwhile: the cores are theirs as well."""
        with self._counting:
            others, self._read_now = self._read_now, self._read_now + 1
        try:
            yield others
        finally:
            with self._counting:
                self._read_now -= 1

    def _read(self, together: Sequence[Encoded]) -> list[Reading]:
        with on_one_core(), torch.inference_mode():
            states = self._encoder([one.ids for one in together], [one.types for one in together])
            found = [one.float().numpy() for one in states]
        return [
            reading_of_states(one, hidden, self._heads)
            for one, hidden in zip(together, found, strict=True)
        ]

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(CORES, thread_name_prefix="read")


def parted(lengths: Sequence[int], cores: int) -> list[list[int]]:
    """Which passages are read in one pass, by their places.

    Passes that cores have side by side take about as long; none has more than `_AT_ONCE` passages.

    Args:
        lengths: Of the passages, in tokens.
        cores: That are free.
    """
    count = max(min(cores, len(lengths)), -(-len(lengths) // _AT_ONCE))
    parts: list[list[int]] = [[] for _ in range(count)]
    for place in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        room = [part for part in parts if len(part) < _AT_ONCE]
        min(room, key=lambda part: sum(lengths[i] for i in part)).append(place)
    return [part for part in parts if part]
