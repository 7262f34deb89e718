"""Questions about what posts bear to how many bear it: by author, category, tag, year or month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from rag.catalog import posts as catalog_posts
from rag.catalog.catalog import Catalog
from rag.text.record_words import lets_through
from rag.types import Filters, Post, Query, Tally

NAMED = 10
"""Names that an answer says, at most."""
NAMED_TIMES = 12
"""Years or months that an answer says, at most: all months of a year."""
_NO_TOPIC = {"uncategorized", "uncategorised"}  # WordPress's own, where nothing was chosen
_TIMES = ("years", "months")
_ALL = 1_000_000  # posts


def tallied(
    query: Query, posts: Sequence[Post] | None, catalog: Catalog
) -> tuple[tuple[Tally, ...], int]:
    """The names that an answer says, and how many there are.

    Those with the most posts come first; years and months stand in their order, the last of them.
    Where the most or the fewest are asked for, only those with so many.

    Args:
        query: With `record` and its `by`.
        posts: Those that are counted; None: all that the filters let through.
        catalog: Where they stand.
    """
    assert query.record is not None
    by, limits = query.record.by, query.filters
    if by == "topics":
        own = {name.casefold() for name in _borne("categories", limits, posts, catalog)}
        several = len(own - _NO_TOPIC) > 1
        by = "categories" if several or not _borne("tags", limits, posts, catalog) else "tags"
    last = _last_times(by, limits, posts, catalog) if by in _TIMES else {}
    counts = {name: n for name, (n, _) in last.items()} or _borne(by, limits, posts, catalog)
    names = sorted(counts, key=lambda name: (-counts[name], name.casefold(), name))
    if query.record.extreme and counts:
        best = (max if query.record.extreme == "most" else min)(counts.values())
        names = [name for name in names if counts[name] == best]
    total = len(names)
    if last:
        names = sorted(names, key=lambda name: last[name][1])[-NAMED_TIMES:]
    most = NAMED_TIMES if last else NAMED
    named = names[: min(query.record.most or most, most)]
    newest = (
        _newest(by, name, last[name][1] if last else None, limits, posts, catalog) for name in named
    )
    return tuple(
        Tally(n, counts[n], post, by) for n, post in zip(named, newest, strict=True)
    ), total


def _last_times(
    by: str, filters: Filters, posts: Sequence[Post] | None, catalog: Catalog
) -> dict[str, tuple[int, datetime]]:
    """Each year or month, how many posts are of it, and when the last of them was published."""
    times = (
        catalog_posts.times_published(catalog, filters) if posts is None
        else [post.published for post in posts if post.published]
    )  # fmt: skip
    found: dict[str, tuple[int, datetime]] = {}
    for at in times:
        name = str(at.year) if by == "years" else f"{at:%B} {at.year}"
        count, last = found.get(name, (0, at))
        found[name] = count + 1, max(last, at)
    return found


def _borne(
    by: str, filters: Filters, posts: Sequence[Post] | None, catalog: Catalog
) -> dict[str, int]:
    """Each name, and how many posts bear it."""
    if by in _TIMES:
        return {}
    if posts is None:
        return catalog_posts.bearers(catalog, by, filters)
    return Counter(name for post in posts for name in {*getattr(post, by)} if name.strip())


def _newest(
    by: str,
    name: str,
    last: datetime | None,
    filters: Filters,
    posts: Sequence[Post] | None,
    catalog: Catalog,
) -> Post:
    """The newest post of a name."""
    if last:
        own = replace(filters, since=last, until=last + timedelta(seconds=1))
    elif by == "authors":
        own = replace(filters, authors=(name,))
    elif by == "categories":
        own = replace(filters, categories=(name,))
    else:
        own = replace(filters, tags=(name,))
    # Where the filters name others of its kind, it must bear one of those as well.
    most = _ALL if getattr(filters, by, ()) else 1
    among = catalog_posts.newest_posts(catalog, most, filters=own) if posts is None else posts
    return next(post for post in among if lets_through(own, post) and lets_through(filters, post))
