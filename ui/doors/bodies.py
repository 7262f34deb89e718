"""No request body is larger than the server takes."""

from __future__ import annotations

from ui.doors.problems import Refused, problem_response
from ui.doors.wire import App, Message, Receive, Scope, Send, header, route


class BodyLimit:
    """An ASGI application around others."""

    def __init__(self, inside: App, most: int) -> None:
        """At most `most` bytes go inside."""
        self._inside = inside
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inside(scope, receive, send)
            return
        told = header(scope, b"content-length")
        if told.isdigit() and int(told) > self._most:
            await problem_response(route(scope), self._refused())(scope, receive, send)
            return
        taken, answering = 0, False

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._most:
                raise _TooLarge
            return message

        async def noting(message: Message) -> None:
            nonlocal answering
            answering = True
            await send(message)

        try:
            await self._inside(scope, counted, noting)
        except _TooLarge:
            if answering:
                raise
            await problem_response(route(scope), self._refused())(scope, receive, send)

    def _refused(self) -> Refused:
        return Refused(
            413, f"The body is larger than {self._most:,} bytes.", hint="Send less at once."
        )


class _TooLarge(BaseException):
    # Not an Exception: FastAPI would make a bad request of it.
    pass
