"""How far a sync is, and what it did."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.wordpress_post import Skipped
from rag.types import Damage


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sync is."""

    posts: int
    """Posts read so far."""
    passages: int
    """Passages that had to be embedded so far, done or waiting."""
    embedded: int
    """Passages embedded so far."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a sync did."""

    added: int = 0
    changed: int = 0
    record_only: int = 0
    """Posts of which only date, people, terms or address changed: nothing was embedded."""
    unchanged: int = 0
    removed: int = 0
    skipped: tuple[Skipped, ...] = ()
    empty: tuple[str, ...] = ()
    """Ids of posts without text: listed, but nothing of them can be found."""
    recovered: tuple[tuple[str, Damage], ...] = ()
    """Ids of posts recovered from damaged files, and how."""
    posts: int = 0
    """In the index now; so sections and passages."""
    sections: int = 0
    passages: int = 0
    embedded: int = 0
    """Passages embedded by this run."""
    seconds: float = 0.0
    encode_seconds: float = 0.0
    """Of `seconds`, spent in the embedding model."""
    warnings: tuple[str, ...] = ()
