"""A collection's index, made as every index is and kept in a folder for the next time."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from eval.corpora.corpus import Corpus, hashed
from eval.small_index import SmallPost, rest_entry
from ingest.split import VERSION
from ingest.sync import sync
from ingest.updating import OnProgress
from rag.embedding.embedder import Embedder
from rag.index.index import Index
from rag.place import CATALOG
from rag.settings import Settings

_log = logging.getLogger(__name__)
_FORM = 1  # grows whenever the same collection would become other posts


@dataclass(frozen=True, slots=True)
class PostText:
    """A post as another system is given it."""

    post_id: str
    title: str
    text: str
    """What a reader sees: title, headings and paragraphs, each on lines of its own."""


def corpus_index(
    corpus: Corpus,
    cache: Path,
    settings: Settings,
    embedder: Embedder,
    *,
    on_progress: OnProgress | None = None,
) -> Path:
    """The folder of the collection's index; made where there is none yet.

    Its name holds the hash of all that it depends on: the posts, how they are split, and the model.
    One that was not finished is made to the end: what it has embedded is not embedded again.

    Raises:
        SourceError: The posts cannot be read.
        IndexUnwritable: The disk is full, or the folder may not be written.
    """
    folder = cache / f"index-{_hash(corpus, settings, embedder)}"
    if _is_whole(folder):
        return folder
    _log.info("Making an index of %s in %s.", corpus.name, folder)
    own = corpus_settings(settings, folder)
    if isinstance(corpus.posts, Path):
        sync([str(corpus.posts)], own, embedder=embedder, on_progress=on_progress)
        return folder
    with TemporaryDirectory(prefix="pullquote-") as made:
        source = Path(made, "posts.jsonl")
        with source.open("w", encoding="utf-8") as stream:
            stream.writelines(f"{line}\n" for line in _lines(corpus.posts))
        sync([str(source)], own, embedder=embedder, on_progress=on_progress)
    return folder


def corpus_settings(settings: Settings, folder: Path) -> Settings:
    """The same settings on a collection's index, which lies in its folder alone.

    A catalog or a search index on a server is that of the user's own posts.
    """
    own = {"index": folder, "catalog_url": None, "chroma_url": None, "chroma_token": None}
    return settings.model_copy(update=own)


def post_texts(index: Index) -> tuple[PostText, ...]:
    """All posts of an index, in the order of their ids."""
    posts = sorted(index.posts(limit=max(1, index.status().posts)), key=lambda post: post.id)
    found = []
    for post in posts:
        parts = [post.title]
        for section in index.sections(post.id):
            parts += [*section.headings[-1:], section.text]
        text = "\n\n".join(part for part in parts if part.strip())
        found.append(PostText(post.id, post.title, text))
    return tuple(found)


def _lines(posts: tuple[SmallPost, ...]) -> Iterator[str]:
    return (json.dumps(rest_entry(number, post)) for number, post in enumerate(posts, 1))


def _hash(corpus: Corpus, settings: Settings, embedder: Embedder) -> str:
    made_of = hashlib.sha256(f"{_FORM} {VERSION} {settings.passage_tokens} {embedder.id}".encode())
    if isinstance(corpus.posts, Path):
        path = corpus.posts
        inside = sorted(file for file in path.rglob("*") if file.is_file())
        made_of.update(repr(hashed(inside if path.is_dir() else [path])).encode())
    else:
        for line in _lines(corpus.posts):
            made_of.update(line.encode())
    return made_of.hexdigest()[:16]


def _is_whole(folder: Path) -> bool:
    if not (folder / CATALOG).is_file():
        return False
    with closing(Index(folder)) as index:
        return index.synced_at is not None
