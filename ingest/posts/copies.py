"""Several copies of one post, from several files: which one counts, and what it leaves open."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace

from rag.catalog.catalog import to_seconds
from rag.types import Post

OLDER = "an older copy: a newer one of the post is in the index"
DAMAGED = "a damaged copy: a whole one of the post is in the index"
_ALWAYS_THERE = ("url", "published", "language")


@dataclass(frozen=True, slots=True, order=True)
class Standing:
    """How much a copy counts beside another one of its post; the greater one wins."""

    live: bool
    """Read from the site itself, which is right whatever time it names."""
    modified: int
    """Seconds since 1970, UTC; 0 where the copy does not say."""
    whole: bool
    """Not recovered from a damaged file."""
    told: int = -99
    """Grows with the fields of the record that it tells; decides only between copies of one run,
    each of which tells more than one of which that is not known."""

    def yields_to(self, other: Standing) -> str:
        """Why this copy is left out beside the other one, for people; empty where it is not."""
        if self.live or self.modified > other.modified:
            return ""
        if self.modified < other.modified:
            return OLDER
        return DAMAGED if other.whole and not self.whole else ""


def standing(post: Post, untold: Set[str], *, live: bool) -> Standing:
    return Standing(live, to_seconds(post.modified) or 0, post.damage is None, -len(untold))


def lacks(post: Post, untold: Set[str]) -> bool:
    """Whether another copy may tell something that this one does not."""
    return bool(untold) or not all(getattr(post, name) for name in _ALWAYS_THERE)


def completed(post: Post, untold: Set[str], before: Post) -> Post:
    """The post with what it does not tell as the copy before it told it.

    Args:
        post: As it was read.
        untold: Fields that its source leaves open: an answer saved without `_embed` has only the
            numbers of authors and terms.
        before: The copy that the index holds.
    """
    names = [*untold, *(name for name in _ALWAYS_THERE if not getattr(post, name))]
    return replace(post, **{name: getattr(before, name) for name in names})
