"""Embedding with the bundled model, whatever computes its forward passes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

import numpy as np
from tokenizers import Encoding

from rag.embedding.bundled import special_tokens, token, tokenizer
from rag.embedding.embedder import (
    BUNDLED_ID,
    PassageText,
    PassageVectors,
    QuestionVectors,
    TokenCount,
    spelled_out,
    unit,
)
from rag.embedding.numpy_cores import CORES
from rag.embedding.tokens import Pass, Sieve, blank_tokens
from rag.types import Vectors

_LONGEST = 256  # tokens, as the model's own configuration cuts
_UNKNOWN = "[UNK]"


class BundledEmbedder(ABC):
    """The bundled model on a processor; safe to use from several threads."""

    id = BUNDLED_ID
    max_tokens = _LONGEST
    special_tokens = 2

    def __init__(self, batch_tokens: int) -> None:
        """Begin.

        Args:
            batch_tokens: In one forward pass, if it takes more than one text.
        """
        self._batch_tokens = batch_tokens
        self._unknown = token(_UNKNOWN)

    @abstractmethod
    def hidden_states(self, rows: Sequence[Sequence[int]]) -> list[Vectors]:
        """One forward pass: of each text, special tokens included, shape (tokens, width)."""

    def token_spans(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        encoded = tokenizer().encode_batch(list(texts), add_special_tokens=False)
        return [list(one.offsets) for one in encoded]

    def count_tokens(self, texts: Sequence[str]) -> TokenCount:
        encoded = tokenizer().encode_batch(list(texts), add_special_tokens=False)
        return TokenCount(
            sum(len(one.ids) for one in encoded),
            sum(one.ids.count(self._unknown) for one in encoded),
            sum(spelled_out(text, one.offsets) for text, one in zip(texts, encoded, strict=True)),
        )

    def embed_passages(self, texts: Sequence[PassageText]) -> list[PassageVectors]:
        encoded = tokenizer().encode_batch([one.text for one in texts], add_special_tokens=False)

        def forward(batch: Sequence[int]) -> list[Pass]:
            return self._passes([encoded[i] for i in batch])

        return self._sieve.of_passages(texts, self._batches(encoded), forward, self._pool)

    def embed_question(self, question: str) -> QuestionVectors:
        (one,) = self._passes([tokenizer().encode(question, add_special_tokens=False)])
        return self._sieve.of_question(one)

    def _passes(self, texts: Sequence[Encoding]) -> list[Pass]:
        """One pass for all of them."""
        before, after = special_tokens()
        room = self.max_tokens - self.special_tokens
        rows = [[before, *one.ids[:room], after] for one in texts]
        return [
            Pass(
                pooled=unit(tokens.mean(axis=0)),
                tokens=tokens,
                ids=np.asarray(row, dtype=np.int32),
                offsets=np.asarray([(0, 0), *one.offsets[:room], (0, 0)], dtype=np.int64),
            )
            for one, row, tokens in zip(texts, rows, self.hidden_states(rows), strict=True)
        ]

    def _batches(self, texts: Sequence[Encoding]) -> list[list[int]]:
        """Places of texts that go through the model together.

        The longest first, so that no thread is left with much when the others have done.
        """
        lengths = [min(len(one.ids) + self.special_tokens, self.max_tokens) for one in texts]
        batches: list[list[int]] = []
        room = 0
        for i in sorted(range(len(texts)), key=lambda i: -lengths[i]):
            if not batches or room < lengths[i]:
                batches.append([])
                room = max(self._batch_tokens, lengths[i])
            batches[-1].append(i)
            room -= lengths[i]
        return batches

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        """Threads that live as long as the model: each new one would keep memory of its own."""
        return ThreadPoolExecutor(CORES, thread_name_prefix="embed")

    @cached_property
    def _sieve(self) -> Sieve:
        added = tokenizer().get_added_tokens_decoder()
        special = [number for number, one in added.items() if one.special]
        return Sieve(self.id.revision, blank_tokens(tokenizer().get_vocab(), special))
