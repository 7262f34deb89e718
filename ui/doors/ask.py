"""`POST /api/ask`: a question in, the answer's record out, at once or sentence by sentence."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from rag.asked import limits
from rag.errors import PullquoteError, Stopped
from rag.record import AnswerRecord, FiltersRecord, SentenceRecord, record
from rag.types import Answer, Turn
from ui.doors.asking import Asked, Asker, while_there
from ui.doors.problems import BROKEN, RESPONSES, Problem
from ui.doors.pulse import COMMENT, beginning_with, with_pulse
from ui.texts import Texts
from ui.view import PageAnswer, view

_TURNS = 200  # of a conversation, at most; how many of them count is a setting
NO_BUFFER = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""Headers of a stream: neither a browser nor nginx may hold sentences back."""
_log = logging.getLogger(__name__)


class TurnBody(BaseModel):
    """An earlier question and what was answered."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    question: str
    """As it was asked."""
    answer: str = ""
    """Its text, without sources."""


class AskBody(BaseModel):
    """A question."""

    model_config = ConfigDict(
        extra="forbid",
        use_attribute_docstrings=True,
        json_schema_extra={"example": {"question": "When should I sow tomatoes?"}},
    )

    question: Annotated[str, Field(min_length=1)]
    """In words; how long it may be is a setting of the server."""
    history: Annotated[list[TurnBody], Field(max_length=_TURNS)] = []
    """Earlier turns of the conversation, oldest first."""
    filters: FiltersRecord = FiltersRecord()
    """What to look in; a time without a zone is UTC."""
    recognise: bool = True
    """Whether "posts by", "in 2016" and the like in the question limit it further."""
    without: FiltersRecord = FiltersRecord()
    """What the question may name without being limited to it; times go together."""
    stream: bool = False
    """Server-sent events: `sentence` for each checked sentence, then one `answer`."""
    view: bool = False
    """The answer as page and widget draw it, numbered and grouped; in a stream as events `view`."""
    id: str | int | None = None
    """Comes back in the answer."""


def ask_routes(asker: Asker, texts: Texts) -> APIRouter:
    """Where questions are asked; `texts` are the page's words, for views."""
    router = APIRouter()

    @router.post(
        "/api/ask",
        response_model=AnswerRecord | PageAnswer,
        responses={
            **RESPONSES,
            200: {
                "description": "The answer; with `stream`, events that end with it.",
                "content": {"text/event-stream": {}},
            },
            400: {"model": Problem, "description": "The body is no JSON."},
        },
    )
    async def ask(body: AskBody, request: Request) -> Response:
        """Answer a question from the posts.

        Every sentence carries checked citations. An answer without sentences means that none was
        found in the posts; that is a result, not an error.
        """
        asked = Asked(
            body.question,
            tuple(Turn(turn.question, turn.answer) for turn in body.history),
            limits(body.filters.model_dump()),
            body.recognise,
            limits(body.without.model_dump()),
        )
        if not body.stream:
            answer = await while_there(request, asker.answer(asked, door="ask"))
            whole = view(answer, texts) if body.view else record(answer, id=body.id)
            return Response(whole.model_dump_json(by_alias=True), media_type="application/json")
        answers = with_pulse(asker.answers(asked, door="ask"))
        # The first one before anything is said, so that what fails soon has its status.
        first = await while_there(request, anext(answers))
        events = _events(_drawn(texts) if body.view else _recorded(body.id), first, answers)
        return StreamingResponse(events, media_type="text/event-stream", headers=NO_BUFFER)

    return router


_Tell = Callable[[Answer], Iterator[str]]
"""The events of an answer that has grown, or that is complete."""


def _recorded(id_: str | int | None) -> _Tell:
    told = 0

    def tell(answer: Answer) -> Iterator[str]:
        nonlocal told
        whole = record(answer, id=id_)
        for sentence in whole.sentences[told:]:
            yield _event("sentence", sentence)
        told = len(whole.sentences)
        if answer.complete:
            yield _event("answer", whole)

    return tell


def _drawn(texts: Texts) -> _Tell:
    def tell(answer: Answer) -> Iterator[str]:
        yield _event("view", view(answer, texts))

    return tell


async def _events(
    tell: _Tell, first: Answer | None, answers: AsyncGenerator[Answer | None, None]
) -> AsyncIterator[str]:
    last = first
    try:
        async with aclosing(beginning_with(first, answers)) as growing:
            async for answer in growing:
                for event in tell(answer) if answer else (COMMENT,):
                    yield event
                last = answer or last
        if last is None or not last.complete:
            raise Stopped
    except PullquoteError as error:
        yield _event("error", Problem(problem=error.problem, hint=error.hint))
    except Exception:  # what was sent stands; the client is told that no more comes
        _log.exception("An answer broke off.")
        yield _event("error", BROKEN)


def _event(name: str, data: SentenceRecord | AnswerRecord | PageAnswer | Problem) -> str:
    # JSON text has no line ends of its own, so one data line is enough.
    return f"event: {name}\ndata: {data.model_dump_json(by_alias=True)}\n\n"
