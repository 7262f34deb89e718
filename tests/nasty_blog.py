"""A blog whose posts are as bad as they come, the index made of it, and questions to it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ingest.report import Report
from ingest.sync import Options, sync
from rag.assistant import Assistant
from rag.embedding.embedder import HashEmbedder, PassageText, PassageVectors
from rag.index.index import Index
from rag.settings import Settings, load_settings
from rag.types import Answer, Citation, Post, Section

HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>Garden</title><link>https://garden.example</link><language>en-GB</language>
<wp:wxr_version>1.2</wp:wxr_version><wp:base_blog_url>https://garden.example</wp:base_blog_url>
"""
TAIL = "</channel></rss>"


def entry(html: str, number: int = 7, **changes: Any) -> dict[str, Any]:
    """A post of the REST API."""
    made: dict[str, Any] = {
        "id": number,
        "date": "2024-03-01T13:00:00",
        "date_gmt": "2024-03-01T12:00:00",
        "guid": {"rendered": f"https://garden.example/?p={number}"},
        "modified_gmt": "2024-03-01T12:00:00",
        "slug": f"post-{number}",
        "status": "publish",
        "type": "post",
        "link": f"https://garden.example/post-{number}/",
        "title": {"rendered": f"Post {number}"},
        "content": {"rendered": html, "protected": False},
    }
    return {**made, **changes}


def item(html: str, number: int = 7, *, status: str = "publish", kind: str = "post",
         password: str = "", modified: str = "2024-03-01 12:00:00") -> str:  # fmt: skip
    """The same post in an export file."""
    return f"""<item><title><![CDATA[Post {number}]]></title>
<link>https://garden.example/post-{number}/</link><dc:creator><![CDATA[ines]]></dc:creator>
<content:encoded><![CDATA[{html}]]></content:encoded><wp:post_id>{number}</wp:post_id>
<wp:post_date_gmt><![CDATA[2024-03-01 12:00:00]]></wp:post_date_gmt>
<wp:post_modified_gmt><![CDATA[{modified}]]></wp:post_modified_gmt>
<wp:status><![CDATA[{status}]]></wp:status><wp:post_type><![CDATA[{kind}]]></wp:post_type>
<wp:post_password><![CDATA[{password}]]></wp:post_password></item>"""


class Noting(HashEmbedder):
    """Keeps what it embeds."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def embed_passages(self, texts: Sequence[PassageText]) -> list[PassageVectors]:
        self.texts += [text.text for text in texts]
        return super().embed_passages(texts)


class Blog:
    """Saved files, and the index made of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.index = folder / "index"
        self.embedder = Noting()

    def settings(self, **more: Any) -> Settings:
        near: dict[str, Any] = {"allow_private_network": True, "fetch_sample": 0}
        return load_settings(index=self.index, embedding_model="hash", **(near | more))

    def save(self, name: str, data: bytes | str | object) -> str:
        if not isinstance(data, bytes | str):
            data = json.dumps(data)
        (self.folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
        return str(self.folder / name)

    def sync(self, *sources: str, **options: Any) -> Report:
        self.embedder.texts.clear()
        return sync(
            list(sources), self.settings(), options=Options(**options), embedder=self.embedder
        )

    def read(self, html: str, **changes: Any) -> tuple[Section, ...]:
        """The sections of a post as they stand in the index after a sync of its file."""
        self.sync(self.save("post.json", entry(html, **changes)))
        return self.sections()

    def text(self, html: str, **changes: Any) -> str:
        return "\n".join(section.text for section in self.read(html, **changes))

    def sections(self, number: int = 7) -> tuple[Section, ...]:
        index = Index(self.index)
        found = index.sections(f"garden.example/{number}")
        index.close()
        return found

    @property
    def posts(self) -> tuple[Post, ...]:
        index = Index(self.index)
        found = index.posts()
        index.close()
        return found

    def ask(self, question: str) -> Answer:
        settings = self.settings(min_answerable=0.0)
        with Assistant(settings, embedder=self.embedder) as assistant:
            return assistant.ask(question)

    def nearest(self, words: str) -> dict[str, Citation]:
        """Section key to the sentence of it that is nearest to the words, of three sections."""
        settings = self.settings(min_answerable=1.0)
        with Assistant(settings, embedder=self.embedder) as assistant:
            found = assistant.ask(words).nearest
        return {one.section.key: one for one in found if one.section}


def outline(sections: Sequence[Section]) -> list[tuple[str, str, str]]:
    return [(one.key, " › ".join(one.headings), one.text) for one in sections]


@pytest.fixture
def blog(tmp_path: Path) -> Blog:
    return Blog(tmp_path)
