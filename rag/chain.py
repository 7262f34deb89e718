"""The pipeline as LangChain knows things: a Runnable that answers, and a BaseRetriever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableConfig
from pydantic import ConfigDict

from rag.errors import QuestionInvalid
from rag.links import deep_link
from rag.types import Answer, Filters, Hit, Turn
from rag.understand import understand

ChainInput = str | Mapping[str, Any]
_THREADS = 4  # questions answered at once in the async forms
_executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="pullquote")


class AnswerChain(Runnable[ChainInput, Answer]):
    """A question in, a checked `Answer` out.

    The input is a question, or a mapping with `question` and, where wanted, `history` (a list of
    `Turn` or of mappings with `question` and `answer`) and `filters` (`Filters`). `stream` yields
    growing answers; `invoke` gives the last one.
    """

    def __init__(self, answers: Callable[..., Iterator[Answer]]) -> None:
        """A chain on `Assistant.stream`, or whatever takes the same."""
        self._answers = answers

    def invoke(
        self, input: ChainInput, config: RunnableConfig | None = None, **kwargs: Any  # noqa: A002
    ) -> Answer:  # fmt: skip
        """The complete answer."""
        return self._call_with_config(self._last, input, config)

    def stream(
        self, input: ChainInput, config: RunnableConfig | None = None, **kwargs: Any | None  # noqa: A002
    ) -> Iterator[Answer]:  # fmt: skip
        """Growing answers."""
        question, history, filters = _arguments(input)
        return self._answers(question, history=history, filters=filters)

    async def ainvoke(
        self, input: ChainInput, config: RunnableConfig | None = None, **kwargs: Any  # noqa: A002
    ) -> Answer:  # fmt: skip
        """The complete answer, made in another thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(_executor, self.invoke, input, config)

    async def astream(
        self, input: ChainInput, config: RunnableConfig | None = None, **kwargs: Any | None  # noqa: A002
    ) -> AsyncIterator[Answer]:  # fmt: skip
        """Growing answers, made in another thread."""
        loop = asyncio.get_running_loop()
        answers = self.stream(input, config)
        while (answer := await loop.run_in_executor(_executor, next, answers, None)) is not None:
            yield answer

    def _last(self, input: ChainInput) -> Answer:  # noqa: A002
        *_, last = self.stream(input)
        return last


def _arguments(given: ChainInput) -> tuple[str, tuple[Turn, ...], Filters]:
    if isinstance(given, str):
        return given, (), Filters()
    unknown = set(given) - {"question", "history", "filters"}
    if unknown or not isinstance(given.get("question"), str):
        raise QuestionInvalid(
            f"The chain takes question, history and filters, not {sorted(given)}.",
            hint='Pass a text, or {"question": …, "history": […]}.',
        )
    return given["question"], _turns(given.get("history") or ()), given.get("filters") or Filters()


def _turns(history: Sequence[Any]) -> tuple[Turn, ...]:
    return tuple(turn if isinstance(turn, Turn) else Turn(**turn) for turn in history)


class SectionRetriever(BaseRetriever):
    """The passages most likely to hold the answer, as LangChain documents, best first.

    `metadata` has `post_id, title, url, headings, section, anchor, page, published, authors,
    categories, tags, position, relevance, passage_id`; `url` lands on the passage.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    pipeline: Any
    """An `Assistant` or a `Pipeline`."""
    k: int = 10
    """Documents, at most."""
    filters: Any = Filters()

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        longest = self.pipeline.settings.question_characters
        found = self.pipeline.retrieve(understand(query, filters=self.filters, longest=longest))
        return [_document(hit) for hit in found.hits[: self.k]]


def _document(hit: Hit) -> Document:
    passage = hit.passage
    post, section = passage.post, passage.section
    metadata = {
        "passage_id": passage.id,
        "post_id": post.id,
        "title": post.title,
        "url": deep_link(post, section, passage.sentences[0]),
        "headings": list(section.headings),
        "section": section.key,
        "anchor": section.anchor,
        "page": section.page,
        "published": post.published.isoformat() if post.published else None,
        "authors": list(post.authors),
        "categories": list(post.categories),
        "tags": list(post.tags),
        "position": passage.position,
        "relevance": hit.relevance,
    }
    return Document(page_content=passage.text, metadata=metadata, id=passage.id)
