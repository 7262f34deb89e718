"""Each request: its id, its line in the log, and its place in the figures."""

from __future__ import annotations

import logging
import re
from contextvars import ContextVar
from time import perf_counter
from uuid import uuid4

from ui.doors.metrics import Metrics
from ui.doors.wire import App, Message, Receive, Scope, Send, header, route

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Of the request that is being answered here; empty outside of one."""
_GIVEN = re.compile(r"[A-Za-z0-9._-]{1,64}")
_DOORS = {
    "/api/ask": "ask", "/v1/chat/completions": "chat_completions", "/mcp": "mcp",
    "/healthz": "health", "/readyz": "health", "/metrics": "metrics", "/login": "login",
    "/api/sync": "sync", "/widget.js": "widget", "/api/widget": "widget",
}  # fmt: skip
_log = logging.getLogger("pullquote.requests")


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
        token = request_id.set(own)
        started, status = perf_counter(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message.get("headers", ()), (b"x-request-id", own.encode())]
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self._inside(scope, receive, noting)
        finally:
            seconds = perf_counter() - started
            door = door_of(route(scope))
            # 499, as nginx has it: the client went away before anything was said.
            self._metrics.request(door, status or 499, seconds)
            # Without what stands behind "?": a link to the page may hold a question.
            told = {"method": scope["method"], "path": scope["path"], "door": door}
            told |= {"status": status or 499, "milliseconds": round(seconds * 1000, 1)}
            _log.info("request", extra={"told": told})
            request_id.reset(token)


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
