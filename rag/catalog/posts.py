"""Posts' records from the catalog, without their text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rag.catalog.catalog import Catalog, from_seconds
from rag.catalog.engine import in_parts
from rag.catalog.filters import filter_condition, in_lower_case
from rag.catalog.read import POST, decoded, read_post
from rag.types import Filters, Post


@decoded
def newest_posts(
    catalog: Catalog, limit: int, *, filters: Filters = Filters(), oldest: bool = False  # noqa: B008 - frozen
) -> tuple[Post, ...]:  # fmt: skip
    """Posts by the time they were published, newest first, those without a date last.

    Args:
        catalog: Where.
        limit: At most so many.
        filters: Only those that these let through.
        oldest: The oldest first instead.
    """
    condition, values = filter_condition(catalog, filters)
    rows = catalog.connection.execute(
        f"SELECT {POST} FROM posts WHERE {condition}"
        f" ORDER BY published IS NULL, published {'ASC' if oldest else 'DESC'}, id LIMIT ?",
        (*values, limit),
    )
    return tuple(read_post(row) for row in rows)


def count_posts(catalog: Catalog, filters: Filters) -> int:
    """How many posts the filters let through."""
    condition, values = filter_condition(catalog, filters)
    row = catalog.connection.execute(f"SELECT count(*) FROM posts WHERE {condition}", values)
    return int(row.fetchone()[0])


@decoded
def bearers(catalog: Catalog, column: str, filters: Filters) -> dict[str, int]:
    """Each author, category or tag that the filters let through, and how many posts bear it.

    Args:
        catalog: Where.
        column: "authors", "categories" or "tags".
        filters: Of the posts.
    """
    condition, values = filter_condition(catalog, filters)
    rows = catalog.connection.execute(
        f"SELECT value, count(DISTINCT posts.id) FROM posts,"
        f" {catalog.engine.dialect.each.format(column)} WHERE {condition} GROUP BY value",
        values,
    )
    return {str(name): int(count) for name, count in rows if str(name).strip()}


@decoded
def times_published(catalog: Catalog, filters: Filters) -> list[datetime]:
    """When each post that the filters let through was published, where that is known."""
    condition, values = filter_condition(catalog, filters)
    rows = catalog.connection.execute(
        f"SELECT published FROM posts WHERE published IS NOT NULL AND {condition}", values
    )
    return [moment for row in rows if (moment := from_seconds(row[0]))]


@decoded
def titled(catalog: Catalog, titles: Sequence[str], *, filters: Filters) -> tuple[Post, ...]:
    """Posts that bear one of a few titles, ASCII letters in either case."""
    condition, values = filter_condition(catalog, filters)
    marks = ",".join("?" * len(titles))
    rows = catalog.connection.execute(
        f"SELECT {POST} FROM posts WHERE lower(title) IN ({marks}) AND {condition} ORDER BY id",
        (*map(in_lower_case, titles), *values),
    )
    return tuple(read_post(row) for row in rows)


@decoded
def recovered_posts(catalog: Catalog, limit: int) -> tuple[Post, ...]:
    """Posts from damaged files, by their ids; at most `limit`."""
    rows = catalog.connection.execute(
        f"SELECT {POST} FROM posts WHERE recovered IS NOT NULL ORDER BY id LIMIT ?", (limit,)
    )
    return tuple(read_post(row) for row in rows)


def recovered_count(catalog: Catalog) -> int:
    """How many posts are from damaged files."""
    row = catalog.connection.execute(
        "SELECT count(*) FROM posts WHERE recovered IS NOT NULL"
    ).fetchone()
    return int(row[0]) if row else 0


def passage_counts(catalog: Catalog, post_ids: Sequence[str]) -> dict[str, int]:
    """How many passages each of these posts has."""
    found: dict[str, int] = {}
    for part in in_parts(post_ids):
        marks = ",".join("?" * len(part))
        found.update(
            catalog.connection.execute(
                "SELECT post_id, count(*) FROM passages"
                f" WHERE post_id IN ({marks}) GROUP BY post_id",
                part,
            ).fetchall()
        )
    return found


def first_passages(catalog: Catalog, post_ids: Sequence[str]) -> dict[str, str]:
    """The id of each post's first passage; posts without text have none."""
    found: dict[str, str] = {}
    for part in in_parts(post_ids):
        marks = ",".join("?" * len(part))
        found.update(
            catalog.connection.execute(
                f"SELECT post_id, id FROM passages WHERE post_id IN ({marks}) AND position = 0",
                part,
            ).fetchall()
        )
    return found


def post_of(catalog: Catalog, passage: str) -> str:
    """The id of the post that a passage stands in; empty where the catalog has no such passage."""
    row = catalog.connection.execute(
        "SELECT post_id FROM passages WHERE id = ?", (passage,)
    ).fetchone()
    return "" if row is None else str(row[0])


def passages_of(catalog: Catalog, post: str) -> frozenset[str]:
    """The ids of a post's passages."""
    rows = catalog.connection.execute("SELECT id FROM passages WHERE post_id = ?", (post,))
    return frozenset(row[0] for row in rows)
