"""A public collection as a site: its posts, what is asked about them, and where it is from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from eval.cases.cases import Case
from eval.cases.jsonl import unreadable
from eval.hashes import file_sha256
from eval.seen import Seen
from eval.small_index import SmallPost, SmallSection


@dataclass(frozen=True, slots=True)
class Corpus:
    """A site to be, and what is asked about it."""

    name: str
    licence: str
    origin: str
    """Where its authors publish it."""
    files: tuple[tuple[str, str], ...]
    """Name and sha256 of every file that it was made from."""
    posts: tuple[SmallPost, ...] | Path
    """Posts, or a WordPress source as `pullquote ingest` reads it."""
    cases: tuple[Case, ...]
    whole_posts: bool = False
    """Gold names posts and no sentences: any text of such a post is right."""
    seen: tuple[Seen, ...] = ()
    """The parts of ours that were fitted on this family of data."""


def hashed(files: Iterable[Path]) -> tuple[tuple[str, str], ...]:
    """Name and sha256 of each file.

    Raises:
        SourceError: One cannot be read.
    """
    found = []
    for file in files:
        try:
            found.append((file.name, file_sha256(file)))
        except OSError as error:
            raise unreadable(file, error) from error
    return tuple(found)


def plain_post(title: str, text: str) -> SmallPost:
    """A post without headings; a paragraph for each line that is not empty.

    No collection that is read here publishes headings, and none are made up: what is graded by
    section is graded by post.
    """
    lines = (" ".join(line.split()) for line in text.splitlines())
    return SmallPost(" ".join(title.split()), (SmallSection("", "\n".join(filter(None, lines))),))


def provenance_text(corpus: Corpus) -> str:
    """What the figures rest on: licence, origin and the hash of each file."""
    lines = [f"{corpus.name}: {corpus.licence}, from {corpus.origin}"]
    return "\n".join([*lines, *(f"sha256 {digest} {name}" for name, digest in corpus.files)])
