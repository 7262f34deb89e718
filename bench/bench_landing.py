"""Do links to sections and sentences land where they should, in a real Chromium?

    python -m bench.bench_landing [SOURCE] [--pages FOLDER] [--posts N] [--most N] [--json]

Each link is clicked as in an answer, and the page that opens is looked at: are the words of the
sentence marked, and no others? Pages that a browser saved are served from loopback under the path
of their canonical address; without any, pages are made of the posts' own HTML.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from urllib.parse import unquote, urlsplit

from playwright.sync_api import BrowserContext
from selectolax.lexbor import LexborHTMLParser

from bench.figures import shown, table
from bench.landing import Landing, Where, chromium, follow, serving
from bench.machine import this_machine
from ingest.html.sections import sections
from ingest.posts.wordpress_post import ReadPost
from ingest.read import read_source
from rag.links import deep_link
from rag.types import ParsedPost
from ui.commands.demo_site import BASE, demo_pages

_KINDS: tuple[Where, ...] = ("words", "section", "elsewhere", "page")


@dataclass(frozen=True, slots=True)
class Measured:
    """Every link that was followed."""

    posts: int
    landings: tuple[Landing, ...]


def main() -> None:
    sample = str(files("ingest.sample") / "posts.json")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", nargs="?", default=sample, help="as `pullquote ingest` takes it")
    parser.add_argument("--pages", type=Path, help="a folder of saved pages, *.html")
    parser.add_argument("--posts", type=int, help="drawn with a fixed seed; else all")
    parser.add_argument("--most", type=int, help="sentences of a section; else all")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    machine = this_machine()
    posts = read_posts(arguments.source)
    if arguments.posts is not None and arguments.posts < len(posts):
        posts = random.Random(0).sample(posts, arguments.posts)
    pages = saved_pages(arguments.pages) if arguments.pages else demo_pages(arguments.source)
    with chromium() as context:
        below = "" if arguments.pages else BASE
        measured = measure(context, posts, pages, most=arguments.most, below=below)
    print(shown(machine, measured, text_of(measured), as_json=arguments.json))


def read_posts(source: str) -> list[ParsedPost]:
    """The public posts of a source that have an address."""
    raws = [found.raw for found in read_source(source) if isinstance(found, ReadPost)]
    return [
        ParsedPost(raw.post, sections(raw.html, title=raw.post.title))
        for raw in raws
        if raw.post.url
    ]


def saved_pages(folder: Path) -> dict[str, str]:
    """Unquoted path to HTML of the pages that name their own address."""
    pages: dict[str, str] = {}
    for file in sorted(folder.glob("*.html")):
        html = file.read_text(encoding="utf-8")
        named = LexborHTMLParser(html).css_first('link[rel="canonical"]')
        address = named.attributes.get("href") if named else None
        if address:
            pages[unquote(urlsplit(address).path)] = html
    return pages


def measure(
    context: BrowserContext,
    posts: Sequence[ParsedPost],
    pages: Mapping[str, str],
    *,
    most: int | None = None,
    below: str = "",
) -> Measured:
    """Follow the links into the pages that are there.

    Args:
        context: As `bench.landing.chromium` gives it.
        posts: As read.
        pages: Unquoted path to HTML.
        most: Sentences of each section; None means all.
        below: Path under which the pages stand for the posts' own site.
    """
    found: list[Landing] = []
    followed = 0
    with serving(pages) as address:
        for parsed in posts:
            base = address + below
            own = [(one, deep_link(parsed.post, one, base=base)) for one in parsed.sections]
            here = tuple(one for one, link in own if _path(link) in pages)
            followed += bool(here)
            found += follow(context, replace(parsed, sections=here), base, most=most)
    return Measured(followed, tuple(found))


def _path(link: str) -> str:
    return unquote(urlsplit(link).path)


def text_of(measured: Measured) -> str:
    """How many links of either kind landed where."""
    rows = []
    for name, worded in (("to a sentence", True), ("to a section's id", False)):
        own = [one for one in measured.landings if one.worded == worded]
        where = Counter(one.where for one in own)
        share = f"{sum(one.right for one in own) / len(own):.4f}" if own else "–"
        rows.append([name, f"{len(own):,}", share, *(f"{where[kind]:,}" for kind in _KINDS)])
    head = ["Link", "n", "landed", "on its words", "at the id", "on other words", "nowhere"]
    return f"{measured.posts:,} posts.\n\n{table(head, rows)}"


if __name__ == "__main__":
    main()
