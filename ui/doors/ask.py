"""`POST /api/ask`: a question in, the answer's record out, at once or sentence by sentence."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from rag.asked import filters
from rag.errors import PullquoteError, Stopped
from rag.record import AnswerRecord, FiltersRecord, SentenceRecord, record
from rag.types import Answer, Turn
from ui.doors.asking import Asked, Asker, while_there
from ui.doors.problems import BROKEN, RESPONSES, Problem
from ui.doors.pulse import COMMENT, beginning_with, with_pulse

_TURNS = 200  # of a conversation, at most; how many of them count is a setting
NO_BUFFER = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""Headers of a stream: neither a browser nor nginx may hold sentences back."""
_log = logging.getLogger(__name__)


class TurnBody(BaseModel):
    """An earlier question and what was answered."""

    model_config = ConfigDict(extra="forbid")

    question: str
    answer: str = ""


class AskBody(BaseModel):
    """A question."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"question": "When should I sow tomatoes?"}}
    )

    question: Annotated[str, Field(min_length=1)]
    history: Annotated[list[TurnBody], Field(max_length=_TURNS)] = []
    """Earlier turns of the conversation, oldest first."""
    filters: FiltersRecord = FiltersRecord()
    """What to look in; a time without a zone is UTC."""
    recognise: bool = True
    """Whether "posts by", "in 2016" and the like in the question limit it further."""
    stream: bool = False
    """Server-sent events: `sentence` for each checked sentence, then one `answer`."""
    id: str | int | None = None
    """Comes back in the answer."""


def ask_routes(asker: Asker) -> APIRouter:
    router = APIRouter()

    @router.post(
        "/api/ask",
        response_model=AnswerRecord,
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

        Every sentence carries checked citations. An answer without sentences means that the posts
        do not answer; that is a result, not an error.
        """
        asked = Asked(
            body.question,
            tuple(Turn(turn.question, turn.answer) for turn in body.history),
            filters(body.filters.model_dump()),
            body.recognise,
        )
        if not body.stream:
            answer = await while_there(request, asker.answer(asked, door="ask"))
            return Response(record(answer, id=body.id).to_json(), media_type="application/json")
        answers = with_pulse(asker.answers(asked, door="ask"))
        # The first one before anything is said, so that what fails soon has its status.
        first = await while_there(request, anext(answers))
        return StreamingResponse(
            _events(first, answers, body.id), media_type="text/event-stream", headers=NO_BUFFER
        )

    return router


async def _events(
    first: Answer | None, answers: AsyncGenerator[Answer | None, None], id_: str | int | None
) -> AsyncIterator[str]:
    told, last = 0, first
    try:
        async with aclosing(beginning_with(first, answers)) as growing:
            async for answer in growing:
                if answer is None:
                    yield COMMENT
                    continue
                for sentence in record(answer).sentences[told:]:
                    yield _event("sentence", sentence)
                told, last = len(answer.sentences), answer
        if last is None:
            raise Stopped
        yield _event("answer", record(last, id=id_))
    except PullquoteError as error:
        yield _event("error", Problem(problem=error.problem, hint=error.hint))
    except Exception:  # what was sent stands; the client is told that no more comes
        _log.exception("An answer broke off.")
        yield _event("error", BROKEN)


def _event(name: str, data: SentenceRecord | AnswerRecord | Problem) -> str:
    # JSON text has no line ends of its own, so one data line is enough.
    return f"event: {name}\ndata: {data.model_dump_json(by_alias=True)}\n\n"
