"""The server under the page of sheets: on this machine alone, until Ctrl-C."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import uvicorn

from ui.marking.app import marking_app
from ui.marking.kinds import Sheet
from ui.ports import free_port, open_in_browser, page_address
from ui.show import say

HOST = "127.0.0.1"


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready(page_address(self.config.host, self.config.port))


def serve_sheets(
    sheets: Sequence[Sheet],
    then: str,
    ready: Callable[[str], None],
    *,
    colour: str,
    port: int = 0,
) -> None:
    """Serve the page on this machine until Ctrl-C.

    Args:
        sheets: Each for one person.
        then: The command for when all is done.
        ready: Told the address once it can be opened.
        colour: As `marking_app` takes it.
        port: To listen on, where it is free; else any that is.
    """
    # As uvicorn is told to end by either, so is what called it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    config = uvicorn.Config(
        marking_app(sheets, then, colour=colour), host=HOST, port=free_port(HOST, port),
        log_level="warning", access_log=False, timeout_graceful_shutdown=1,
    )  # fmt: skip
    with suppress(KeyboardInterrupt):  # uvicorn raises it again when all is closed
        _Server(config, ready).run()


def on_page(sheets: Sequence[Sheet], then: str, *, colour: str, port: int) -> None:
    """Say where the page is, open it, and serve it until Ctrl-C; say then what comes next.

    Raises:
        SourceError: A sheet cannot be read.
    """
    for one in sheets:
        one.lines()

    def ready(address: str) -> None:
        say(f"The page is at {address} (Ctrl-C ends it). Each answer is in the file at once.")
        if sys.stdout.isatty():
            open_in_browser(address)

    serve_sheets(sheets, then, ready, colour=colour, port=port)
    say(f"Then: {then}")
