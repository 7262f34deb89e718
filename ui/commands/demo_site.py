"""The sample posts as web pages: links of its answers lead somewhere without a network."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from urllib.parse import unquote, urlsplit

from ingest.posts.wordpress_post import ReadPost
from ingest.read import read_source

BASE = "/site"
"""Path under which the pages are served; stands for the sample's own address in links."""


def demo_pages(source: str | None = None) -> dict[str, str]:
    """Path to HTML of every public post, and of a list of them at `BASE`.

    Args:
        source: A file of posts whose HTML is trusted; None takes the bundled sample.
    """
    source = source or str(files("ingest.sample") / "posts.json")
    read = [found.raw for found in read_source(source) if isinstance(found, ReadPost)]
    posts = [raw for raw in read if raw.post.url]
    style = (files("ui.assets") / "site.css").read_text(encoding="utf-8")
    pages: dict[str, str] = {}
    rows = []
    for raw in posts:
        first = BASE + unquote(urlsplit(raw.post.url).path)
        date = f"{raw.post.published:%d %B %Y}" if raw.post.published else ""
        facts = escape(" · ".join(filter(None, (date, ", ".join(raw.post.authors)))))
        parts = raw.html.split("<!--nextpage-->")
        paths = [first, *(f"{first.rstrip('/')}/{n}/" for n in range(2, len(parts) + 1))]
        links = " ".join(f'<a href="{escape(p)}">{n}</a>' for n, p in enumerate(paths, 1))
        foot = f"<p>Page: {links}</p>" if len(parts) > 1 else ""
        for path, part in zip(paths, parts, strict=True):
            pages[path] = _page(raw.post.title, style, f"<p>{facts}</p>", part, foot)
        rows.append(f'<li><a href="{escape(first)}">{escape(raw.post.title)}</a> {date}</li>')
    pages[f"{BASE}/"] = _page("Peninsula Notes", style, "", f"<ul>{''.join(rows)}</ul>", "")
    return pages


def _page(title: str, style: str, facts: str, content: str, foot: str) -> str:
    """A page; `content` is the project's own, as it is bundled."""
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style></head>
<body><main><header><p><a href="{BASE}/">Peninsula Notes</a>, the bundled sample site</p>
<h1>{escape(title)}</h1>{facts}</header>
{content}
<footer>{foot}</footer></main></body></html>"""
