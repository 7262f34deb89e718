"""Where links land: each is clicked in a real Chromium, and the page that opens is looked at."""

from __future__ import annotations

import io
import shutil
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import BrowserContext, Page, Request, Route, sync_playwright

from rag.links import deep_link
from rag.text.sentences import split_sentences
from rag.types import ParsedPost, Section, Sentence

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
).split()
_MARK = (255, 0, 255)
# The browser's mark in a colour of its own; room everywhere, so that each place has its scroll.
_STYLE = f"""<style>
::target-text {{ color: rgb{_MARK} !important; background: rgb{_MARK} !important }}
:is(h1,h2,h3,h4,h5,h6,p,li,pre,tr) {{ scroll-margin: 0 !important }}
:is(h1,h2,h3,h4,h5,h6,p,pre) {{ margin-top: 40vh !important }}
body {{ padding-bottom: 150vh !important; background: white !important }}
html {{ scroll-behavior: auto !important }}
</style>"""
_WAIT = 4.0  # seconds until a mark that has not come will not come
_NEAR = 3  # pixels around words that their mark may reach
_CELL = " | "

Where = Literal["words", "elsewhere", "section", "page"]
"""Its own words are marked; other words are; none, but its section's id is at the top; neither."""

_SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Landing:
    """A link that was followed."""

    link: str
    words: str
    """That it should lead to; of a link without words, its heading."""
    where: Where

    @property
    def worded(self) -> bool:
        """Whether it leads to words, not to a section as a whole."""
        return ":~:text=" in self.link

    @property
    def right(self) -> bool:
        return self.where == ("words" if self.worded else "section")


@dataclass(frozen=True, slots=True)
class _Aim:
    """A sentence to be found in its page, in pieces between which something else may stand."""

    section: Section
    sentence: Sentence | None
    pieces: tuple[str, ...]


@contextmanager
def chromium() -> Iterator[BrowserContext]:
    """A Chromium that asks for nothing but what this machine serves as a page.

    Raises:
        FileNotFoundError: There is none on the search path.
    """
    found = shutil.which("chromium")
    if found is None:
        raise FileNotFoundError("There is no chromium on the search path.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.route("**/*", _only_pages)
        yield context
        browser.close()


def _only_pages(route: Route, asked: Request) -> None:
    if asked.resource_type == "document":
        route.continue_()
    else:
        route.abort()


@contextmanager
def serving(pages: Mapping[str, str]) -> Iterator[str]:
    """The address of a server on loopback.

    Args:
        pages: Unquoted path to HTML.
    """
    encoded = {path: _with_style(html).encode("utf-8") for path, html in pages.items()}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = encoded.get(unquote(urlsplit(self.path).path))
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            """Not to the terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.server_port}"
        finally:
            listening.shutdown()
            thread.join()


def _with_style(html: str) -> str:
    before, head, after = html.partition("</head>")
    return f"{before}{_STYLE}{head}{after}" if head else _STYLE + html


def follow(
    context: BrowserContext, parsed: ParsedPost, base: str, *, most: int | None = None
) -> list[Landing]:
    """Follow the links to a post's sections and sentences, one after another.

    Args:
        context: As `chromium` gives it.
        parsed: The post, as read.
        base: Of the server that has its pages.
        most: Sentences of each section; None means all of them.
    """
    found: list[Landing] = []
    for page in dict.fromkeys(section.page for section in parsed.sections):
        own = [section for section in parsed.sections if section.page == page]
        aims = [aim for section in own for aim in _aims(section, parsed.post.language)]
        places = _places(context, deep_link(parsed.post, own[0], base=base), aims)
        taken: dict[str, int] = {}
        for aim, place in zip(aims, places, strict=True):
            key = aim.section.key
            if aim.sentence is None and not aim.section.anchor:
                continue
            if aim.sentence is not None:
                taken[key] = taken.get(key, 0) + 1
                if most is not None and taken[key] > most:
                    continue
            link = deep_link(parsed.post, aim.section, aim.sentence, base=base)
            found.append(Landing(link, "".join(aim.pieces), _where(context, link, aim, place)))
    return found


def _aims(section: Section, language: str | None) -> Iterator[_Aim]:
    heading = section.headings[-1] if section.headings else ""
    yield _Aim(section, None, (heading,))
    for sentence in split_sentences(section.text, section.blocks, language=language):
        block = next(b for b in section.blocks if b.start <= sentence.start < b.end)
        cuts = [sentence.start, sentence.end]
        cuts += [at for gap in block.gaps for at in gap if sentence.start < at < sentence.end]
        parts = [section.text[a:b] for a, b in pairwise(sorted(cuts))]
        cells = [cell for part in parts for cell in part.split(_CELL)]
        yield _Aim(section, sentence, tuple(cells if block.kind == "row" else parts))


def _places(context: BrowserContext, address: str, aims: Sequence[_Aim]) -> list[Any]:
    """Where each aim stands in the letters of the page; None for one that does not."""
    page = context.new_page()
    page.goto(address)
    page.evaluate(_SCRIPT)
    needles = [[_squeezed(piece) for piece in aim.pieces] for aim in aims]
    places: list[Any] = page.evaluate("needles => pqFind(needles)", needles)
    page.close()
    return places


def _squeezed(text: str) -> str:
    return "".join(unicodedata.normalize("NFD", text.replace("|", "")).split())


def _where(context: BrowserContext, link: str, aim: _Aim, place: Any) -> Where:
    page = _clicked(context, link)
    try:
        if aim.sentence is None:
            return "section" if _at_section(page, aim.section) else "page"
        marked = _marked(page)
        if marked is None:
            return "section" if _at_section(page, aim.section) else "page"
        page.evaluate(_SCRIPT)
        rects = page.evaluate("place => pqRects(place)", place) if place else []
        return "words" if _holds(rects, marked) else "elsewhere"
    finally:
        page.close()


def _clicked(context: BrowserContext, link: str) -> Page:
    """The page that opens when a reader clicks the link in an answer."""
    answer = context.new_page()
    answer.set_content(f'<a href="{escape(link)}" target="_blank" rel="noopener">1</a>')
    with context.expect_page() as opening:
        answer.click("a")
    page = opening.value
    page.wait_for_load_state()
    answer.close()
    return page


def _at_section(page: Page, section: Section) -> bool:
    """Whether the element with the section's id stands at the top, scrolled to."""
    found: bool = page.evaluate(
        """id => new Promise(done => setTimeout(() => {
          const one = document.getElementById(id) || document.getElementsByName(id)[0];
          const top = one ? one.getBoundingClientRect().top : -1;
          done(scrollY > 0 && Math.abs(top) < 5);
        }, 50))""",
        section.anchor or "",
    )
    return found


def _marked(page: Page) -> NDArray[np.intp] | None:
    """The marked pixels, shape (n, 2), row and column; None where there are none."""
    until = monotonic() + _WAIT
    while True:
        with Image.open(io.BytesIO(page.screenshot())) as image:
            pixels = np.asarray(image.convert("RGB"))
        marked = np.argwhere((pixels == _MARK).all(axis=2))
        if len(marked):
            return marked
        if monotonic() > until:
            return None


def _holds(rects: Sequence[Sequence[float]], marked: NDArray[np.intp]) -> bool:
    """Whether nothing but the words is marked, and as much of them as can be seen."""
    inside = np.zeros(len(marked), bool)
    rows, columns = marked[:, 0], marked[:, 1]
    for left, top, right, bottom in rects:
        near = (columns >= left - _NEAR) & (columns <= right + _NEAR)
        inside |= near & (rows >= top - _NEAR) & (rows <= bottom + _NEAR)
    return bool(len(rects)) and bool(inside.all())
