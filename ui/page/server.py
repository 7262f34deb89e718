"""The server under the page: its safety headers, pages beside it, and a clean end."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from time import monotonic
from typing import Any

import uvicorn
from fastapi.responses import HTMLResponse, PlainTextResponse

from ui.doors.wire import route
from ui.ports import page_address

# Gradio's own script needs inline and eval; nothing may come from anywhere else.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' "
    "'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self' data:; "
    "form-action 'self'; object-src 'none'; frame-src 'none'; base-uri 'self'; "
    "frame-ancestors 'self'"
)
# Seconds until a thread that computes lets another one in. Those that only start the next step of a
# model, of which a question has hundreds, or hand on an answer, wait so long each time.
_TURN = 0.0005
_PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)
_SAFE = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"x-frame-options", b"SAMEORIGIN"),
)
# What a chat needs none of: files from strangers, and a look behind the scenes.
_CLOSED = (
    "/gradio_api/upload", "/gradio_api/deep_link", "/gradio_api/proxy", "/monitoring",
    "/gradio_api/file", "/gradio_api/stream", "/gradio_api/component_server",
    "/gradio_api/custom_component", "/gradio_api/run", "/gradio_api/process_recording",
    "/gradio_api/vibe", "/gradio_api/undo-vibe", "/gradio_api/dev", "/gradio_api/profiling",
    "/gradio_api/openapi.json", "/gradio_api/call", "/gradio_api/api", "/gradio_api/token",
    "/gradio_api/user", "/pwa_icon", "/openapi.json",
)  # fmt: skip

_OPEN = ("/gradio_api/run/",)  # events of the page that wait for nothing
_LOOK = 0.05  # seconds between two looks at whether the work is done
_QUIET = (
    0.5  # … that nothing was under way, so that questions in Gradio's queue have had their turn
)


class _Guarded:
    """An ASGI application with pages beside it; every answer carries the headers."""

    def __init__(self, app: Any, pages: Mapping[str, str], around: Callable[[Any], Any]) -> None:
        self._app = app
        self._pages = pages
        self._all = around(self._inside)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._all(scope, receive, send)
            return

        async def guarded(event: Any) -> None:
            if event["type"] == "http.response.start":
                headers = list(event.get("headers", []))
                if not any(name.lower() == b"content-security-policy" for name, _ in headers):
                    headers.append((b"content-security-policy", _POLICY.encode()))
                # Some are there already where one application stands in another.
                known = {name.lower() for name, _ in headers}
                headers += [one for one in _SAFE if one[0] not in known]
                event = {**event, "headers": headers}
            await send(event)

        await self._all(scope, receive, guarded)

    async def _inside(self, scope: Any, receive: Any, send: Any) -> None:
        inside = self._choose(scope) if scope["type"] == "http" else self._app
        await inside(scope, receive, send)

    def _choose(self, scope: Any) -> Any:
        path = route(scope)
        for known in (path, f"{path}/"):
            if known in self._pages:
                policy = {"Content-Security-Policy": _PAGE_POLICY}
                return HTMLResponse(self._pages[known], headers=policy)
        if path.startswith(_CLOSED) and not path.startswith(_OPEN):
            return PlainTextResponse("Not found.", status_code=404)
        return self._app


def guarded(app: Any, pages: Mapping[str, str], around: Callable[[Any], Any]) -> Any:
    """The application as it is served; arguments as those of `listen`."""
    return _Guarded(app, pages, around)


class _Server(uvicorn.Server):
    def __init__(
        self,
        config: uvicorn.Config,
        on_ready: Callable[[str], None],
        busy: Callable[[], bool],
        patience: float,
    ) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._busy = busy
        self._patience = patience

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready(page_address(self.config.host, self.config.port))

    async def shutdown(self, sockets: Any = None) -> None:
        for listening in self.servers:  # whoever is there already is answered, and nobody else
            listening.close()
        end = monotonic() + self._patience
        quiet_at = monotonic() + _QUIET if self._busy() else 0
        while monotonic() < min(end, quiet_at) and not self.force_exit:
            await asyncio.sleep(_LOOK)
            if self._busy():
                quiet_at = monotonic() + _QUIET
        # Readers who are still there are cut off, and each would be reported as an error.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets)


def listen(
    app: Any,
    host: str,
    port: int,
    on_ready: Callable[[str], None],
    *,
    pages: Mapping[str, str] | None = None,
    around: Callable[[Any], Any] = lambda app: app,
    busy: Callable[[], bool] = lambda: False,
    patience: float = 0,
) -> None:
    """Serve until Ctrl-C or SIGTERM; a second Ctrl-C ends it at once.

    Args:
        app: Any ASGI application.
        host: Address to listen on.
        port: Port to listen on.
        on_ready: Told the address once connections are taken.
        pages: Path ("/site/post/") to HTML of pages that come before the application's.
        around: Puts other doors and a lock around all of that.
        busy: Whether something is under way that should come to its end …
        patience: … and for how many seconds it may.
    """
    sys.setswitchinterval(_TURN)
    # As uvicorn is told to end by either, so is what called it: files are closed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    config = uvicorn.Config(
        guarded(app, pages or {}, around), host=host, port=port, log_level="warning", lifespan="on",
        # Open pages keep a connection for ever; without an end to that, so would Ctrl-C.
        timeout_graceful_shutdown=1,
        proxy_headers=False,  # the doors know which proxies are trusted
    )  # fmt: skip
    with suppress(KeyboardInterrupt):  # uvicorn raises it again when all is closed
        _Server(config, on_ready, busy, patience).run()
