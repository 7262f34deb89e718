"""What happens on the page when a reader does something."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import gradio as gr

from rag.assistant import Assistant
from rag.errors import PullquoteError
from rag.types import Answer, Turn
from ui.markdown import plain_markdown
from ui.page.stream import Workers
from ui.render import LOOKING, STOPPED, failure, message, panel, sources
from ui.withdrawn import up_to_date

AT_ONCE = 8
"""Questions that are worked on at the same time."""
ASK = "Ask"
EVERYWHERE = "Search in all posts"
"""On the button that asks again without what was recognised in the question."""
_KEPT = 20  # turns whose sources stay on the page
_STOP = "Stop"
_BROKEN = "**Something went wrong.**\n\nThe server's log says what; please ask again."
_log = logging.getLogger(__name__)


@dataclass
class Conversation:
    """What was asked and answered in one tab."""

    turns: list[Turn] = field(default_factory=list)
    shown: list[tuple[int, str]] = field(default_factory=list)
    """Number of each turn that is still in the panel, and its sources as HTML."""
    asked: int = 0

    def grown(self, answer: Answer) -> Conversation:
        """With one more turn; its sources are there even before it is complete."""
        turn = Turn(answer.query.question, answer.text)
        html = sources(answer, self.asked)
        return Conversation(
            [*self.turns, turn][-_KEPT:], [*self.shown, (self.asked, html)][-_KEPT:], self.asked + 1
        )


Messages = list[dict[str, Any]]
Update = tuple[Messages, Conversation, str]


@dataclass
class _Run:
    """A question that is being answered in one tab."""

    question: str
    recognise: bool = True
    """Whether words of the question may become filters."""
    started: bool = False
    stop: threading.Event = field(default_factory=threading.Event)
    forgotten: bool = False
    """The conversation that it belongs to is gone."""


class Desk:
    """Serves all tabs at once; one question at a time in each."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._workers = Workers(2 * AT_ONCE)  # some may still wait for a model nobody waits for
        self._loading = threading.Lock()
        self._runs: dict[str, _Run] = {}

    def warm_up(self) -> None:
        """Load what the first question needs."""
        try:
            with self._loading:
                self._assistant.warm_up()
        except PullquoteError as error:  # the first question will say the same to its reader
            _log.warning("%s", error)

    def begin(
        self, question: str, chat: Messages, request: gr.Request, *, recognise: bool = True
    ) -> tuple[Any, Any]:
        """The question is in the chat, and the box is empty."""
        tab = _tab(request)
        asked = question.strip()
        if not asked or tab in self._runs:
            return gr.skip(), gr.skip()
        self._runs[tab] = _Run(asked, recognise)
        said = [
            {"role": "user", "content": plain_markdown(asked)},
            {"role": "assistant", "content": f"*{LOOKING}*"},
        ]
        return gr.update(value="", submit_btn=False, stop_btn=_STOP), [*chat, *said]

    def begin_example(
        self, chosen: gr.SelectData, chat: Messages, request: gr.Request
    ) -> tuple[Any, Any]:
        return self.begin(str(chosen.value["text"]), chat, request)

    def begin_everywhere(
        self, chosen: gr.SelectData, chat: Messages, request: gr.Request
    ) -> tuple[Any, Any]:
        """A question once more, without the filters that were recognised in it."""
        value = chosen.value
        question = value["value"] if isinstance(value, dict) else value
        return self.begin(str(question), chat, request, recognise=False)

    def respond(self, chat: Messages, talk: Conversation, request: gr.Request) -> Iterator[Update]:
        """The answer, as it grows, with its sources."""
        run = self._runs.get(_tab(request))
        if run is None or run.started:
            return
        run.started = True
        try:
            yield from self._respond(run, chat, talk)
            if run.forgotten:  # may have been overtaken by an update from before
                yield [], Conversation(), panel([])
        finally:  # also when the tab was closed
            run.stop.set()
            self._runs.pop(_tab(request), None)

    def _respond(self, run: _Run, chat: Messages, talk: Conversation) -> Iterator[Update]:
        def begin() -> Iterator[Answer]:
            with self._loading:
                self._assistant.pipeline  # noqa: B018 - loads the models, once
            yield from self._assistant.stream(
                run.question, history=talk.turns, recognise=run.recognise
            )

        talk = replace(talk, shown=self._up_to_date(talk.shown))
        now = Conversation(talk.turns, talk.shown, talk.asked + 1)
        text, limited = "", False
        try:
            for answer in self._workers.until(run.stop, begin):
                now = talk.grown(answer)
                text = message(answer, talk.asked, stopped=True)
                limited = bool(answer.query.recognised)
                yield _say(chat, message(answer, talk.asked)), talk, panel(now.shown)
        except PullquoteError as error:
            text = "\n\n".join(filter(None, (text, failure(error))))
        except Exception:  # whatever it is, the reader is told and the page goes on
            _log.exception("A question could not be answered.")
            text = "\n\n".join(filter(None, (text, _BROKEN)))
        if not run.forgotten:
            again = run.question if limited else None
            yield _say(chat, text or f"*{STOPPED}*", again), now, panel(now.shown)

    def _up_to_date(self, shown: list[tuple[int, str]]) -> list[tuple[int, str]]:
        """The sources of earlier answers; those whose posts have left the index since say so."""
        try:
            still_there = self._assistant.index.published
            return [(turn, up_to_date(html, still_there)) for turn, html in shown]
        except PullquoteError:  # the question at hand says the same to its reader
            return shown

    def finish(self, request: gr.Request) -> Any:
        """The box asks again."""
        if _tab(request) in self._runs:
            return gr.skip()
        return gr.update(submit_btn=ASK, stop_btn=False)

    def stop(self, request: gr.Request) -> None:
        """Cooperative: a cancelled event would leave the chat as it was a moment before."""
        run = self._runs.get(_tab(request))
        if run:
            run.stop.set()

    def renew(self, request: gr.Request) -> tuple[Messages, Conversation, str, Any]:
        """An empty conversation."""
        self.leave(request)
        box = gr.update(value="", submit_btn=ASK, stop_btn=False)
        return [], Conversation(), panel([]), box

    def leave(self, request: gr.Request) -> None:
        """Nobody waits for this tab's answer any more."""
        run = self._runs.get(_tab(request))
        if run:
            run.forgotten = True
            run.stop.set()
            if not run.started:
                self._runs.pop(_tab(request), None)


def _tab(request: gr.Request) -> str:
    return request.session_hash or ""


def _say(chat: Messages, text: str, again: str | None = None) -> Messages:
    """The last answer is this text, with a button to ask a question again without its filters."""
    said: dict[str, Any] = {"role": "assistant", "content": text}
    if again:
        said["options"] = [{"label": EVERYWHERE, "value": again}]
    return [*chat[:-1], said]
