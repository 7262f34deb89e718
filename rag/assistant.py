"""The short public face: open an index, ask it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from rag.answer_cache import AnswerCache
from rag.asked import Conversation, Limits, asked
from rag.backends import (
    load_condenser,
    load_embedder,
    load_judge,
    load_reader,
    load_reranker,
    load_writer,
)
from rag.calibration import load_calibration
from rag.checking.verify import Check
from rag.embedding.embedder import Embedder
from rag.errors import IndexMismatch
from rag.index.index import Index
from rag.index.languages import IndexLanguages
from rag.index.lexicon import Lexicon
from rag.index.own_calibration import OwnCalibration, own_calibration, with_own_refusal
from rag.pipeline import Pipeline, Writer
from rag.settings import Settings, load_settings
from rag.types import Answer, Found, Provenance, Query

if TYPE_CHECKING:
    from rag.chain import AnswerChain, SectionRetriever


_log = logging.getLogger(__name__)


class Assistant:
    """Answers questions from an index. Safe to use from several threads; a context manager."""

    def __init__(
        self, settings: Settings, *, embedder: Embedder | None = None, writer: Writer | None = None
    ) -> None:
        """Open the index that the settings name.

        Args:
            settings: All of them.
            embedder: Takes the place of the one that the settings name, as one already loaded.
            writer: Takes the place of the one that the settings name.

        Raises:
            IndexMissing: Nothing has been ingested yet.
            IndexMismatch: The index was made with another model.
            ModelUnavailable: A model cannot be loaded.
        """
        self.settings = settings
        self.index = Index(settings.place, exact_up_to=settings.exact_search)
        self._languages = IndexLanguages(self.index.catalog)
        self._embedder = embedder
        self._writer = writer
        self._pipeline: Pipeline | None = None
        self._own: OwnCalibration | None = None
        self._loading = threading.Lock()

    @classmethod
    def open(cls, index: str | Path | None = None, **settings: Any) -> Self:
        """Open an index.

        Args:
            index: Its folder; None takes the settings'.
            settings: Any field of `Settings`, above environment and file.

        Raises:
            ConfigError: A setting is unknown or out of its range.
            IndexMissing: Nothing has been ingested yet.
        """
        return cls(load_settings(index=index, **settings))

    def ask(
        self,
        question: str,
        *,
        history: Conversation = (),
        filters: Limits = None,
        recognise: bool = True,
        without: Limits = None,
    ) -> Answer:
        """Answer a question from the posts.

        Args:
            question: In any words.
            history: Earlier turns, oldest first; also messages, as `rag.asked.turns` takes them.
            filters: What to look in, as `rag.asked.limits` takes it; None is everything.
            recognise: Whether "posts by", "tagged", "in 2016" and the like in the question limit
                it further, and whether questions about the posts themselves are answered from
                their records. What was recognised stands in `answer.query.recognised`.
            without: What of that shall limit nothing, and not be searched for either.

        Returns:
            An answer whose sentences all carry checked citations. No sentences means that the
            posts do not answer; that is a result, not an error.

        Raises:
            QuestionInvalid: The question is empty or too long, or something has another form.
            IndexMismatch: The index was made with another model.
            ModelUnavailable: A model cannot be loaded or does not answer.
        """
        *_, last = self.stream(
            question, history=history, filters=filters, recognise=recognise, without=without
        )
        return last

    def stream(
        self,
        question: str,
        *,
        history: Conversation = (),
        filters: Limits = None,
        recognise: bool = True,
        without: Limits = None,
    ) -> Iterator[Answer]:
        """As `ask`, with an answer for each sentence that is checked; the last is complete."""
        given = asked(question, history, filters, recognise, without)

        def ask(pipeline: Pipeline) -> Iterator[Answer]:
            return pipeline.answers(given.question, **given.beside)

        return self._answers(self.pipeline, ask)

    def understand(
        self,
        question: str,
        *,
        history: Conversation = (),
        filters: Limits = None,
        recognise: bool = True,
        without: Limits = None,
    ) -> Query:
        """What would be searched for, as `ask` takes it; for `retrieve`.

        Raises:
            QuestionInvalid: The question is empty or too long.
        """
        given = asked(question, history, filters, recognise, without)
        return self.pipeline.understand(given.question, **given.beside)

    @property
    def provenance(self) -> Provenance:
        """What an answer is made with now."""
        made_with = self.pipeline.check.provenance
        index = self.index
        return replace(made_with, index_generation=index.generation, synced_at=index.synced_at)

    def _answers(
        self, pipeline: Pipeline, ask: Callable[[Pipeline], Iterator[Answer]]
    ) -> Iterator[Answer]:
        try:
            yield from ask(pipeline)
        except IndexMismatch:
            # The index was given another model after the pipeline was taken; nothing is shown yet.
            yield from ask(self.pipeline)

    def retrieve(self, query: Query) -> Found:
        """What is found for a query, best first."""
        try:
            return self.pipeline.retrieve(query)
        except IndexMismatch:  # as above
            return self.pipeline.retrieve(query)

    @property
    def pipeline(self) -> Pipeline:
        """The stages, with the models loaded; others once the index has been given another model.

        Raises:
            IndexMismatch: The index was made with another model than the settings name.
            IndexUnavailable: This assistant was closed.
            ModelUnavailable: A model cannot be loaded.
        """
        self.index.require_open()
        with self._loading:
            if self._pipeline is None:
                self._languages.prepare()
                self._pipeline = self._load(self._embedder or load_embedder(self.settings))
            elif self._pipeline.embedder.id.model != self.index.model_id.model:
                name = self.index.model_id.name
                _log.warning("The index was given the embedding model %s; loading it.", name)
                settings = self.settings.model_copy(update={"embedding_model": name})
                self._pipeline = self._load(load_embedder(settings))
            elif self._own != own_calibration(self.index.catalog):
                self._pipeline = self._load(self._pipeline.embedder)
            return self._pipeline

    def _load(self, embedder: Embedder) -> Pipeline:
        settings = self.settings
        self._check_model(embedder)
        calibration = load_calibration(embedder.id.revision)
        reader = load_reader(settings, calibration)
        self._own = own_calibration(self.index.catalog)
        calibration, fitted = with_own_refusal(
            calibration, self._own, embedder.id.model, reader.id if reader else ""
        )
        writer = self._writer or load_writer(settings, calibration, read=reader is not None)
        judge, supported_from = load_judge(settings, self.index, embedder, calibration, writer)
        reranker = load_reranker(settings)
        least = settings.min_support
        check = Check(
            judge,
            supported_from if least is None else least,
            link_base=settings.link_base,
            sections_of=self.index.sections,
        )
        # A writer of somebody else's may say something else each time.
        kept = settings.cached_answers if not self._writer else 0
        pipeline = Pipeline(
            self.index,
            embedder,
            writer,
            check,
            calibration,
            settings,
            lexicon=Lexicon(self.index.catalog),
            languages=self._languages,
            reader=reader,
            reranker=reranker,
            condenser=load_condenser(writer),
            cache=AnswerCache(kept) if kept else None,
        )
        return pipeline.with_provenance(_made_with(pipeline, refusal=fitted))

    def _check_model(self, embedder: Embedder) -> None:
        self.index.check_model(embedder.id)
        made_in, now = self.index.model_id.precision, embedder.id.precision
        # In float32 a question is embedded more exactly than any passage.
        if now not in (made_in, "float32"):
            _log.warning("The index's vectors were made in %s, and questions in %s.", made_in, now)

    @property
    def is_loaded(self) -> bool:
        """Whether the models are: then the first question waits for nothing."""
        return self._pipeline is not None

    @cached_property
    def chain(self) -> AnswerChain:
        """A LangChain Runnable: `invoke`, `batch`, `stream` and their async forms."""
        from rag.chain import AnswerChain

        return AnswerChain(self.stream)

    @cached_property
    def retriever(self) -> SectionRetriever:
        """A LangChain BaseRetriever: documents with section metadata, for a chain of your own."""
        from rag.chain import SectionRetriever

        return SectionRetriever(pipeline=self)

    def warm_up(self) -> None:
        """Load the models and open the search index, so that the first question is quick."""
        embedded = self.pipeline.embedder.embed_question("warm up")
        self.index.search(embedded.question, 1)
        self.understand("warm up")

    def close(self) -> None:
        self.index.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _made_with(pipeline: Pipeline, *, refusal: str) -> Provenance:
    return Provenance(
        version=installed_version(),
        embedder=str(pipeline.embedder.id),
        reader=pipeline.reader.id if pipeline.reader else "",
        reranker=pipeline.reranker.id if pipeline.reranker else "",
        writer=pipeline.writer.name,
        judge=pipeline.check.judge.name,
        thresholds={
            "min_answerable": pipeline.min_answerable,
            "min_share": pipeline.calibration.thresholds(read=pipeline.reads)[1],
            "min_support": pipeline.check.min_support,
        },
        refusal=refusal,
    )


def installed_version() -> str:
    try:
        return version("pullquote")
    except PackageNotFoundError:  # run from a checkout that was not installed
        return "unknown"
