"""Embedding with the bundled model without torch: for a question that nobody waits seconds for."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

import numpy as np

from rag.embedding.bundled import bundled_weights, special_tokens, token, tokenizer
from rag.embedding.embedder import (
    BUNDLED_ID,
    PassageText,
    PassageVectors,
    QuestionVectors,
    TokenCount,
    spelled_out,
    unit,
)
from rag.embedding.numpy_bert import Bert
from rag.embedding.numpy_cores import CORES
from rag.embedding.tokens import Pass, Sieve, blank_tokens

_LONGEST = 256  # tokens, as the model's own configuration cuts
_UNKNOWN = "[UNK]"


class NumpyEmbedder:
    """The bundled model in NumPy, in float32; safe to use from several threads."""

    id = BUNDLED_ID
    max_tokens = _LONGEST
    special_tokens = 2

    def __init__(self) -> None:
        """Read the weights.

        Raises:
            ModelUnavailable: They are missing or are not the expected ones.
        """
        self._model = Bert(bundled_weights())
        self._unknown = token(_UNKNOWN)

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
        # One text, as a judge has it, needs no other thread.
        every = self._pool.map if len(texts) > 1 else map
        return list(every(self._passage, texts))

    def embed_question(self, question: str) -> QuestionVectors:
        return self._sieve.of_question(self._forward(question))

    def _passage(self, text: PassageText) -> PassageVectors:
        return self._sieve.of_passage(text, self._forward(text.text))

    def _forward(self, text: str) -> Pass:
        before, after = special_tokens()
        encoded = tokenizer().encode(text, add_special_tokens=False)
        room = _LONGEST - self.special_tokens
        ids = [before, *encoded.ids[:room], after]
        tokens = self._model(ids)
        return Pass(
            pooled=unit(tokens.mean(axis=0)),
            tokens=tokens,
            ids=np.asarray(ids, dtype=np.int32),
            offsets=np.asarray([(0, 0), *encoded.offsets[:room], (0, 0)], dtype=np.int64),
        )

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(CORES, thread_name_prefix="embed")

    @cached_property
    def _sieve(self) -> Sieve:
        added = tokenizer().get_added_tokens_decoder()
        special = [number for number, one in added.items() if one.special]
        return Sieve(self.id.revision, blank_tokens(tokenizer().get_vocab(), special))
