"""The chat page: one conversation beside its sources. With its neighbours, the home of Gradio."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from html import escape
from importlib.resources import files
from typing import Any

# Read once, when gradio is imported: nothing is sent anywhere.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # noqa: TID251 - set for gradio, not read

import gradio as gr
from fastapi import FastAPI

from rag.assistant import Assistant
from ui.doors.app import Doors
from ui.footer import footer
from ui.page.desk import ASK, AT_ONCE, Conversation, Desk
from ui.page.server import listen
from ui.render import panel

_FONT = ["ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
_SESSIONS = 1000  # conversations kept in memory


def build(
    assistant: Assistant, *, desk: Desk | None = None, examples: Sequence[str] = ()
) -> gr.Blocks:
    """The page for an assistant.

    Args:
        assistant: Who answers.
        desk: Where it answers; None is one of its own.
        examples: Questions that are offered before the first one is asked.
    """
    desk = desk or Desk(assistant)
    status = assistant.index.status()
    name = assistant.settings.site_name or ", ".join(status.hosts) or "this site"
    with gr.Blocks(title=f"Ask {name}", fill_height=True, analytics_enabled=False) as page:
        talk = gr.State(Conversation())
        with gr.Row(elem_id="pq-head"):
            _html(f"<h1>Ask {escape(name)}</h1>", "pq-title")
            new = gr.Button("New chat", elem_id="pq-new", size="sm", scale=0)
        with gr.Row(elem_id="pq-body", equal_height=False):
            with gr.Column(elem_id="pq-talk", scale=3):
                chat = gr.Chatbot(
                    elem_id="pq-chat", label="Conversation", show_label=False, container=False,
                    layout="bubble", height="100%", buttons=[], sanitize_html=True,
                    allow_tags=False, latex_delimiters=[], line_breaks=False,
                    feedback_options=None, placeholder=_placeholder(status.posts, name),
                    examples=[{"text": example} for example in examples],
                )  # fmt: skip
                box = gr.Textbox(
                    label="Your question", show_label=False, container=False, scale=0,
                    placeholder="Ask a question", submit_btn=ASK, elem_id="pq-box",
                    max_length=assistant.settings.question_characters,
                )  # fmt: skip
            sources = _html(panel([]), "pq-sources")
        foot = _html(footer(status, assistant.settings.chat_model), "pq-foot")

        def arrive() -> tuple[Any, str]:
            now = assistant.index.status()
            placeholder = gr.update(placeholder=_placeholder(now.posts, name))
            return placeholder, footer(now, assistant.settings.chat_model)

        quick: dict[str, Any] = {"api_visibility": "private", "queue": False}
        quick["show_progress"] = "hidden"
        page.load(arrive, None, [chat, foot], **quick)
        for begun in (
            box.submit(desk.begin, [box, chat], [box, chat], **quick),
            chat.example_select(desk.begin_example, [chat], [box, chat], **quick),
            chat.option_select(desk.begin_everywhere, [chat], [box, chat], **quick),
        ):
            begun.then(
                desk.respond, [chat, talk], [chat, talk, sources], api_visibility="private",
                concurrency_limit=AT_ONCE, concurrency_id="ask", show_progress="hidden",
            ).then(desk.finish, None, [box], **quick)  # fmt: skip
        box.stop(desk.stop, None, None, **quick)
        new.click(desk.renew, None, [chat, talk, sources, box], **quick)
        page.unload(desk.leave)
    page.queue(default_concurrency_limit=AT_ONCE, api_open=False)
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
) -> None:
    """Answer on the page until Ctrl-C.

    Args:
        assistant: Who answers.
        host: Address to listen on.
        port: Port to listen on.
        on_ready: Told the page's address once it can be opened.
        pages: Path to HTML of web pages that are served beside it.
        examples: Questions to offer.
    """
    desk = Desk(assistant)
    threading.Thread(target=desk.warm_up, daemon=True).start()
    page = build(assistant, desk=desk, examples=examples)
    page.max_threads = 100  # else 40 events of the whole page at once, waiting ones included
    page.state_session_capacity = _SESSIONS
    doors = Doors(assistant)
    app = gr.mount_gradio_app(
        FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=doors.lifespan), page,
        path="/",
        footer_links=[], run_history=False, show_error=False, max_file_size="1kb",
        ssr_mode=False, enable_monitoring=False, head=_head(),
        theme=gr.themes.Base(font=_FONT, font_mono=["ui-monospace", "monospace"]),
    )  # fmt: skip
    listen(app, host, port, on_ready, pages=pages or {}, around=doors.around)


def _html(value: str, name: str) -> gr.HTML:
    return gr.HTML(value, elem_id=name, js_on_load=None, apply_default_css=False)


def _placeholder(posts: int, name: str) -> str:
    if not posts:
        return "## Nothing to ask yet\nThis index holds no posts. Run `pullquote ingest` first."
    return (
        f"## What would you like to know?\nAnswers are made of sentences of {escape(name)}, each "
        "with a link to the place where it stands."
    )


def _head() -> str:
    assets = files("ui.assets")
    css = (assets / "page.css").read_text(encoding="utf-8")
    script = (assets / "page.js").read_text(encoding="utf-8")
    return f"<style>{css}</style><script>{script}</script>"
