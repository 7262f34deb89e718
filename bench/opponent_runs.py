"""One run of another system over the same posts; for a process of its own.

The systems are those of `eval.systems.retrievers`: the posts as readers see them, their own
defaults, the same model. What ours does of reading and parting HTML is spared them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from time import perf_counter, process_time
from typing import Any

from bench.ingest_runs import Cost
from bench.machine import peak_memory_mb
from eval.corpora.index import PostText
from eval.systems.retrievers import (
    LANGCHAIN,
    LLAMAINDEX,
    Ask,
    bare_model,
    langchain_default,
    llamaindex_default,
)
from eval.systems.text_vectors import Embed
from rag.embedding.embedder import BUNDLED_ID, HashEmbedder
from rag.settings import Settings
from rag.types import Vectors

LLAMAINDEX_BATCH = 10
"""Texts that LlamaIndex hands to a model at once, where nothing is said."""

_NEEDS = {
    LANGCHAIN: ("langchain_chroma", "langchain_text_splitters"),
    LLAMAINDEX: ("llama_index",),
}


@dataclass(frozen=True, slots=True)
class Built:
    """One run of another system."""

    cost: Cost
    """Its texts are the chunks that it made."""
    tokens: int
    """Of its chunks, without special tokens; 0 where no model has counted them."""
    read: int
    """Of these, those that the model reads: what is too long is cut."""


def installed_opponents() -> tuple[str, ...]:
    """Those whose packages (the dependency group `opponents`) are there."""
    return tuple(name for name, needs in _NEEDS.items() if all(map(find_spec, needs)))


def build_once(name: str, posts: Sequence[PostText], settings: Settings, precision: str) -> Built:
    """Give a system the posts, the model being loaded and its packages imported.

    Args:
        name: One of `installed_opponents`.
        posts: At least one.
        settings: Which model, and where it runs.
        precision: Number format of the forward pass.
    """
    started = perf_counter()
    embed = _Recorder(bare(settings, precision))
    build(name, posts[:1], embed)  # imports, and whatever else only the first time takes
    embed.texts.clear()
    loaded, processor, begun = perf_counter() - started, process_time(), perf_counter()
    build(name, posts, embed)
    seconds, processor = perf_counter() - begun, process_time() - processor
    cost = Cost(len(embed.texts), loaded, seconds, processor, peak_memory_mb())
    tokens, read = _tokens(embed.texts, settings)
    return Built(cost, tokens, read)


def build(name: str, posts: Sequence[PostText], embed: Embed, depth: int = 10) -> Ask:
    """A system that has been given the posts, as its own documentation puts it together."""
    if name == LANGCHAIN:
        return langchain_default(posts, embed, embed, depth)
    return llamaindex_default(posts, embed, embed, depth, batch=LLAMAINDEX_BATCH)


def bare(settings: Settings, precision: str) -> Embed:
    """The settings' model for other systems; loaded when it is first needed."""
    if settings.embedding_model == "hash":
        return _hashed
    return bare_model(settings, replace(BUNDLED_ID, precision=precision))


def _hashed(texts: Sequence[str]) -> Vectors:
    import numpy as np

    embedder = HashEmbedder()
    return np.stack([embedder.embed_question(text).question for text in texts])


def _tokens(texts: Sequence[str], settings: Settings) -> tuple[int, int]:
    if settings.embedding_model == "hash":
        return 0, 0
    from rag.backends import load_embedder

    embedder = load_embedder(settings.model_copy(update={"embedding_precision": "float32"}))
    room = embedder.max_tokens - embedder.special_tokens
    counts = [len(spans) for spans in embedder.token_spans(texts)]
    return sum(counts), sum(min(count, room) for count in counts)


class _Recorder:
    """Hands texts on to a model, and keeps them."""

    def __init__(self, embed: Callable[[Sequence[str]], Any]) -> None:
        self._embed = embed
        self.texts: list[str] = []

    def __call__(self, texts: Sequence[str]) -> Any:
        self.texts += texts
        return self._embed(texts)
