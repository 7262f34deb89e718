"""Several sites in one server: each with its page and its doors, below a path of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from html import escape

from fastapi import FastAPI
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse

from rag.assistant import Assistant
from rag.errors import PullquoteError
from rag.settings import Settings
from ui.doors.plain import plain_page
from ui.doors.proxy import BehindProxy
from ui.doors.wire import App, Receive, Scope, Send, route
from ui.page.app import Site, make_site
from ui.page.server import guarded, listen
from ui.texts import load_texts


def serve_sites(
    assistants: Mapping[str, Assistant],
    host: str,
    port: int,
    on_ready: Callable[[str], None],
    *,
    everyone: bool = False,
) -> None:
    """Answer for each index at `/NAME/` until Ctrl-C; `/` lists them.

    Args:
        assistants: Who answers, by the name in the path.
        host: Address to listen on.
        port: Port to listen on.
        on_ready: Told the address once it can be opened.
        everyone: Strangers may come in without a password.

    Raises:
        ConfigError: The logo or the texts cannot be used.
    """
    sites = {name: make_site(one, everyone=everyone) for name, one in assistants.items()}
    settings = next(iter(assistants.values())).settings  # of these, all have the same
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=_lifespan_of(sites))
    app.mount("/", _Choice(sites, assistants))
    listen(
        app, host, port, on_ready, pages={"/": _list_of(sites, settings)},
        # Which site is asked for is found below the path that a proxy took off.
        around=lambda inside: BehindProxy(inside, settings.trusted_proxies),
        busy=lambda: any(site.is_busy() for site in sites.values()),
        patience=settings.stop_timeout,
    )  # fmt: skip


class _Choice:
    """Leads each request to its site."""

    def __init__(self, sites: Mapping[str, Site], assistants: Mapping[str, Assistant]) -> None:
        self._apps: dict[str, App] = {
            name: guarded(site.app, {}, site.doors.around) for name, site in sites.items()
        }
        self._assistants = assistants

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        below: str = scope.get("root_path", "")
        name, slash, _ = route(scope).removeprefix("/").partition("/")
        if name in self._apps and slash:
            inside = {**scope, "root_path": f"{below}/{name}"}
            await self._apps[name](inside, receive, send)
        elif scope["type"] == "http":
            await self._beside(name)(scope, receive, send)

    def _beside(self, name: str) -> App:
        if name in self._apps:
            return RedirectResponse(f"{name}/", 307)
        if name == "healthz":
            return JSONResponse({"status": "ok"})
        if name == "readyz":
            return self._ready
        return PlainTextResponse("Not found.", status_code=404)

    async def _ready(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = await asyncio.to_thread(
            lambda: {name: _is_ready(one) for name, one in self._assistants.items()}
        )
        answer = JSONResponse(
            {"ready": all(found.values()), "sites": found}, 200 if all(found.values()) else 503
        )
        await answer(scope, receive, send)


def _is_ready(assistant: Assistant) -> bool:
    try:
        assistant.index.generation  # noqa: B018 - reads the catalog
    except PullquoteError:
        return False
    return assistant.is_loaded


def _lifespan_of(
    sites: Mapping[str, Site],
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for site in sites.values():
                await stack.enter_async_context(site.app.router.lifespan_context(site.app))
            yield

    return lifespan


def _list_of(sites: Mapping[str, Site], settings: Settings) -> str:
    texts = load_texts(settings.page_language, settings.page_texts)
    items = "".join(
        f'<li><a href="{escape(name)}/">{escape(site.name)}</a></li>'
        for name, site in sites.items()
    )
    name = texts.say("door_sites")
    return plain_page(name, name, f"<ul>{items}</ul>", settings, texts)
