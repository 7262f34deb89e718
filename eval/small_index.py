"""A handful of posts of our own, in an index that is thrown away afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

from ingest.sync import sync
from rag.assistant import Assistant
from rag.backends import load_embedder
from rag.embedding.embedder import Embedder
from rag.settings import Settings

SITE = "small.example"


@dataclass(frozen=True, slots=True)
class SmallSection:
    """Text under a heading."""

    heading: str
    """Empty before the first heading."""
    text: str
    """Plain; a paragraph for each line."""


@dataclass(frozen=True, slots=True)
class SmallPost:
    """A post as it is written down by hand."""

    title: str
    sections: tuple[SmallSection, ...]
    date: str = "2024-01-01"


@contextmanager
def small_assistant(
    posts: Sequence[SmallPost], settings: Settings, *, embedder: Embedder | None = None
) -> Iterator[Assistant]:
    """An assistant on an index of these posts alone, made as every index is.

    The first post has the id `small.example/1`, the next `small.example/2`, and so on.

    Args:
        posts: What it holds.
        settings: All but `index`, which becomes a folder for the time being.
        embedder: Takes the place of the one that the settings name.

    Raises:
        ModelUnavailable: A model cannot be loaded.
    """
    embedder = embedder or load_embedder(settings)
    with TemporaryDirectory(prefix="pullquote-") as folder:
        source = Path(folder, "posts.json")
        entries = [rest_entry(number, post) for number, post in enumerate(posts, 1)]
        source.write_text(json.dumps(entries), encoding="utf-8")
        own = settings.model_copy(update={"index": Path(folder, "index")})
        sync([str(source)], own, embedder=embedder)
        with Assistant(own, embedder=embedder) as assistant:
            yield assistant


def post_id(number: int) -> str:
    """Of the post that stands at this place, from 1."""
    return f"{SITE}/{number}"


def rest_entry(number: int, post: SmallPost) -> dict[str, object]:
    """The post that stands at this place, from 1, as a site's REST API has it."""
    return {
        "id": number,
        "date_gmt": f"{post.date}T12:00:00",
        "link": f"https://{SITE}/{number}/",
        "guid": {"rendered": f"https://{SITE}/?p={number}"},
        "type": "post",
        "status": "publish",
        "title": {"rendered": escape(post.title)},
        "content": {"rendered": "\n".join(_html(section) for section in post.sections)},
    }


def _html(section: SmallSection) -> str:
    heading = f"<h2>{escape(section.heading)}</h2>\n" if section.heading else ""
    return heading + "\n".join(
        f"<p>{escape(line, quote=False)}</p>" for line in section.text.split("\n")
    )
