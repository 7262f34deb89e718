"""Each request: its id, its line in the log, and its place in the figures."""

from __future__ import annotations

import logging
import re
from collections.abc import Generator
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from time import monotonic, perf_counter
from typing import TypeVar
from uuid import uuid4

from ui.doors.metrics import Metrics
from ui.doors.wire import App, Message, Receive, Scope, Send, header, route


@dataclass(slots=True)
class Here:
    """What the log has to know of the request that is being answered."""

    request_id: str
    question: str = ""
    """Its words are left out."""


here: ContextVar[Here | None] = ContextVar("here", default=None)
"""None outside of a request."""
SCOPE_ID = "pullquote.request_id"
"""Where a request's scope has its id, for what answers it outside of its context."""
SCOPE_CAME = "pullquote.request_came"
"""Where a request's scope says when it came, by `time.monotonic`."""
_GIVEN = re.compile(r"[A-Za-z0-9._-]{1,64}")
_DOORS = {
    "/api/ask": "ask", "/v1/chat/completions": "chat_completions", "/mcp": "mcp",
    "/healthz": "health", "/readyz": "health", "/metrics": "metrics", "/login": "login",
    "/api/sync": "sync", "/widget.js": "widget", "/api/widget": "widget",
}  # fmt: skip
_log = logging.getLogger("pullquote.requests")
_Made = TypeVar("_Made")


class Watched:
    """An ASGI application around all others."""

    def __init__(self, inside: App, metrics: Metrics) -> None:
        self._inside = inside
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inside(scope, receive, send)
            return
        given = header(scope, b"x-request-id")
        own = given if _GIVEN.fullmatch(given) else uuid4().hex
        # Not taken back: each request is a task of its own, and the server's own line of a crash,
        # which comes last, is to have the id as well.
        here.set(Here(own))
        started, status = perf_counter(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message.get("headers", ()), (b"x-request-id", own.encode())]
                message = {**message, "headers": headers}
            await send(message)

        try:
            marks = {SCOPE_ID: own, SCOPE_CAME: monotonic()}
            await self._inside({**scope, **marks}, receive, noting)
        finally:
            seconds = perf_counter() - started
            door = door_of(route(scope))
            # 499, as nginx has it: the client went away before anything was said.
            self._metrics.request(door, status or 499, seconds)
            # Without what stands behind "?": a link to the page may hold a question.
            told = {"method": scope["method"], "path": scope["path"], "door": door}
            told |= {"status": status or 499, "milliseconds": round(seconds * 1000, 1)}
            _log.info("request", extra={"told": told})


def note_question(question: str) -> None:
    """What the request at hand asks."""
    if at := here.get():
        at.question = question


def of_request(own: str, made: Generator[_Made, None, None]) -> Generator[_Made, None, None]:
    """The same values, each made as if it were in the context of the request with that id."""
    context = copy_context()
    context.run(here.set, Here(own))
    end = object()
    try:
        while (one := context.run(next, made, end)) is not end:
            yield one  # type: ignore[misc]
    finally:
        context.run(made.close)


def door_of(path: str) -> str:
    """What figures call the door: one of a few names, whatever is asked for."""
    known = _DOORS.get(path.rstrip("/"))
    if known:
        return known
    for start, door in (
        ("/api/posts/", "posts"),
        ("/api/", "api"),
        ("/v1/", "models"),
        ("/owner", "owner"),
    ):
        if path.startswith(start):
            return door
    return "page"
