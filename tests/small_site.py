"""A small site of our own in memory, and how tests get it into an index."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from ingest.split import split
from rag.catalog import write as catalog_write
from rag.catalog.identity import content_hash, embedding_key
from rag.embedding.embedder import Embedder, HashEmbedder
from rag.index.index import IndexWriter, write_index
from rag.place import Place
from rag.types import Block, ParsedPost, Post, Section

W = TypeVar("W", bound=Path | Place)


def section(
    key: str, headings: Sequence[str], *paragraphs: str, anchor: str | None = None
) -> Section:
    blocks, start = [], 0
    for paragraph in paragraphs:
        blocks.append(Block(start, start + len(paragraph)))
        start += len(paragraph) + 1
    return Section(key, tuple(headings), anchor, 1, "\n".join(paragraphs), tuple(blocks))


def post(number: int, title: str, *sections: Section, year: int = 2020) -> ParsedPost:
    record = Post(
        id=f"garden.example/{number}",
        title=title,
        url=f"https://garden.example/{title.lower().replace(' ', '-')}/",
        published=datetime(year, 3, 1, 12, tzinfo=UTC),
        authors=("Ines Moreau",) if number % 2 else ("Tom Baker",),
        categories=("Growing",),
        tags=("spring",) if number == 1 else (),
    )
    return ParsedPost(record, tuple(sections))


GARDEN = (
    post(
        1,
        "Tomatoes from seed",
        section("0", (), "Tomatoes need warmth. A bright window is not enough for the seedlings."),
        section(
            "1",
            ("When to sow",),
            "Sow tomatoes indoors six weeks before the last frost. In our valley that is March.",
            anchor="when-to-sow",
        ),
        section("2", ("Hardening off",), "Plants go outside when nights stay above ten degrees."),
    ),
    post(
        2,
        "Slugs without pellets",
        section("0", (), "We compared five beds in a wet June."),
        section(
            "1", ("Results",), "The bed with wool mulch lost three of forty lettuces.",
            "The bare bed lost twenty-two lettuces. Copper tape made no difference.",
        ),
        year=2023,
    ),
    post(
        3,
        "Compost in winter",
        section("0", (), "A heap keeps warm below the surface even when snow lies on it."),
        year=2016,
    ),
)  # fmt: skip


def put(writer: IndexWriter, parsed: ParsedPost, embedder: Embedder, *, limit: int = 256) -> None:
    """As a sync does it, without a source."""
    pieces = split(parsed, embedder, limit=limit)
    keys = [embedding_key(piece.text, embedder.id) for piece in pieces]
    vectors = embedder.embed_passages([piece.text for piece in pieces])
    catalog_write.save_embeddings(writer.catalog, dict(zip(keys, vectors, strict=True)))
    passages = [piece.passage for piece in pieces]
    digest = content_hash(parsed)
    catalog_write.swap_post(writer.catalog, parsed, passages, keys, "test", digest)


def garden(where: W, embedder: Embedder | None = None) -> W:
    """An index of the small site."""
    embedder = embedder or HashEmbedder()
    with write_index(where, embedder.id) as writer:
        for parsed in GARDEN:
            put(writer, parsed, embedder)
        writer.finish()
    return where


def same_path() -> dict[str, str]:
    """The environment for a child process that imports what this one does."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}  # noqa: TID251
