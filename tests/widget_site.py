"""A site of another origin with the widget on its pages; some styles of its do harm."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from door_server import open_doors
from fake_assistant import EXAMPLES, HOSTILE, FakeAssistant, site_index
from small_site import GARDEN

from rag.types import ParsedPost, Section
from ui.page.desk import Desk
from ui.page.widget import widget
from ui.texts import load_texts

NAME = "The garden"
STYLES = {
    "plain": "body { margin: 0; font: 17px/1.6 Georgia, serif; color: #222; background: #fff; }"
    " main { max-width: 40rem; margin: 40px; }",
    "hostile": """
* { color: red !important; font: 40px/3 cursive !important; letter-spacing: .3em !important;
    text-transform: uppercase !important; box-sizing: content-box !important; }
html { font-size: 62.5%; }
body { transform: translateX(3px); filter: contrast(1.01); overflow-x: hidden; }
body > * { display: none !important; opacity: 0 !important; position: static !important;
    pointer-events: none !important; visibility: hidden !important; }
body > main { display: block !important; opacity: 1 !important; visibility: visible !important; }
button, dialog, textarea, a { background: lime !important; border: 9px solid red !important; }
#pq, #pq-panel, #pq-launch { display: none !important; }
::backdrop { background: red !important; }
""",
}
FAR = f"<p>{'far ' * 3000}</p>"
"""What is linked to lies below the first screen."""


@contextmanager
def widget_site(
    folder: Path, *, posts: Iterable[ParsedPost] | None = None, **settings: Any
) -> Iterator[tuple[str, str]]:
    """The addresses of the site and of the server that answers on it.

    A page is `/<post>/`; behind `?` may stand `style`, a name of `STYLES`, and the widget's own
    attributes, without `data-`.
    """
    with _Pages(("127.0.0.1", 0), _Page) as pages:
        site = f"http://127.0.0.1:{pages.server_address[1]}"
        threading.Thread(target=pages.serve_forever, daemon=True).start()
        given = {"link_base": site, "widget_origins": site, **settings}
        with FakeAssistant(site_index(folder / "index", posts=posts), **given) as assistant:
            chosen = assistant.settings
            texts = load_texts(chosen.page_language, chosen.page_texts)
            desk = Desk(assistant, texts, EXAMPLES)
            with open_doors(assistant, widget=widget(desk, chosen, NAME)) as (server, _):
                pages.widgets_server = server
                yield site, server
        pages.shutdown()


class _Pages(ThreadingHTTPServer):
    widgets_server = ""


class _Page(BaseHTTPRequestHandler):
    server: _Pages

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        told = dict(parse_qsl(url.query))
        html = _html(url.path, STYLES[told.pop("style", "plain")], told, self.server.widgets_server)
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(html.encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its own name
        pass


def _html(path: str, style: str, attributes: dict[str, str], server: str) -> str:
    data = "".join(f' data-{name}="{escape(value)}"' for name, value in attributes.items())
    posts = [one for one in (*GARDEN, HOSTILE) if urlsplit(one.post.url).path == path]
    body = "".join(_section(part) for one in posts for part in one.sections)
    return (
        f"<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>A post</title>"
        f"<meta name='viewport' content='width=device-width'><style>{style}</style>"
        f"<script src='{server}/widget.js' defer{data}></script></head>"
        f"<body><main><h1>A post</h1>{FAR}{body}{FAR}</main></body></html>"
    )


def _section(section: Section) -> str:
    anchor = f' id="{section.anchor}"' if section.anchor else ""
    found = f"<h2{anchor}>{escape(' '.join(section.headings))}</h2>"
    for block in section.blocks:
        # As editors leave it: emphasised words, and line ends in the source.
        text = escape(section.text[block.start : block.end])
        found += "<p>" + text.replace(" lost ", " <em>lost</em>  \n ") + "</p>"
    return found
