"""`/v1/chat/completions` and `/v1/models`: the posts as a model, for whatever speaks to OpenAI's.

Citations stand in the text as footnotes, as `annotations` of OpenAI's form, and in `pullquote`, the
answer's record.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any, Literal
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from rag.asked import limits, turns
from rag.errors import PullquoteError, QuestionInvalid, Stopped
from rag.record import AnswerRecord, FiltersRecord, record
from rag.types import Answer
from rag.understanding.courtesy import asks_nothing
from ui.doors.ask import NO_BUFFER
from ui.doors.asking import Asked, Asker, while_there
from ui.doors.footnotes import below, head, marks, sentence, whole, words_of
from ui.doors.problems import BROKEN, OPENAI_RESPONSES, Refused
from ui.doors.pulse import COMMENT, beginning_with, with_pulse
from ui.doors.unasked import unasked
from ui.render import place, web

MODEL = "pullquote"
_MESSAGES = 400  # of a conversation, at most; how many of them count is a setting
_STREAMED: dict[int | str, dict[str, Any]] = {
    **OPENAI_RESPONSES,
    200: {
        "description": "The answer; with `stream`, events that hold its pieces.",
        "content": {"text/event-stream": {}},
    },
}
_DONE = "data: [DONE]\n\n"
_log = logging.getLogger(__name__)


class Part(BaseModel):
    """A part of a message; only text is read."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    type: str = "text"
    """What is not "text" is passed over."""
    text: str = ""
    """In words."""


class Message(BaseModel):
    """One of the conversation; what a system or a tool says is passed over."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    """Who says it."""
    content: str | list[Part] | None = None
    """What is said."""

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class ChatBody(BaseModel):
    """A conversation; fields that only a language model has a use for are passed over."""

    model_config = ConfigDict(
        extra="allow",
        use_attribute_docstrings=True,
        json_schema_extra={
            "example": {
                "model": MODEL,
                "messages": [{"role": "user", "content": "When should I sow tomatoes?"}],
            }
        },
    )

    model: str = MODEL
    """The only one that there is."""
    messages: Annotated[list[Message], Field(min_length=1, max_length=_MESSAGES)]
    """The last one is the question."""
    stream: bool | None = None
    """Server-sent events with a piece for each checked sentence."""
    filters: FiltersRecord = FiltersRecord()
    """As in /api/ask."""
    recognise: bool = True
    """As in /api/ask."""


class UrlCitation(BaseModel):
    """Where a footnote's number stands in the text, and what it leads to."""

    start_index: int
    end_index: int
    title: str
    url: str
    quote: str


class Annotation(BaseModel):
    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation


class Reply(BaseModel):
    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None
    annotations: list[Annotation]


class Choice(BaseModel):
    index: int = 0
    message: Reply
    finish_reason: Literal["stop"] = "stop"
    logprobs: None = None


class ChatCompletion(BaseModel):
    """A whole answer."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str = MODEL
    choices: list[Choice]
    pullquote: AnswerRecord


class Model(BaseModel):
    id: str = MODEL
    object: Literal["model"] = "model"
    created: int
    owned_by: str = MODEL


class Models(BaseModel):
    object: Literal["list"] = "list"
    data: list[Model]


def chat_routes(asker: Asker) -> APIRouter:
    router = APIRouter(prefix="/v1")

    @router.post("/chat/completions", response_model=ChatCompletion, responses=_STREAMED)
    async def complete(body: ChatBody, request: Request) -> Response:
        """Answer the last message from the posts, in the form of OpenAI's chat completions."""
        _require_ours(body.model)
        asked = _asked(body)
        if asks_nothing(asked.question):  # whoever greets in a chat program has made no mistake
            text, told = await asyncio.to_thread(unasked, asked.question, asker.assistant)
            return _streamed(_at_once(text, told)) if body.stream else _whole(text, [], told)
        if not body.stream:
            answer = await while_there(request, asker.answer(asked, door="chat_completions"))
            return _whole(whole(answer), _annotations(answer), record(answer))
        answers = with_pulse(asker.answers(asked, door="chat_completions"))
        # The first one before anything is said, so that what fails soon has its status.
        first = await while_there(request, anext(answers))
        return _streamed(_chunks(first, answers))

    @router.get("/models", response_model=Models, responses=OPENAI_RESPONSES)
    async def models() -> Models:
        """The one model that there is."""
        return Models(data=[await asyncio.to_thread(_model, asker)])

    @router.get("/models/{model}", response_model=Model, responses=OPENAI_RESPONSES)
    async def model(model: str) -> Model:
        """The same, by its name."""
        _require_ours(model)
        return await asyncio.to_thread(_model, asker)

    return router


def _require_ours(model: str) -> None:
    if model != MODEL:
        raise Refused(404, f"There is no model {model!r}.", hint=f"The posts are {MODEL!r}.")


def _model(asker: Asker) -> Model:
    """Reads the catalog, which may be on another machine."""
    synced = asker.assistant.index.synced_at
    return Model(created=int(synced.timestamp()) if synced else 0)


def _asked(body: ChatBody) -> Asked:
    *earlier, last = body.messages
    if last.role != "user":
        raise QuestionInvalid(
            f"The last message is the {last.role}'s.", hint="Let the user's question be the last."
        )
    said = [
        (one.role, words_of(one.text) if one.role == "assistant" else one.text) for one in earlier
    ]
    wanted = limits(body.filters.model_dump())
    return Asked(last.text, turns(said), wanted, body.recognise)


def _annotations(answer: Answer) -> list[Annotation]:
    return [
        Annotation(
            url_citation=UrlCitation(
                start_index=mark.start,
                end_index=mark.end,
                title=place(mark.citation),
                url=web(mark.citation.url),
                quote=mark.citation.quote,
            )
        )
        for mark in marks(answer)
    ]


def _start() -> dict[str, Any]:
    return {"id": f"chatcmpl-{uuid4().hex}", "created": int(time.time())}


def _whole(text: str, annotations: list[Annotation], made: AnswerRecord) -> Response:
    said = Choice(message=Reply(content=text, annotations=annotations))
    completion = ChatCompletion(**_start(), choices=[said], pullquote=made)
    return JSONResponse(completion.model_dump(mode="json", by_alias=True))


def _streamed(pieces: AsyncIterator[str]) -> Response:
    return StreamingResponse(pieces, media_type="text/event-stream", headers=NO_BUFFER)


class _Message:
    """The pieces of one streamed message."""

    def __init__(self) -> None:
        self._start = {**_start(), "object": "chat.completion.chunk", "model": MODEL}

    def piece(self, delta: dict[str, Any], *, end: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": end}
        return f"data: {json.dumps({**self._start, 'choices': [choice], **more})}\n\n"

    def first(self, text: str) -> str:
        return self.piece({"role": "assistant", "content": text})

    def last(self, annotations: list[Annotation], made: AnswerRecord) -> str:
        said = [one.model_dump() for one in annotations]
        whole = made.model_dump(mode="json", by_alias=True)
        return self.piece({"annotations": said}, end="stop", pullquote=whole)


async def _at_once(text: str, made: AnswerRecord) -> AsyncIterator[str]:
    message = _Message()
    yield message.first(text)
    yield message.last([], made)
    yield _DONE


async def _chunks(
    first: Answer | None, answers: AsyncGenerator[Answer | None, None]
) -> AsyncIterator[str]:
    message = _Message()
    told = 0
    last: Answer | None = None
    try:
        async with aclosing(beginning_with(first, answers)) as growing:
            async for answer in growing:
                if answer is None:
                    yield COMMENT
                    continue
                if last is None:
                    yield message.first(head(answer))
                for number in range(told, len(answer.sentences)):
                    yield message.piece({"content": sentence(answer, number)})
                told, last = len(answer.sentences), answer
        if last is None:
            raise Stopped
        yield message.piece({"content": below(last)})
        yield message.last(_annotations(last), record(last))
    except PullquoteError as error:
        yield _broken(error.problem, error.hint)
    except Exception:  # what was sent stands; the client is told that no more comes
        _log.exception("An answer broke off.")
        yield _broken(BROKEN.problem, BROKEN.hint)
    yield _DONE


def _broken(problem: str, hint: str) -> str:
    error = {"message": f"{problem} {hint}", "type": "server_error", "code": None}
    return f"data: {json.dumps({'error': error})}\n\n"
