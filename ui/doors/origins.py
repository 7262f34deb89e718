"""Which doors pages of other sites may use: those of the widget, on the sites that are named."""

from __future__ import annotations

from collections.abc import Collection

from starlette.middleware.cors import CORSMiddleware

from ui.doors.wire import App, Receive, Scope, Send, header, route

SCRIPT = "/widget.js"
ABOUT = "/api/widget"
_ASK = "/api/ask"
_REMEMBERED = 3600  # seconds that a browser need not ask again whether it may


class Origins:
    """An ASGI application around others. What it lets in comes without cookies and log-ins."""

    def __init__(self, inside: App, origins: Collection[str]) -> None:
        """Pages of the origins may read what the widget's doors say; with none, nobody's may."""
        self._inside = inside
        self._shared: App = CORSMiddleware(
            inside,
            allow_origins=origins,
            allow_methods=("GET", "POST"),
            allow_headers=("content-type",),
            max_age=_REMEMBERED,
        )
        self._paths = {ABOUT, _ASK} if origins else set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        shared = scope["type"] == "http" and route(scope) in self._paths
        await (self._shared if shared else self._inside)(scope, receive, send)


def is_widgets(scope: Scope, origins: Collection[str]) -> bool:
    """Whether a request is one that the widget sends from a page of the origins.

    A program can say the same of itself: this keeps apart what browsers do, and locks nothing.
    """
    path = route(scope)
    if path == SCRIPT:  # a browser does not say for which page it loads a script
        return bool(origins)
    return path in (ABOUT, _ASK) and header(scope, b"origin") in origins
