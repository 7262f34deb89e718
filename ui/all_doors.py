"""The doors beside the chat page, as one application; no framework of the page is known here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING

from fastapi import FastAPI

from rag.assistant import Assistant, installed_version
from ui.doors.access import Access, AccessFile
from ui.doors.api_page import add_api_page
from ui.doors.ask import ask_routes
from ui.doors.asking import Asker
from ui.doors.bodies import BodyLimit
from ui.doors.chat_completions import chat_routes
from ui.doors.described import Described
from ui.doors.gate import Gate
from ui.doors.health import health_routes
from ui.doors.login import login_routes
from ui.doors.logs import log_as_json
from ui.doors.origins import SCRIPT, Origins, is_widgets
from ui.doors.owner_lock import is_owners
from ui.doors.plain import wait_page
from ui.doors.posts import post_routes
from ui.doors.problems import add_problem_handlers
from ui.doors.proxy import BehindProxy
from ui.doors.rates import Rates
from ui.doors.requests import Watched
from ui.doors.sync import sync_routes
from ui.doors.widget import Widget, widget_routes
from ui.doors.wire import App, Receive, Scope, Send, route
from ui.feedback import expire
from ui.look import site_name
from ui.owner.part import owner_part
from ui.pings import WAIT, Pings
from ui.ports import is_loopback
from ui.syncing import Syncing
from ui.texts import Texts, load_texts

if TYPE_CHECKING:
    from ui.doors.mcp_tools import McpDoor

_log = logging.getLogger(__name__)
MCP = "/mcp"
_ALONE = {"/healthz", "/readyz", "/metrics", MCP, "/login", "/logout", SCRIPT}
_BELOW = ("/api/", "/v1/")
_ABOUT = (
    "Questions about the posts of a WordPress site, answered with their own sentences. Every "
    "sentence of an answer carries citations that were checked."
)


class Doors:
    """All doors of a server but the chat page."""

    def __init__(
        self,
        assistant: Assistant,
        *,
        everyone: bool = False,
        widget: Widget | None = None,
        syncing: Syncing | None = None,
        wait: float = WAIT,
    ) -> None:
        """Doors, all of them closed to begin with.

        Args:
            assistant: Who answers.
            everyone: Strangers may come in without a password, as through a proxy.
            widget: Offered where its origins are set; None offers none.
            syncing: Runs the syncs; None takes one for the assistant's index.
            wait: Seconds before a sync that was asked for, as `Pings` takes them.

        Raises:
            ConfigError: The texts cannot be used.
        """
        settings = assistant.settings
        password = settings.password.get_secret_value() if settings.password else None
        file = AccessFile(settings.index)
        self._settings = settings
        self.asker = Asker(assistant)
        self.access = Access(file, password)
        self._at_home = is_loopback(settings.host) and not password and not everyone
        self.rates = Rates(settings.questions_a_minute)
        texts = load_texts(settings.page_language, settings.page_texts)
        self.api = _api(assistant, self.asker, self.access, self.rates, texts)
        self.syncing = syncing or Syncing(settings, assistant.index.catalog)
        self.pings = Pings(self.syncing, wait=wait) if settings.sync_sources else None
        self.api.include_router(sync_routes(self.access, self.pings))
        self.owner = owner_part(
            self.asker, file, self.rates, self.syncing, texts, at_home=self._at_home
        )
        for router in self.owner.routers:
            self.api.include_router(router)
        self._origins = frozenset(settings.widget_origins if widget else ())
        if widget and self._origins:
            self.api.include_router(widget_routes(self.asker, widget))
        self._mcp = _mcp_door(self.asker, self.rates)
        shown = site_name(assistant, texts)
        self._wait_page = lambda wait: wait_page(wait, shown, settings, texts)

    @asynccontextmanager
    async def lifespan(self, _: object) -> AsyncIterator[None]:
        """What must run while the server does, for the application that is served."""
        if self._settings.json_logs:
            log_as_json()
        expiring = asyncio.create_task(self._expire_hourly())
        async with self._mcp.lifespan() if self._mcp else nullcontext():
            yield
        expiring.cancel()
        if self.pings:
            await asyncio.to_thread(self.pings.close)
        await asyncio.to_thread(self.syncing.close)
        await asyncio.to_thread(self.owner.close)
        await asyncio.to_thread(self.asker.close)

    async def _expire_hourly(self) -> None:
        while True:
            try:
                await asyncio.to_thread(expire, self._settings)
            except OSError as error:
                _log.warning("What was kept of readers for long enough is still there: %s", error)
            await asyncio.sleep(3600)

    def around(self, page: App) -> App:
        """The page with the doors beside it, and a lock in front of both."""

        async def choose(scope: Scope, receive: Receive, send: Send) -> None:
            path = route(scope) if scope["type"] == "http" else ""
            if self._mcp and path == MCP:
                await self._mcp.app(scope, receive, send)
                return
            await (self.api if is_door(path) else page)(scope, receive, send)

        within = BodyLimit(choose, self._settings.request_bytes)
        gate = Gate(
            within, self.access, self.rates, self.owner.lock,
            at_home=self._at_home, is_public=self._is_public, wait_page=self._wait_page,
        )  # fmt: skip
        watched = Watched(Origins(gate, self._origins), self.asker.metrics)
        return BehindProxy(watched, self._settings.trusted_proxies)

    def _is_public(self, scope: Scope) -> bool:
        return self._settings.widget_open and is_widgets(scope, self._origins)


def is_door(path: str) -> bool:
    return path in _ALONE or path.startswith(_BELOW) or is_owners(path)


def _mcp_door(asker: Asker, rates: Rates) -> McpDoor | None:
    """None where its package is not installed: it is an extra."""
    try:
        from ui.doors.mcp_tools import McpDoor
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "mcp":
            raise
        return None
    return McpDoor(asker, rates)


def _api(assistant: Assistant, asker: Asker, access: Access, rates: Rates, texts: Texts) -> FastAPI:
    name = assistant.settings.site_name or "pullquote"
    app = Described(
        is_open=access.is_open,
        title=f"Ask {name}" if assistant.settings.site_name else name,
        description=_ABOUT,
        version=installed_version(),
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    add_problem_handlers(app)
    app.include_router(ask_routes(asker, texts))
    for routes in (post_routes, chat_routes, health_routes):
        app.include_router(routes(asker))
    shown = site_name(assistant, texts)
    app.include_router(login_routes(access, rates, assistant.settings, texts, shown))
    add_api_page(app)
    return app
