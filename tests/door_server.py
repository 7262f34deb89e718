"""The doors of a real server on loopback, in a thread of the test, around a plain page."""

from __future__ import annotations

import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fake_assistant import FakeAssistant, site_index
from starlette.responses import PlainTextResponse

from rag.assistant import Assistant
from ui.all_doors import Doors
from ui.page.server import guarded


@contextmanager
def open_doors(
    assistant: Assistant, *, everyone: bool = False, **more: Any
) -> Iterator[tuple[str, Doors]]:
    """The address, and the doors; `more` is what they take besides."""
    doors = Doors(assistant, everyone=everyone, **more)

    async def page(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _live(doors, receive, send)
        else:
            await PlainTextResponse(f"the page at {scope['path']}")(scope, receive, send)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(
            guarded(page, {}, doors.around), log_level="critical", lifespan="on",
            timeout_graceful_shutdown=1, proxy_headers=False,
        )  # fmt: skip
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        until(lambda: server.started)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}", doors
        finally:
            server.should_exit = True
            thread.join(10)


@contextmanager
def open_site(folder: Path) -> Iterator[tuple[str, Doors]]:
    """The doors of the small site, whose index is made in the folder."""
    with FakeAssistant(site_index(folder / "index")) as assistant, open_doors(assistant) as opened:
        yield opened


@contextmanager
def no_new_files() -> Iterator[None]:
    """This process can open no more files, and so start no process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Not 0: what waits for as many files as are allowed goes on. The first three are always open.
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def until(true: Any, seconds: float = 10) -> None:
    """Wait for it to become true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never became true"
        time.sleep(0.02)


async def _live(doors: Doors, receive: Any, send: Any) -> None:
    await receive()
    async with doors.lifespan(None):
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})
