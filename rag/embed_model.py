"""Embedding with a sentence-transformers model, every forward pass on one core."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from itertools import starmap
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rag.bundled import bundled_folder, check_bundled_weights
from rag.cores import CORES, on_one_core
from rag.embed import (
    ModelId,
    PassageText,
    PassageVectors,
    QuestionVectors,
    TokenCount,
    spelled_out,
    unit,
)
from rag.embed_load import best_precision, load_model, revision_of
from rag.embed_tokens import Pass, Sieve, blank_tokens
from rag.settings import BUNDLED_MODEL
from rag.types import Vectors


class ModelEmbedder:
    """A sentence-transformers model, run so that one forward pass gives all three vectors."""

    def __init__(
        self, name: str, *, device: str = "auto", precision: str = "auto", batch_tokens: int = 4096
    ) -> None:
        """Load the model.

        Args:
            name: `settings.BUNDLED_MODEL`, another name of the model hub, or a folder.
            device: As torch names it, or "auto".
            precision: "float32", "bfloat16", "float16" or "auto".
            batch_tokens: Tokens, padding included, in one forward pass.

        Raises:
            ModelUnavailable: The model cannot be loaded.
        """
        self._batch_tokens = batch_tokens
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
        self._workers = CORES if self._model.device.type == "cpu" else 1
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
        found: dict[int, PassageVectors] = {}
        # Sorted by length, so that a batch pads little; handed back in the order given.
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i].text))
        batches = list(self._batches(texts, order))
        # One batch, as a judge has it, needs no other thread.
        every = (self._pool.map if len(batches) > 1 else map)(
            lambda batch: self._embed(texts, batch), batches
        )
        for batch, vectors in zip(batches, every, strict=True):
            found |= zip(batch, vectors, strict=True)
        return [found[i] for i in range(len(texts))]

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        """Threads that live as long as the model: each new one would keep memory of its own."""
        return ThreadPoolExecutor(self._workers, thread_name_prefix="embed")

    def _embed(self, texts: Sequence[PassageText], batch: Sequence[int]) -> list[PassageVectors]:
        prompt = self._prompt("document", "passage")
        chosen = [texts[i] for i in batch]
        passes = self._forward([text.text for text in chosen], prompt)
        return [self._sieve.of_passage(text, one) for text, one in zip(chosen, passes, strict=True)]

    def embed_question(self, question: str) -> QuestionVectors:
        (one,) = self._forward([question], self._prompt("query", "question"))
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
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i].text))
        found: dict[int, tuple[Vectors, NDArray[np.int32]]] = {}
        for batch in self._batches(texts, order):
            passes = self._forward([texts[i].text for i in batch])
            found |= {i: self._sieve.raw(one) for i, one in zip(batch, passes, strict=True)}
        return [found[i] for i in range(len(texts))]

    def _forward(self, texts: Sequence[str], prompt: str = "") -> list[Pass]:
        """One pass for all of them, each with the prompt before it."""
        with self._tokenizing:
            encoded = self._tokenizer(
                [prompt + text for text in texts], padding=True, truncation=True,
                max_length=self._longest, return_tensors="pt", return_offsets_mapping=True,
            )  # fmt: skip
        offsets = encoded.pop("offset_mapping").numpy() - len(prompt)
        ids = encoded["input_ids"].numpy().astype(np.int32)
        with self._passes, on_one_core(), torch.inference_mode():
            features = {key: value.to(self._model.device) for key, value in encoded.items()}
            out = self._model(features)
            pooled = out["sentence_embedding"].float().cpu().numpy()
            tokens = out["token_embeddings"].float().cpu().numpy()
        # In float32 after the pass: normalising in half precision leaves lengths off by .1 %.
        return list(starmap(Pass, zip(unit(pooled), tokens, ids, offsets, strict=True)))

    def _batches(self, texts: Sequence[PassageText], order: list[int]) -> Iterator[list[int]]:
        batch: list[int] = []
        longest = 0
        for i in order:
            length = min(len(texts[i].text) // 3 + 2, self.max_tokens)  # an estimate is enough
            longest = max(longest, length)
            if batch and longest * (len(batch) + 1) > self._batch_tokens:
                yield batch
                batch, longest = [], length
            batch.append(i)
        if batch:
            yield batch

    def _prompt(self, *names: str) -> str:
        prompts: dict[str, str] = self._model.prompts or {}
        found = next((prompts[name] for name in names if prompts.get(name)), "")
        return found or prompts.get(self._model.default_prompt_name or "", "") or ""

    @cached_property
    def _sieve(self) -> Sieve:
        tokenizer = self._tokenizer
        blank = blank_tokens(tokenizer.get_vocab(), list(tokenizer.all_special_ids))
        return Sieve(self.id.revision, blank)
