"""Embedding with a sentence-transformers model, every forward pass on one core."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rag.embedding.bundled import bundled_folder, check_bundled_weights
from rag.embedding.cores import CORES, on_one_core
from rag.embedding.embedder import (
    ModelId,
    PassageText,
    PassageVectors,
    QuestionVectors,
    TokenCount,
    spelled_out,
    unit,
)
from rag.embedding.load import load_model, revision_of
from rag.embedding.precision import best_precision
from rag.embedding.tokens import Pass, Sieve, blank_tokens
from rag.settings import BUNDLED_MODEL
from rag.types import Vectors

_CORE_TOKENS = 4096  # in a pass on one core
_DEVICE_TOKENS = 32_768  # in a pass on a graphics card


@dataclass(frozen=True, slots=True)
class _Encoded:
    """A text as a model takes it."""

    features: dict[str, list[int]]
    """What a tokenizer gives for it, by name, without padding."""
    offsets: NDArray[np.int64]
    """Start and end of each token in the text's characters; before a text stands its prompt."""

    @property
    def ids(self) -> NDArray[np.int32]:
        return np.asarray(self.features["input_ids"], dtype=np.int32)


class ModelEmbedder:
    """A sentence-transformers model, run so that one forward pass gives all three vectors."""

    def __init__(
        self,
        name: str,
        *,
        device: str = "auto",
        precision: str = "auto",
        batch_tokens: int | None = None,
    ) -> None:
        """Load the model.

        Args:
            name: `settings.BUNDLED_MODEL`, another name of the model hub, or a folder.
            device: As torch names it, or "auto".
            precision: "float32", "bfloat16", "float16" or "auto".
            batch_tokens: Tokens, padding included, in one forward pass; None goes by the device.

        Raises:
            ModelUnavailable: The model cannot be loaded.
        """
        # A fast tokenizer keeps padding and truncation as state: one thread at a time.
        self._tokenizing = threading.Lock()
        if name == BUNDLED_MODEL:
            revision = check_bundled_weights()[:16]
            self._model = load_model(str(bundled_folder()), device)
        else:
            self._model = load_model(name, device)
            revision = revision_of(self._model, name)
        precision = best_precision(precision, self._model.device.type)
        self._model.to(getattr(torch, precision)).eval()
        on_cores = self._model.device.type == "cpu"
        self._batch_tokens = batch_tokens or (_CORE_TOKENS if on_cores else _DEVICE_TOKENS)
        self._workers = CORES if on_cores else 1
        self._passes = threading.BoundedSemaphore(self._workers)
        self._tokenizer: Any = self._model.tokenizer
        self.special_tokens = len(self._tokenizer("")["input_ids"])
        self._longest = int(self._model.max_seq_length or 512)
        prompt = self._prompt("document", "passage")
        self.max_tokens = self._longest - len(self.token_spans([prompt])[0])
        self.id = ModelId(
            name, revision, int(self._model.get_embedding_dimension() or 0), precision
        )

    def token_spans(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        if not texts:
            return []
        with self._tokenizing:
            encoded = self._tokenizer(
                list(texts), add_special_tokens=False, return_offsets_mapping=True,
                truncation=False, verbose=False,
            )  # fmt: skip
        return [[(int(a), int(b)) for a, b in offsets] for offsets in encoded["offset_mapping"]]

    def count_tokens(self, texts: Sequence[str]) -> TokenCount:
        unknown = self._tokenizer.unk_token_id
        ids = [token for text in texts for token in self.token_ids(text)]
        pairs = zip(texts, self.token_spans(texts), strict=True)
        return TokenCount(
            len(ids),
            0 if unknown is None else ids.count(unknown),
            sum(spelled_out(text, spans) for text, spans in pairs),
        )

    def embed_passages(self, texts: Sequence[PassageText]) -> list[PassageVectors]:
        encoded = self._encoded([text.text for text in texts], self._prompt("document", "passage"))

        def forward(batch: Sequence[int]) -> list[Pass]:
            return self._forward([encoded[i] for i in batch])

        return self._sieve.of_passages(texts, self._batches(encoded), forward, self._pool)

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        """Threads that live as long as the model: each new one would keep memory of its own."""
        return ThreadPoolExecutor(self._workers, thread_name_prefix="embed")

    def embed_question(self, question: str) -> QuestionVectors:
        (one,) = self._forward(self._encoded([question], self._prompt("query", "question")))
        return self._sieve.of_question(one)

    def token_ids(self, text: str) -> list[int]:
        """The vocabulary's numbers of a text's tokens, special tokens not included."""
        with self._tokenizing:
            encoded = self._tokenizer(text, add_special_tokens=False, verbose=False)
        return list(encoded["input_ids"])

    @property
    def vocabulary_size(self) -> int:
        return len(self._tokenizer)

    def raw_tokens(self, texts: Sequence[PassageText]) -> list[tuple[Vectors, NDArray[np.int32]]]:
        """Each text's token vectors as the model gives them, and the tokens' ids; for fitting."""
        encoded = self._encoded([text.text for text in texts])
        found: dict[int, tuple[Vectors, NDArray[np.int32]]] = {}
        for batch in self._batches(encoded):
            passes = self._forward([encoded[i] for i in batch])
            found |= {i: self._sieve.raw(one) for i, one in zip(batch, passes, strict=True)}
        return [found[i] for i in range(len(texts))]

    def _encoded(self, texts: Sequence[str], prompt: str = "") -> list[_Encoded]:
        """Each text with the prompt before it, as the model takes it."""
        if not texts:
            return []
        with self._tokenizing:
            encoded = self._tokenizer(
                [prompt + text for text in texts], truncation=True, max_length=self._longest,
                return_offsets_mapping=True,
            )  # fmt: skip
        places = encoded.pop("offset_mapping")
        return [
            _Encoded(
                {key: values[i] for key, values in encoded.items()},
                np.asarray(own, dtype=np.int64).reshape(-1, 2) - len(prompt),
            )
            for i, own in enumerate(places)
        ]

    def _forward(self, texts: Sequence[_Encoded]) -> list[Pass]:
        """One pass for all of them."""
        padded = self._tokenizer.pad(
            [text.features for text in texts], return_attention_mask=True, return_tensors="pt"
        )
        inside = padded["attention_mask"].numpy().astype(bool)
        with self._passes, on_one_core(), torch.inference_mode():
            features = {key: value.to(self._model.device) for key, value in padded.items()}
            out = self._model(features)
            pooled = out["sentence_embedding"].float().cpu().numpy()
            tokens = out["token_embeddings"].float().cpu().numpy()
        # In float32 after the pass: normalising in half precision leaves lengths off by .1 %.
        return [
            Pass(vector, rows[own], text.ids, text.offsets)
            for vector, rows, own, text in zip(unit(pooled), tokens, inside, texts, strict=True)
        ]

    def _batches(self, texts: Sequence[_Encoded]) -> list[list[int]]:
        """Places of texts of about equal length, the longest first, so that little is padded."""
        batches: list[list[int]] = []
        room = 0
        for i in sorted(range(len(texts)), key=lambda i: -len(texts[i].ids)):
            if room == 0:
                batches.append([])
                room = max(1, self._batch_tokens // len(texts[i].ids))
            batches[-1].append(i)
            room -= 1
        return batches

    def _prompt(self, *names: str) -> str:
        prompts: dict[str, str] = self._model.prompts or {}
        found = next((prompts[name] for name in names if prompts.get(name)), "")
        return found or prompts.get(self._model.default_prompt_name or "", "") or ""

    @cached_property
    def _sieve(self) -> Sieve:
        tokenizer = self._tokenizer
        blank = blank_tokens(tokenizer.get_vocab(), list(tokenizer.all_special_ids))
        return Sieve(self.id.revision, blank)
