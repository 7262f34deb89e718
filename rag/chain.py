"""The pipeline as LangChain knows things: a Runnable that answers, and a BaseRetriever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, Protocol, runtime_checkable

from langchain_core.callbacks import (
    AsyncCallbackManagerForRetrieverRun,
    CallbackManagerForRetrieverRun,
)
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import run_in_executor
from pydantic import ConfigDict, InstanceOf

from rag.asked import Asked, asked, limits
from rag.errors import QuestionInvalid
from rag.links import deep_link
from rag.settings import Settings
from rag.stopping import Stop
from rag.types import Answer, Filters, Found, Hit, Query
from rag.understanding.courtesy import is_courtesy

ChainInput = str | Mapping[str, Any]
_THREADS = 4  # questions answered at once in the async forms
_executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="pullquote")


class AnswerChain(Runnable[ChainInput, Answer]):
    """A question in, a checked `Answer` out.

    The input is a question, or a mapping with `question` and, where wanted, `history` (turns or
    messages, as `rag.asked.turns` takes them), `filters` (`Filters` or a mapping of its
    fields) and `recognise` (False: nothing in the question becomes a filter). The same may come as
    keywords, also by `bind`; what is unknown or comes twice raises `QuestionInvalid`. `stream`
    yields growing answers; `invoke` gives the last one. Callbacks, tags and metadata of the config
    see one run for each question.
    """

    def __init__(self, answers: Callable[..., Iterator[Answer]]) -> None:
        """A chain on `Assistant.stream`, or whatever takes the same."""
        self._answers = answers

    def invoke(
        self, input: ChainInput, config: RunnableConfig | None = None, **kwargs: Any  # noqa: A002
    ) -> Answer:  # fmt: skip
        """The complete answer."""
        return self._call_with_config(self._last, _merged(input, kwargs), config)

    def stream(
        self, input: ChainInput, config: RunnableConfig | None = None, **kwargs: Any | None  # noqa: A002
    ) -> Iterator[Answer]:  # fmt: skip
        """Growing answers."""
        given = iter([_merged(input, kwargs)])
        return self._transform_stream_with_config(given, self._grow, config)

    async def ainvoke(
        self, input: ChainInput, config: RunnableConfig | None = None, **kwargs: Any  # noqa: A002
    ) -> Answer:  # fmt: skip
        """The complete answer, made in another thread; called off when this is cancelled."""
        stop = Stop()
        call = partial(stop.context().run, self.invoke, input, config, **kwargs)
        try:
            return await asyncio.get_running_loop().run_in_executor(_executor, call)
        finally:
            stop.now()

    async def astream(
        self, input: ChainInput, config: RunnableConfig | None = None, **kwargs: Any | None  # noqa: A002
    ) -> AsyncIterator[Answer]:  # fmt: skip
        """Growing answers, made in another thread; called off when this is cancelled or closed."""
        loop = asyncio.get_running_loop()
        stop = Stop()
        context = stop.context()
        answers = context.run(partial(self.stream, input, config, **kwargs))
        try:
            while True:
                call = partial(context.run, next, answers, None)
                answer = await loop.run_in_executor(_executor, call)
                if answer is None:
                    return
                yield answer
        finally:
            stop.now()
            close = getattr(answers, "close", None)
            if close:
                # A reader who leaves in the middle: the thread may still be at work on it.
                _executor.submit(_close, close)

    def _last(self, input: ChainInput) -> Answer:  # noqa: A002
        *_, last = self._grow(iter([input]))
        return last

    def _grow(self, inputs: Iterator[ChainInput]) -> Iterator[Answer]:
        for given in inputs:
            one = _arguments(given)
            yield from self._answers(
                one.question, history=one.history, filters=one.filters, recognise=one.recognise
            )


def _close(close: Callable[[], None]) -> None:
    with suppress(ValueError):  # it is running: it ends with the time that it has
        close()


_TAKEN = {"question", "history", "filters", "recognise"}


def _merged(given: ChainInput, keywords: Mapping[str, Any]) -> ChainInput:
    """The input with what came as keywords beside it; `_arguments` says what is wrong with it."""
    if not keywords or not isinstance(given, str | Mapping):
        return given
    asked = {"question": given} if isinstance(given, str) else given
    twice = sorted(asked.keys() & keywords.keys())
    if twice:
        raise QuestionInvalid(
            f"The chain was given {', '.join(twice)} twice, in the input and as a keyword.",
            hint="Leave one of the two out.",
        )
    return {**asked, **keywords}


def _arguments(given: ChainInput) -> Asked:
    if isinstance(given, str):
        return asked(given)
    mapping = isinstance(given, Mapping)
    unknown = sorted(str(name) for name in given if name not in _TAKEN) if mapping else ()
    if not mapping or unknown or not isinstance(given.get("question"), str):
        kind = unknown or (sorted(map(str, given)) if mapping else type(given).__name__)
        raise QuestionInvalid(
            f"The chain takes question, history, filters and recognise, not {kind}.",
            hint='Pass a text, or {"question": …, "history": […]}.',
        )
    return asked(**given)


@runtime_checkable
class Searches(Protocol):
    """What a retriever asks: an `Assistant`, or a `Pipeline`."""

    @property
    def settings(self) -> Settings: ...

    def understand(
        self, question: str, *, filters: Filters | None = None, recognise: bool = True
    ) -> Query:
        """What to search for."""

    def retrieve(self, query: Query) -> Found:
        """What is found for it, best first."""


class SectionRetriever(BaseRetriever):
    """The passages most likely to hold the answer, as LangChain documents, best first.

    `metadata` has `post_id, title, url, headings, section, anchor, page, published, authors,
    categories, tags, position, relevance, passage_id`; `url` lands on the passage. `k` and
    `filters` may also come with a question, as keywords of `invoke` or by `bind`. For a greeting or
    thanks there are none.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    pipeline: Searches
    k: int = 10
    """Documents, at most."""
    filters: InstanceOf[Filters] | Mapping[str, Any] | None = Filters()
    """As `rag.asked.limits` takes them."""

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, **keywords: Any
    ) -> list[Document]:
        return self._search(query, keywords)

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, **keywords: Any
    ) -> list[Document]:
        return await run_in_executor(None, self._search, query, keywords)

    def _search(self, query: str, keywords: Mapping[str, Any]) -> list[Document]:
        unknown = sorted(keywords.keys() - {"k", "filters"})
        if unknown:
            raise QuestionInvalid(
                f"The retriever takes a question, k and filters, not {', '.join(unknown)}.",
                hint="Leave it out.",
            )
        most = keywords.get("k", self.k)
        if not isinstance(most, int) or most < 1:
            raise QuestionInvalid(
                f"k is a number of documents, not {most!r}.", hint="Take 1 or more."
            )
        settings = self.pipeline.settings
        wanted = limits(keywords.get("filters", self.filters))
        if is_courtesy(query):  # a chain that a reader greets has made no mistake
            return []
        # What was recognised could not be told here, so nothing is.
        understood = self.pipeline.understand(query, filters=wanted, recognise=False)
        found = self.pipeline.retrieve(understood)
        return [_document(hit, settings.link_base) for hit in found.hits[:most]]


def _document(hit: Hit, link_base: str) -> Document:
    passage = hit.passage
    post, section = passage.post, passage.section
    metadata = {
        "passage_id": passage.id,
        "post_id": post.id,
        "title": post.title,
        "url": deep_link(post, section, passage.sentences[0], base=link_base),
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
