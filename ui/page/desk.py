"""What happens on the server when a reader does something.

Nothing of a conversation is kept here: the browser has it, and sends what a question leans on.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from pydantic import BaseModel, ConfigDict

from rag.assistant import Assistant
from rag.errors import PullquoteError
from rag.types import Answer
from ui.doors.asking import at_once
from ui.doors.requests import note_question
from ui.feedback import Feedback, note_unanswered, votes
from ui.kept import today
from ui.page.asked import Asked, Vote, asked, vote
from ui.page.stream import Workers
from ui.page.suggest import examples, follow_ups, leads_there
from ui.texts import Texts
from ui.view import PageAnswer, view

_OFFERED = 4  # questions to begin with
_REMEMBERED = 10_000  # tabs that were closed or stopped; what one asked may wait for minutes
_log = logging.getLogger(__name__)


class Failure(BaseModel):
    """Why there is no answer, for the reader."""

    model_config = ConfigDict(frozen=True)

    problem: str
    hint: str


class Reply(BaseModel):
    """What is sent back for a question, once for each sentence."""

    model_config = ConfigDict(frozen=True)

    id: str
    """The browser's name for the question."""
    answer: PageAnswer | None = None
    over: bool = False
    """Nothing more comes."""
    stopped: bool = False
    failure: Failure | None = None
    gone: tuple[str, ...] = ()
    """Posts that earlier answers cite and that have left the index since."""
    follow_ups: tuple[str, ...] = ()


class About(BaseModel):
    """What the page says of itself before anything is asked."""

    model_config = ConfigDict(frozen=True)

    posts: int
    sites: tuple[str, ...]
    synced: str
    """ISO 8601; empty where no sync has ended well yet."""
    chat_model: str
    """Who is sent questions, where that is anybody."""
    examples: tuple[str, ...]


@dataclass
class _Run:
    """A question that is being answered in one tab."""

    stop: threading.Event = field(default_factory=threading.Event)


def _unwatched() -> AbstractContextManager[Callable[[Answer], None]]:
    return nullcontext(lambda _: None)


class Desk:
    """Serves all tabs at once; one question at a time in each."""

    def __init__(
        self,
        assistant: Assistant,
        texts: Texts,
        chosen: tuple[str, ...] = (),
        *,
        watched: Callable[[], AbstractContextManager[Callable[[Answer], None]]] = _unwatched,
    ) -> None:
        """A desk.

        Args:
            assistant: Who answers.
            texts: The page's own words.
            chosen: Questions to offer; none: some are made of the posts' headings.
            watched: Counts a question while it is open, and is told of its answers.
        """
        self._assistant = assistant
        self.texts = texts
        self._chosen = chosen
        self._watched = watched
        self.at_once = at_once(assistant.settings)
        self._workers = Workers(2 * self.at_once)  # some may wait for a model nobody waits for
        self._loading = threading.Lock()
        self._runs: dict[str, _Run] = {}
        self._left: dict[str, float] = {}
        self._stopped: dict[str, float] = {}
        self._offered: tuple[object, tuple[str, ...]] = (None, ())

    def warm_up(self) -> None:
        """Load what the first question needs."""
        try:
            with self._loading:
                self._assistant.warm_up()
            self.about()
        except PullquoteError as error:  # the first question will say the same to its reader
            _log.warning("%s", error)

    def about(self) -> About:
        index = self._assistant.index
        status = index.status()
        return About(
            posts=status.posts,
            sites=status.hosts,
            synced=status.synced_at.isoformat() if status.synced_at else "",
            chat_model=self._assistant.settings.chat_model or "",
            examples=self._chosen or self._examples(index.state),
        )

    def _examples(self, state: object) -> tuple[str, ...]:
        known, offered = self._offered
        if known != state:  # for every reader who arrives would be too often
            found = examples(self._assistant.index, self.texts)
            offered = found[:_OFFERED]
            self._offered = (state, offered)
            if not self._assistant.settings.chat_model:  # there, each try would be paid for
                threading.Thread(target=self._try, args=(state, found), daemon=True).start()
        return offered

    def _try(self, state: object, found: tuple[str, ...]) -> None:
        """Offer only what is answered from where it comes from."""
        good: list[str] = []
        try:
            for question in found:
                if leads_there(self._assistant.ask(question)):
                    good.append(question)
                if len(good) == _OFFERED:
                    break
        except PullquoteError as error:  # the first question will say the same to its reader
            _log.warning("%s", error)
        if self._offered[0] == state and good:
            self._offered = (state, tuple(good))

    def respond(
        self, sent: Any, tab: str, came: float | None = None
    ) -> Generator[Reply, None, None]:
        """The answer to a question as it grows; the last one is over.

        Args:
            sent: What the browser sends for a question.
            tab: Whose question; another one that it waits for is stopped.
            came: When the question came, by `time.monotonic`; it may have waited since. One whose
                tab was left or stopped after it came is not answered.
        """
        name = str(sent.get("id", "")) if isinstance(sent, dict) else ""
        if _is_later(self._left, tab, came):
            return
        if _is_later(self._stopped, tab, came):
            yield Reply(id=name, over=True, stopped=True)
            return
        self._end(tab)
        run = self._runs[tab] = _Run()
        # Looked at again now that the run is known: what comes from now on stops it.
        if _is_later(self._left, tab, came) or _is_later(self._stopped, tab, came):
            run.stop.set()
        try:
            question = asked(sent)
            note_question(question.question)
            yield Reply(id=question.id)
            yield from self._answers(question, run.stop)
        except PullquoteError as error:
            told = Failure(problem=error.problem, hint=error.hint)
            yield Reply(id=name, over=True, failure=told)
        except Exception:  # whatever it is, the reader is told and the page goes on
            _log.exception("A question could not be answered.")
            told = Failure(problem=self.texts.say("broken"), hint=self.texts.say("broken_hint"))
            yield Reply(id=name, over=True, failure=told)
        finally:  # also when the tab was closed
            run.stop.set()
            if self._runs.get(tab) is run:
                self._runs.pop(tab)

    def _answers(self, question: Asked, stop: threading.Event) -> Iterator[Reply]:
        last: Answer | None = None
        with self._watched() as heard:
            for answer in self._workers.until(stop, self._begin(question)):
                if answer is None:
                    yield Reply(id=question.id)  # the browser would take a long silence for the end
                    continue
                last = answer
                heard(answer)
                if not answer.complete:
                    yield Reply(id=question.id, answer=view(answer))
        gone = self._gone(question.cited)
        if last is None or not last.complete:
            shown = view(last) if last else None
            yield Reply(id=question.id, answer=shown, over=True, stopped=True, gone=gone)
            return
        note_unanswered(last, self._assistant.settings)
        shown = view(last, self.texts)
        following = follow_ups(last, self._assistant.index, self.texts)
        yield Reply(id=question.id, answer=shown, over=True, gone=gone, follow_ups=following)

    def _begin(self, question: Asked) -> Callable[[], Iterator[Answer]]:
        def begin() -> Iterator[Answer]:
            with self._loading:
                self._assistant.pipeline  # noqa: B018 - loads the models, once
            yield from self._assistant.stream(
                question.question.strip(),
                history=question.turns,
                filters=question.limits,
                recognise=question.recognise,
                without=question.taken_off,
            )

        return begin

    def _gone(self, cited: tuple[str, ...]) -> tuple[str, ...]:
        there = self._assistant.index.published(cited) if cited else frozenset()
        return tuple(one for one in dict.fromkeys(cited) if one not in there)

    def stop(self, tab: str) -> None:
        """Nobody waits for what this tab has asked, nor for what of it is still to begin."""
        _note(self._stopped, tab)
        self._end(tab)

    def leave(self, tab: str) -> None:
        """This tab was closed: nobody waits for what it asked, nor for what is still to begin."""
        _note(self._left, tab)
        self._end(tab)

    def _end(self, tab: str) -> None:
        # Cooperative: a cancelled event would leave what was sent a moment before as the last word.
        run = self._runs.get(tab)
        if run:
            run.stop.set()

    def vote(self, sent: Any) -> Vote:
        """Keep what a reader thinks of an answer, where the owner wants it kept; what that is.

        Raises:
            QuestionInvalid: What was sent is no vote.
            OSError: It cannot be kept.
        """
        given = vote(sent)
        settings = self._assistant.settings
        if settings.keep_feedback:
            one = Feedback(today(), given.question, given.good, given.reason, given.id)
            votes(settings.index).add(one)
        return given


def _note(moments: dict[str, float], tab: str) -> None:
    moments.pop(tab, None)  # the newest stands last
    moments[tab] = monotonic()
    for oldest in list(moments)[:-_REMEMBERED]:
        moments.pop(oldest, None)


def _is_later(moments: Mapping[str, float], tab: str, came: float | None) -> bool:
    """Whether what was noted of the tab happened after the question came."""
    return came is not None and came < moments.get(tab, came)
