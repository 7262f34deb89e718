"""Other systems by name, as a user would take them: given the posts once, then asked.

The only file of `eval` that knows other frameworks. Both have the same embedding model as ours,
in the same number format, and their own defaults for everything else. They are given the posts as
their readers see them, with the title on the first line, and are asked the question as it was
typed.

* langchain-default: `RecursiveCharacterTextSplitter` with 1,000 characters and 200 of overlap, as
  its tutorials have it, and `similarity_search` of `langchain_chroma.Chroma`.
* llamaindex-default: `VectorStoreIndex.from_documents`, whose splitter takes 1,024 tokens and 200
  of overlap; the title is metadata as well, which it embeds with every chunk. The model reads the
  first 256 word pieces of a chunk, as it does for everyone who takes this model there.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from eval.cases.gold import RetrievedText
from eval.corpora.index import PostText
from eval.systems.function import load_function
from eval.systems.in_index import BOTH, MEANING, OURS, UNREAD, WORDS, Search, index_system
from eval.systems.text_vectors import Embed, TextVectors
from rag.assistant import Assistant
from rag.embedding.embedder import ModelId
from rag.errors import ConfigError, ModelUnavailable, PullquoteError
from rag.settings import BUNDLED_MODEL, Settings
from rag.types import Vectors

LANGCHAIN, LLAMAINDEX = "langchain-default", "llamaindex-default"
SYSTEMS = (OURS, UNREAD, WORDS, MEANING, BOTH, LANGCHAIN, LLAMAINDEX)
_CHUNK, _OVERLAP = 1000, 200  # characters

Ask = Callable[[str], Iterable[tuple[str, str]]]
"""A question to ids of posts and texts of theirs, best first."""


def load_system(
    name: str,
    assistant: Assistant,
    posts: Sequence[PostText],
    *,
    embed: Embed,
    cache: Path,
    depth: int = 10,
) -> Search:
    """A system that has been given the posts.

    Args:
        name: One of `SYSTEMS`, or "module:function": a function that is given all posts and returns
            one from a question to (post id, text) pairs, best first.
        assistant: Ours, on the index of the posts.
        posts: What the others are given.
        embed: The model, for those that need one.
        cache: Where their vectors are kept.
        depth: How many texts are asked for.

    Raises:
        ConfigError: There is no such system, or its packages are not installed.
    """
    if name in (OURS, UNREAD, WORDS, MEANING, BOTH):
        return index_system(name, assistant, depth)
    if name in (LANGCHAIN, LLAMAINDEX):
        vectors = TextVectors(embed, cache / f"{name}.npz")
        build = langchain_default if name == LANGCHAIN else llamaindex_default
        try:
            return _alone(build(posts, vectors, embed, depth), depth)
        except ModuleNotFoundError as error:
            raise ConfigError(
                f"The system {name!r} needs a package that is not installed: {error.name}.",
                hint="Run `pip install --group opponents`.",
            ) from error
    return _alone(load_function(name, "system", SYSTEMS)(posts), depth)


def langchain_default(posts: Sequence[PostText], vectors: Embed, embed: Embed, depth: int) -> Ask:
    """Chunks of 1,000 characters in Chroma, by similarity.

    Args:
        posts: What is searched.
        vectors: The model for chunks, and …
        embed: … for questions, which are not kept.
        depth: How many chunks are asked for.
    """
    from langchain_chroma import Chroma
    from langchain_core.documents import Document
    from langchain_core.embeddings import Embeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    class Model(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return _numbers(vectors(texts))

        def embed_query(self, text: str) -> list[float]:
            return _numbers(embed([text]))[0]

    splitter = RecursiveCharacterTextSplitter(chunk_size=_CHUNK, chunk_overlap=_OVERLAP)
    documents = [Document(page_content=one.text, metadata={"post": one.post_id}) for one in posts]
    chunks = splitter.split_documents(documents)
    # Stores of one process share what they call by the same name.
    store = Chroma.from_documents(chunks, Model(), collection_name=f"posts-{uuid.uuid4().hex}")

    def ask(question: str) -> Iterable[tuple[str, str]]:
        found = store.similarity_search(question, k=depth)
        return [(one.metadata["post"], one.page_content) for one in found]

    return ask


def llamaindex_default(
    posts: Sequence[PostText], vectors: Embed, embed: Embed, depth: int, *, batch: int = 2048
) -> Ask:
    """A `VectorStoreIndex` of the posts; arguments as of `langchain_default`.

    How many texts go to the model at once (`batch`) changes no vector.
    """
    from llama_index.core import Document, VectorStoreIndex
    from llama_index.core.base.embeddings.base import BaseEmbedding

    class Model(BaseEmbedding):  # type: ignore[misc]  # untyped where it is not installed
        def _get_text_embedding(self, text: str) -> list[float]:
            return _numbers(vectors([text]))[0]

        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            return _numbers(vectors(texts))

        def _get_query_embedding(self, query: str) -> list[float]:
            return _numbers(embed([query]))[0]

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_query_embedding(query)

    documents = [
        Document(text=one.text, doc_id=one.post_id, metadata={"title": one.title}) for one in posts
    ]
    index = VectorStoreIndex.from_documents(documents, embed_model=Model(embed_batch_size=batch))
    retriever = index.as_retriever(similarity_top_k=depth)

    def ask(question: str) -> Iterable[tuple[str, str]]:
        return [
            (one.node.ref_doc_id, one.node.get_content()) for one in retriever.retrieve(question)
        ]

    return ask


def bare_model(settings: Settings, model: ModelId) -> Embed:
    """The settings' model as sentence-transformers runs it, loaded when it is first needed.

    Args:
        settings: Which model, and where it runs.
        model: As the index has it; its number format is taken.
    """
    import torch

    from rag.embedding.bundled import bundled_folder
    from rag.embedding.load import load_model
    from rag.embedding.precision import best_precision

    loaded: list[Any] = []

    def embed(texts: Sequence[str]) -> Any:
        if not loaded:
            name = settings.embedding_model
            found = load_model(
                str(bundled_folder()) if name == BUNDLED_MODEL else name, settings.embedding_device
            )
            precision = best_precision(model.precision, found.device.type)
            loaded.append(found.to(getattr(torch, precision)))
        vectors = loaded[0].encode(list(texts), convert_to_tensor=True, show_progress_bar=False)
        return vectors.float().cpu().numpy()

    return embed


def _numbers(vectors: Vectors) -> list[list[float]]:
    rows: list[list[float]] = vectors.tolist()
    return rows


def _alone(ask: Ask, depth: int) -> Search:
    """A system that knows no conversation."""

    def search(question: str, _history: object) -> Sequence[RetrievedText]:
        try:
            found = list(ask(question))[:depth]
        except (PullquoteError, SystemExit) as error:
            # Ours would end the comparison, as they do where they are not the system's own.
            raise ModelUnavailable(
                f"{type(error).__name__}: {error}", hint="Look at the system."
            ) from error
        return [_text(*one) for one in found]

    return search


def _text(post: object, text: object) -> RetrievedText:
    if not isinstance(post, str) or not isinstance(text, str):
        raise TypeError(f"{post!r} and {text!r} are not the id of a post and a text")
    return RetrievedText(post, text)
