"""The chat page in front of an index, and the browser in front of the page."""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Mapping, Sequence

from rag.assistant import Assistant
from rag.backends import model_id
from rag.catalog_files import require_whole
from rag.settings import Settings
from ui.show import say, waiting


def serve_page(
    settings: Settings,
    *,
    open_browser: bool | None = False,
    pages: Mapping[str, str] | None = None,
    examples: Sequence[str] = (),
) -> None:
    """Answer on the chat page until Ctrl-C.

    Args:
        settings: `index`, `host`, `port` and all that an `Assistant` takes.
        open_browser: Show the page in the user's browser; None where a terminal shows this.
        pages: Path to HTML of pages that are served beside the chat.
        examples: Questions to offer.

    Raises:
        IndexMissing, IndexMismatch, IndexDamaged, ModelUnavailable: As `Assistant.open`.
    """
    assistant = Assistant(settings)
    require_whole(assistant.index.catalog)
    assistant.index.check_model(model_id(settings))  # now, and not at the first reader's question
    with waiting("Opening the page"):
        # Only now: it takes seconds, and there may be no index at all.
        from ui.page.app import serve

    def ready(address: str) -> None:
        say(f"The page is at {address} (Ctrl-C ends it).")
        if sys.stdout.isatty() if open_browser is None else open_browser:
            _open(address)

    with assistant:
        serve(assistant, settings.host, settings.port, ready, pages=pages, examples=examples)


def _open(address: str) -> None:
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return
    # Python's name for a browser of the terminal: it would hide the address it is shown under.
    if type(browser) is not webbrowser.GenericBrowser:
        browser.open(address)
