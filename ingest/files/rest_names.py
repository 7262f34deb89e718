"""Posts under other names than REST's: rows of the database, WordPress.com, GraphQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingest.html.wpautop import as_html

_OTHER_NAMES = {
    "ID": "id", "databaseId": "id", "URL": "link", "url": "link", "dateGmt": "date_gmt",
    "modifiedGmt": "modified_gmt",
}  # fmt: skip
_COLUMNS = {
    "ID": "id", "id": "id", "post_date": "date", "post_date_gmt": "date_gmt",
    "post_modified": "modified", "post_modified_gmt": "modified_gmt", "post_name": "slug",
    "post_type": "type", "post_password": "password", "post_title": "title", "guid": "guid",
    "permalink": "link", "link": "link", "url": "link",
}  # fmt: skip


def as_rest(value: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """A post under the names that REST gives to its fields; None where it is no post."""
    if isinstance(value.get("post_content"), str):
        return _row(value)
    if "content" not in value or not any(n in value for n in ("id", "link", "slug", "title")):
        return None
    renamed = {_OTHER_NAMES[n]: value[n] for n in _OTHER_NAMES if value.get(n)}
    return {**value, **renamed} if renamed else value


def _row(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row of the table of posts: as it was typed, and of every status."""
    entry = {name: row[column] for column, name in _COLUMNS.items() if row.get(column)}
    guid = entry.get("guid")
    # The address by number leads to the post whatever its permalink is.
    if "link" not in entry and isinstance(guid, str) and "?p" in guid:
        entry["link"] = guid
    return {
        **entry,
        "content": {"rendered": as_html(row["post_content"])},
        # Drafts and revisions stand in the same table: what does not say so is not public.
        "status": row.get("post_status") or "unknown",
    }
