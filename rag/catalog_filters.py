"""Which passages the filters of a question let through, and which of their names nobody bears."""

from __future__ import annotations

from rag.catalog import Catalog, to_seconds
from rag.types import Filters


def allowed_passages(catalog: Catalog, filters: Filters) -> set[str]:
    """The ids of the passages whose posts the filters let through."""
    condition, values = filter_condition(filters)
    rows = catalog.connection.execute(
        "SELECT passages.id FROM passages JOIN posts ON posts.id = passages.post_id WHERE "
        + condition,
        values,
    )
    return {row[0] for row in rows}


def filter_condition(filters: Filters) -> tuple[str, list[object]]:
    """What the filters ask of a row of `posts`, as SQL and its values."""
    conditions, values = ["1"], list[object]()
    for column in ("authors", "categories", "tags"):
        names = getattr(filters, column)
        if names:
            marks = ",".join("?" * len(names))
            conditions.append(
                f"EXISTS (SELECT 1 FROM json_each(posts.{column})"
                f" WHERE value COLLATE NOCASE IN ({marks}))"
            )
            values += names
    for condition, moment in (("published >= ?", filters.since), ("published < ?", filters.until)):
        if moment:
            conditions.append(condition)
            values.append(to_seconds(moment))
    return " AND ".join(conditions), values


def unknown_names(catalog: Catalog, filters: Filters) -> tuple[str, ...]:
    """What the filters name that no post bears, such as "tag 'spring'"."""
    found = []
    for column, kind in (("authors", "author"), ("categories", "category"), ("tags", "tag")):
        for name in getattr(filters, column):
            row = catalog.connection.execute(
                f"SELECT 1 FROM posts, json_each(posts.{column}) AS names"
                " WHERE names.value = ? COLLATE NOCASE LIMIT 1",
                (name,),
            ).fetchone()
            if row is None:
                found.append(f"{kind} {name!r}")
    return tuple(found)
