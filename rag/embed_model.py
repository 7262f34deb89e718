"""Embedding with a sentence-transformers model, every forward pass on one core."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rag.cores import CORES, on_one_core
from rag.embed import (
    ModelId,
    PassageText,
    PassageVectors,
    QuestionVectors,
    TokenCount,
    spelled_out,
    to_int8,
    unit,
)
from rag.embed_load import (
    best_precision,
    bundled_folder,
    check_bundled_weights,
    load_model,
    revision_of,
)
from rag.settings import BUNDLED_MODEL
from rag.types import Vector, Vectors

_MODELS = Path(__file__).parent / "models"


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
        pooled, tokens, ids, offsets = self._forward([prompt + text.text for text in chosen])
        return [
            self._passage(text, pooled[row], tokens[row], ids[row], offsets[row] - len(prompt))
            for row, text in enumerate(chosen)
        ]

    def embed_question(self, question: str) -> QuestionVectors:
        prompt = self._prompt("query", "question")
        pooled, tokens, ids, offsets = self._forward([prompt + question])
        inside = (offsets[0][:, 1] > offsets[0][:, 0]) & (offsets[0][:, 0] >= len(prompt))
        kept = inside & ~np.isin(ids[0], self._dropped)
        kept = kept if kept.any() else inside
        mean = tokens[0][inside].mean(axis=0, keepdims=True) if inside.any() else pooled
        return QuestionVectors(
            question=pooled[0],
            sentence=unit(mean)[0],
            tokens=to_int8(self._project(tokens[0][kept])),
            token_ids=ids[0][kept],
        )

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
            _, tokens, ids, offsets = self._forward([texts[i].text for i in batch])
            for row, i in enumerate(batch):
                kept = (offsets[row][:, 1] > offsets[row][:, 0]) & ~np.isin(ids[row], self._blank)
                found[i] = unit(tokens[row][kept]), ids[row][kept]
        return [found[i] for i in range(len(texts))]

    def _passage(
        self,
        text: PassageText,
        pooled: Vector,
        tokens: Vectors,
        ids: NDArray[np.int32],
        offsets: NDArray[np.int64],
    ) -> PassageVectors:
        where = np.full(len(ids), -2, dtype=np.int16)  # -2: no text (special, padding, prompt)
        inside = (offsets[:, 1] > offsets[:, 0]) & (offsets[:, 0] >= 0)
        where[inside] = -1
        sentences = np.zeros((len(text.spans), tokens.shape[1]), dtype=np.float32)
        for number, (start, end) in enumerate(text.spans):
            own = inside & (offsets[:, 0] >= start) & (offsets[:, 1] <= end)
            where[own] = number
            if own.any():
                sentences[number] = tokens[own].mean(axis=0)
        kept = inside & ~np.isin(ids, self._dropped)
        return PassageVectors(
            passage=pooled,
            sentences=unit(sentences),
            tokens=to_int8(self._project(tokens[kept])),
            token_ids=ids[kept],
            token_sentence=where[kept],
        )

    def _forward(
        self, texts: Sequence[str]
    ) -> tuple[Vectors, Vectors, NDArray[np.int32], NDArray[np.int64]]:
        """Pooled vectors (n, dimension), token vectors (n, length, width), ids and offsets."""
        with self._tokenizing:
            encoded = self._tokenizer(
                list(texts), padding=True, truncation=True, max_length=self._longest,
                return_tensors="pt", return_offsets_mapping=True,
            )  # fmt: skip
        offsets = encoded.pop("offset_mapping").numpy()
        ids = encoded["input_ids"].numpy().astype(np.int32)
        with self._passes, on_one_core(), torch.inference_mode():
            features = {key: value.to(self._model.device) for key, value in encoded.items()}
            out = self._model(features)
            pooled = out["sentence_embedding"].float().cpu().numpy()
            tokens = out["token_embeddings"].float().cpu().numpy()
        # In float32 after the pass: normalising in half precision leaves lengths off by .1 %.
        return unit(pooled), tokens, ids, offsets

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

    def _project(self, tokens: Vectors) -> Vectors:
        projection = self._late.get("projection")
        if projection is None:
            return tokens
        with on_one_core(), torch.inference_mode():
            found = torch.from_numpy(tokens) @ torch.from_numpy(projection.astype(np.float32))
            return np.asarray(found.numpy())

    @cached_property
    def _late(self) -> dict[str, NDArray[Any]]:
        """The projection and the stop list that were fitted for this model's revision, if any."""
        file = _MODELS / f"late-{self.id.revision}.npz"
        if not file.is_file():
            return {}
        with np.load(file) as arrays:
            return {key: arrays[key] for key in arrays.files}

    @cached_property
    def _blank(self) -> NDArray[np.int32]:
        """Special tokens and punctuation."""
        special = list(self._tokenizer.all_special_ids)
        vocabulary: dict[str, int] = self._tokenizer.get_vocab()
        blank = [i for token, i in vocabulary.items() if not any(c.isalnum() for c in token)]
        return np.asarray(special + blank, dtype=np.int32)

    @cached_property
    def _dropped(self) -> NDArray[np.int32]:
        """Tokens that say nothing: special ones, punctuation, and the fitted stop list."""
        stop = self._late.get("stop_tokens")
        return self._blank if stop is None else np.union1d(self._blank, stop)
