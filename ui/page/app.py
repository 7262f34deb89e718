"""The chat page. With its neighbours, the home of Gradio.

Gradio carries events and streams; what a reader sees is built by the page's own script out of what
`ui/page/desk.py` sends, so that nothing of a post is ever read as markup.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

# Read once, when gradio is imported and brings huggingface_hub: nothing is sent anywhere, and no
# bars stand in the log.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # noqa: TID251 - set for gradio, not read
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # noqa: TID251 - set, not read

import gradio as gr
from fastapi import FastAPI

from rag.assistant import Assistant
from ui.all_doors import Doors
from ui.doors.asking import WAITING
from ui.doors.requests import SCOPE_CAME, SCOPE_ID, of_request
from ui.doors.wire import Scope
from ui.look import head, site_name
from ui.page.desk import Desk
from ui.page.server import listen
from ui.page.widget import widget
from ui.texts import load_texts

_FONT = ["ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
_SESSIONS = 1000  # tabs that Gradio remembers
# Values of posts never stand in a template: Gradio would run what looks like JavaScript in them.
_WIRE = """
window.pullquote.connect({ say: (name, data) => trigger(name, data), hear: (told) =>
  watch("value", () => told(props.value)) }); // "submit" "stop" "like"
"""


def build(desk: Desk, name: str, is_owner: Callable[[Scope], bool] = lambda _: False) -> gr.Blocks:
    """The page.

    Args:
        desk: Where it answers.
        name: Of the site.
        is_owner: Whether a request is the owner's, who is shown the way to the owner's page.
    """
    with gr.Blocks(title=desk.texts.say("ask_site", name=name), analytics_enabled=False) as page:
        markup = (files("ui.assets") / "page.html").read_text(encoding="utf-8")
        gr.HTML("", html_template=markup, js_on_load=None, apply_default_css=False)
        wire = gr.HTML({}, html_template="<i></i>", js_on_load=_WIRE, apply_default_css=False)

        def about(request: gr.Request) -> dict[str, Any]:
            owner = is_owner(request.request.scope) if request.request else False
            return {"about": {**desk.about().model_dump(), "owner": owner}}

        def respond(event: gr.EventData, request: gr.Request) -> Iterator[dict[str, Any]]:
            # Events are answered by Gradio's own task, which knows no request.
            scope = request.request.scope if request.request else {}
            replies = desk.respond(event._data, _tab(request), scope.get(SCOPE_CAME))
            for reply in of_request(scope.get(SCOPE_ID, ""), replies):
                yield {"reply": reply.model_dump()}

        def stop(request: gr.Request) -> None:
            desk.stop(_tab(request))

        def leave(request: gr.Request) -> None:
            desk.leave(_tab(request))

        def vote(event: gr.EventData) -> dict[str, Any]:
            return {"voted": desk.vote(event._data).model_dump()}

        quick: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        page.load(about, None, wire, queue=False, **quick)
        wire.submit(
            respond, None, wire, concurrency_limit=desk.at_once, concurrency_id="ask",
            trigger_mode="multiple", **quick,
        )  # fmt: skip
        wire.stop(stop, None, None, queue=False, **quick)
        wire.like(vote, None, wire, queue=False, trigger_mode="multiple", **quick)
        page.unload(leave)
    page.queue(default_concurrency_limit=desk.at_once, max_size=WAITING, api_open=False)
    blocks: gr.Blocks = page
    return blocks


def serve(
    assistant: Assistant,
    host: str,
    port: int,
    on_ready: Callable[[str], None],
    *,
    pages: Mapping[str, str] | None = None,
    examples: Sequence[str] = (),
    everyone: bool = False,
) -> None:
    """Answer on the page until Ctrl-C.

    Args:
        assistant: Who answers.
        host: Address to listen on.
        port: Port to listen on.
        on_ready: Told the page's address once it can be opened.
        pages: Path to HTML of web pages that are served beside it.
        examples: Questions to offer; none: some are made of the posts' headings.
        everyone: Strangers may come in without a password.

    Raises:
        ConfigError: The logo or the texts cannot be used.
    """
    site = make_site(assistant, examples=examples, everyone=everyone)
    listen(
        site.app, host, port, on_ready, pages=pages or {}, around=site.doors.around,
        busy=site.is_busy, patience=assistant.settings.stop_timeout,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Site:
    """The page of one index, with the doors that stand around it."""

    name: str
    app: FastAPI
    """Without the doors; its lifespan is theirs."""
    doors: Doors

    def is_busy(self) -> bool:
        """Whether a question is under way."""
        return self.doors.asker.metrics.running > 0


def make_site(
    assistant: Assistant, *, examples: Sequence[str] = (), everyone: bool = False
) -> Site:
    """A page that can be served; its models are loaded from now on.

    Args:
        assistant: Who answers.
        examples: Questions to offer; none: some are made of the posts' headings.
        everyone: Strangers may come in without a password.

    Raises:
        ConfigError: The logo or the texts cannot be used.
    """
    settings = assistant.settings
    texts = load_texts(settings.page_language, settings.page_texts)
    name = site_name(assistant, texts)
    desk = Desk(
        assistant, texts, tuple(examples),
        watched=lambda: doors.asker.metrics.question("page"),
    )  # fmt: skip
    threading.Thread(target=desk.warm_up, daemon=True).start()
    shown = widget(desk, settings, name)
    doors = Doors(assistant, everyone=everyone, widget=shown)
    page = build(desk, name, doors.owner.lock.lets_in)
    page.max_threads = 100  # else 40 events of the whole page at once, waiting ones included
    page.state_session_capacity = _SESSIONS
    app = gr.mount_gradio_app(
        FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=doors.lifespan), page,
        path="/",
        footer_links=[], run_history=False, show_error=False, max_file_size="1kb",
        ssr_mode=False, enable_monitoring=False, head=head(settings, texts, name),
        theme=gr.themes.Base(font=_FONT, font_mono=["ui-monospace", "monospace"]),
    )  # fmt: skip
    return Site(name, app, doors)


def _tab(request: gr.Request) -> str:
    return request.session_hash or ""
