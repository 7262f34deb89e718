"""The stages in their order: understand, retrieve, write, verify. Knows no framework."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from time import perf_counter
from typing import Protocol

from rag.answer_cache import AnswerCache
from rag.calibration import Calibration
from rag.catalog.languages import LanguageShare
from rag.catalog.posts import count_posts
from rag.checking.verify import Check, verify
from rag.embedding.embedder import Embedder
from rag.index.index import Index
from rag.index.languages import MULTILINGUAL, IndexLanguages, in_words
from rag.index.lexicon import Lexicon
from rag.index.newer import newer_first
from rag.reading.reader import Reader, Reranker
from rag.retrieval.by_words import retrieve_by_words, words_calibration
from rag.retrieval.of_dates import dated_first
from rag.retrieval.of_records import posts_asked_for
from rag.retrieval.retrieve import retrieve
from rag.settings import Settings
from rag.text.record_words import about_content, limit_warnings, no_posts
from rag.types import Answer, Draft, Filters, Found, Provenance, Query, Remark, Turn
from rag.understanding.condensing import Condenser, said_by_itself
from rag.understanding.courtesy import asks_nothing
from rag.understanding.understand import understand
from rag.writing.from_records import write_record
from rag.writing.quotes import QuoteWriter

_ALL = 1_000_000  # hits: as many as there are candidates


class Writer(Protocol):
    """Says something about what was found."""

    @property
    def name(self) -> str: ...

    def write(self, query: Query, found: Found) -> Draft:
        """A draft whose claims point at sentences of the hits."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """All that it takes to answer a question."""

    index: Index
    embedder: Embedder
    writer: Writer
    check: Check
    calibration: Calibration
    settings: Settings
    lexicon: Lexicon
    languages: IndexLanguages
    reader: Reader | None = None
    """Reads the best passages closely; None ranks by what the index knows alone."""
    reranker: Reranker | None = None
    """Orders the hits anew before they are read."""
    condenser: Condenser | None = None
    cache: AnswerCache | None = None
    """Keeps what was answered; its settings are those of this pipeline."""

    @property
    def min_answerable(self) -> float:
        own = self.settings.min_answerable
        return self.calibration.thresholds(read=self.reads)[0] if own is None else own

    def least(self, query: Query) -> float:
        """From where on a question is answered: another one where words alone are looked at."""
        own = self.settings.min_answerable
        if own is None and self.by_words(query):
            return words_calibration().min_answerable
        return self.min_answerable

    def by_words(self, query: Query) -> LanguageShare | None:
        """The question's language where the embedding model cannot read it, else None.

        Then passages are ranked by words alone, and nothing is done but quote.
        """
        return self.languages.is_unread(query.language) if query.record is None else None

    def writer_for(self, query: Query) -> Writer:
        if self.by_words(query):
            return QuoteWriter(words_calibration().min_share, self.settings.answer_sentences)
        return self.writer

    @property
    def reads(self) -> bool:
        return self.reader is not None and self.settings.read_passages > 0

    def answers(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        filters: Filters | None = None,
        recognise: bool = True,
        without: Filters | None = None,
        now: datetime | None = None,
    ) -> Iterator[Answer]:
        """Growing answers; the last one is complete.

        Raises:
            QuestionInvalid: The question is empty or too long.
            ModelUnavailable: A model fails before the first sentence is shown.
            IndexMismatch: The index has been given another model; nothing is shown yet.
        """
        started = perf_counter()
        # repr: filters may hold lists. The day, as "last year" means another one on another day.
        turns, day = self._turns(history), (now or datetime.now(UTC)).date()
        asked = repr((question, turns, filters or Filters(), recognise, without, day))
        state = self.index.state if self.cache else None
        if self.cache and (kept := self.cache.get(asked, state)):
            yield replace(kept, timing={"kept": (perf_counter() - started) * 1000})
            return
        faults: list[str] = []
        query = self.understand(
            question, history=history, filters=filters, recognise=recognise, without=without,
            now=now, faults=faults,
        )  # fmt: skip
        draft, made_with, timing = self._draft(query, filters or Filters(), started)
        draft = replace(draft, claims=chain(map(Remark, faults), draft.claims))
        check = replace(self.check, provenance=made_with)
        for answer in verify(draft, check, timing=timing):
            # Warnings of the stages' models tell of trouble that the next try may not have.
            if self.cache and answer.complete and answer.warnings == draft.found.warnings:
                self.cache.put(asked, state, answer)
            yield answer

    def _draft(
        self, query: Query, filters: Filters, started: float
    ) -> tuple[Draft, Provenance, dict[str, float]]:
        """What is written, what it is made with, and the milliseconds of the stages until then."""
        understood = perf_counter()
        query, found = self._find(query, filters)
        timing = {
            "understand": (understood - started) * 1000,
            "retrieve": (perf_counter() - understood) * 1000,
        }
        retrieved, writer, least = perf_counter(), self.writer_for(query), self.least(query)
        if query.record and found.posts:
            draft = write_record(query, found, writer)
        elif found.hits and found.answerable >= least and not (query.unmentioned and least):
            draft = writer.write(query, found)
        else:
            draft = Draft(query, found, (), writer.name)
        timing["write"] = (perf_counter() - retrieved) * 1000
        made_with = replace(
            self.check.provenance,
            index_generation=found.generation,
            synced_at=found.synced_at,
            writer=writer.name,
        )
        return draft, made_with, timing

    def _turns(self, history: Sequence[Turn]) -> tuple[Turn, ...]:
        """Those of the conversation that are looked at: thanks and greetings are about nothing."""
        most = self.settings.history_turns
        asked = tuple(turn for turn in history if not asks_nothing(turn.question))
        return asked[-most:] if most else ()

    def understand(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        filters: Filters | None = None,
        recognise: bool = True,
        without: Filters | None = None,
        now: datetime | None = None,
        faults: list[str] | None = None,
    ) -> Query:
        """What a question asks, and the chat model if any: `rag.understanding.understand`.

        What keeps the chat model from its part goes into `faults`.

        Raises:
            QuestionInvalid: The question is empty or too long.
        """
        turns = self._turns(history)
        longest = self.settings.question_characters
        read = partial(
            understand,
            filters=filters or Filters(),
            longest=longest,
            lexicon=self.lexicon,
            recognise=recognise,
            without=without or Filters(),
            now=now,
        )
        with self.index.catalog.reading():
            query = self._in_language(read(question, history=turns))
        own = query.record or query.sections or query.filters.titles
        if own or not (self.condenser and turns):
            return query
        whole = said_by_itself(
            self.condenser, query.question, turns, longest=longest, faults=faults
        )
        if whole is None:
            return query
        with self.index.catalog.reading():
            said = self._in_language(read(whole))
        more = dict.fromkeys(said.searches if said.record else (*said.searches, query.question))
        return replace(said, question=query.question, searches=(*more,), before=query.before)

    def _in_language(self, query: Query) -> Query:
        language, preferred = self.languages.of_question(query.standalone)
        if self.languages.are_of_others("en"):  # which have other names, as "Köln" is of Cologne
            query = replace(query, unmentioned=())
        return replace(query, language=language, preferred=preferred)

    def _find(self, query: Query, filters: Filters) -> tuple[Query, Found]:
        """What is found; without what was recognised in the question where that leads nowhere."""
        none = bool(query.filters) and self._holds_none(query.filters)
        until, topic = query.filters.until, query.record.topic if query.record else ""
        # "What did you write about the flood in 1953?": a time before all posts is the subject's.
        ago = topic and until and self._holds_none(Filters(until=until))
        if query.record and none and not ago:  # anything else would answer another question
            warnings = no_posts(query.filters), *limit_warnings(filters, query, query, none=True)
            with self.index.catalog.reading():
                return query, self._in_state(Found((), 0.0, warnings))
        tried = [query]
        if topic and query.recognised:
            tried.append(replace(query, recognised=(), filters=filters))
        if query.record or query.recognised or query.sections:
            tried.append(about_content(query, filters))
        for now in tried[:1] if query.filters.titles else tried:  # that post is meant, no other
            found = self.retrieve(now)
            if is_found := bool(found.posts if now.record else found.answerable >= self.least(now)):
                break
        warnings = limit_warnings(filters, query, now, none=none, found=is_found)
        return now, replace(found, warnings=(*warnings, *found.warnings))

    def _holds_none(self, filters: Filters) -> bool:
        """Whether no post is within filters."""
        with self.index.catalog.reading():
            return count_posts(self.index.catalog, filters) == 0

    def with_provenance(self, provenance: Provenance) -> Pipeline:
        """The same, saying what it is made of."""
        return replace(self, check=replace(self.check, provenance=provenance))

    def retrieve(self, query: Query) -> Found:
        """What is found for a query, best first, in one state of the index.

        Raises:
            IndexMismatch: The index has been given another model.
        """
        if query.record is None and not self.by_words(query):
            # Not inside `reading`: a writer who erases would wait for the reader of passages.
            found = dated_first(query.searches[0], self._by_meaning(query))
            _, share = self.calibration.thresholds(read=self.reads)
            return newer_first(query.standalone, found, self.lexicon, share=share)
        with self.index.catalog.reading():
            self.index.check_model(self.embedder.id)
            if query.record is None:
                found = self._by_words_alone(query)
            else:
                near, catalog = self._by_meaning(query), self.index.catalog
                found = posts_asked_for(query, near, catalog, hits=self.settings.hits)
            return self._in_state(found)

    def _in_state(self, found: Found) -> Found:
        return replace(found, generation=self.index.generation, synced_at=self.index.synced_at)

    def _by_words_alone(self, query: Query) -> Found:
        unread = self.by_words(query)
        assert unread is not None
        found = retrieve_by_words(
            query,
            self.index,
            self.lexicon,
            candidates=self.settings.candidates,
            hits=self.settings.hits,
        )
        warning = f"Searched by words alone: {in_words(unread)}. {MULTILINGUAL}"
        return replace(found, warnings=(*found.warnings, warning))

    def _by_meaning(self, query: Query) -> Found:
        about = query.record and query.record.topic
        return retrieve(
            query,
            self.index,
            self.embedder,
            self.calibration,
            candidates=self.settings.candidates,
            # Whether a post is about something shows in all of its passages; a reader of
            # passages looks for answers, not for subjects.
            hits=_ALL if about else self.settings.hits,
            reader=self.reader if self.reads and query.record is None else None,
            read=self.settings.read_passages,
            reranker=self.reranker if query.record is None else None,
        )
