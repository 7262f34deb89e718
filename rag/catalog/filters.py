"""Which passages the filters of a question let through, and which of their names nobody bears."""

from __future__ import annotations

from collections.abc import Sequence

from rag.catalog.catalog import Catalog, to_seconds
from rag.types import Filters


def allowed_passages(
    catalog: Catalog, filters: Filters, sections: Sequence[tuple[str, str]] = ()
) -> set[str]:
    """The ids of the passages whose posts the filters let through.

    Args:
        catalog: Where.
        filters: Of the posts.
        sections: Only those of these sections, by post and key; none: of all.
    """
    condition, values = filter_condition(catalog, filters)
    tables = "passages JOIN posts ON posts.id = passages.post_id"
    if sections:
        tables += (
            " JOIN sections ON sections.post_id = passages.post_id"
            " AND sections.ordinal = passages.section"
        )
        these = " OR ".join(["(passages.post_id = ? AND sections.key = ?)"] * len(sections))
        condition += f" AND ({these})"
        values += [value for section in sections for value in section]
    rows = catalog.connection.execute(f"SELECT passages.id FROM {tables} WHERE {condition}", values)
    return {row[0] for row in rows}


def filter_condition(catalog: Catalog, filters: Filters) -> tuple[str, list[object]]:
    """What the filters ask of a row of `posts`, as SQL and its values."""
    each = catalog.engine.dialect.each
    conditions, values = ["1 = 1"], list[object]()
    for column in ("authors", "categories", "tags"):
        names = getattr(filters, column)
        if names:
            marks = ",".join("?" * len(names))
            conditions.append(
                f"EXISTS (SELECT 1 FROM {each.format(column)} WHERE lower(value) IN ({marks}))"
            )
            values += map(in_lower_case, names)
    if filters.titles:
        conditions.append(f"lower(title) IN ({','.join('?' * len(filters.titles))})")
        values += map(in_lower_case, filters.titles)
    for condition, moment in (("published >= ?", filters.since), ("published < ?", filters.until)):
        if moment:
            conditions.append(condition)
            values.append(to_seconds(moment))
    return " AND ".join(conditions), values


def unknown_names(catalog: Catalog, filters: Filters) -> tuple[str, ...]:
    """What the filters name that no post bears, such as "tag 'spring'"."""
    each = catalog.engine.dialect.each
    found = []
    for column, kind in (("authors", "author"), ("categories", "category"), ("tags", "tag")):
        for name in getattr(filters, column):
            row = catalog.connection.execute(
                f"SELECT 1 FROM posts, {each.format(column)} WHERE lower(value) = ? LIMIT 1",
                (in_lower_case(name),),
            ).fetchone()
            if row is None:
                found.append(f"{kind} {name!r}")
    return tuple(found)


def in_lower_case(name: str) -> str:
    """As `lower` of a catalog's engine has it, which knows the letters of ASCII alone."""
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in name)
