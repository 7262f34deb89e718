"""How far a sync is, and what it did."""

from __future__ import annotations

from dataclasses import dataclass, field

from ingest.html.coverage import TextKept
from ingest.live.spot_check import PageCheck
from ingest.posts.wordpress_post import Skipped
from rag.catalog.languages import LanguageShare
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
class Difference:
    """What a sync did, or would do, with a post."""

    what: str
    """The report's field that counts it: "added", "changed", "record_only" or "removed"."""
    post_id: str
    title: str
    """Empty where only its record changed or it was removed."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a sync did."""

    added: int = 0
    changed: int = 0
    record_only: int = 0
    """Posts of which only date, people, terms or address changed: nothing was embedded."""
    unchanged: int = 0
    removed: int = 0
    forgotten: tuple[str, ...] = ()
    """Ids of posts that the source shows and that were left out, as they were forgotten."""
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
    """Of `seconds`, spent in the embedding model; not what workers of Ray spent meanwhile."""
    text: TextKept = field(default_factory=TextKept)
    languages: tuple[LanguageShare, ...] = ()
    """Of the index now, the most frequent first."""
    warnings: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    """Ids of posts that a live site no longer names but still shows, or does not say."""
    pages: PageCheck = field(default_factory=PageCheck)
    shown_elsewhere: tuple[str, ...] = ()
    """Addresses of pages that show much more text than the site's API gave: page builders."""
    as_thin: int = 0
    """Where there are such pages: posts with as little text whose pages were not opened."""
    differences: tuple[Difference, ...] = ()
    """Every post that is not as it was before, in the order of reading."""
    dry_run: bool = False
    """Nothing was done; the counts say what would be."""
