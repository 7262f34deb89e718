"""What the catalog remembers of sources: their state, what is missing, what could not be read."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from rag.catalog.catalog import SITE_NAMES, Catalog
from rag.catalog.engine import upserted

_NAME = 80  # characters of a site's name
_KEEP_STATE = upserted("sources", {"label": True, "state": False})
_KEEP_MISSING = upserted("missing", {"post_id": True, "source": False, "since": False})
_KEEP_QUARANTINED = upserted(
    "quarantine",
    {"source": True, "origin": True, "post_id": False, "reason": True, "seen_at": False},
)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Something that could not be read, or must not be shown, and why."""

    source: str
    """Whose sync met it."""
    origin: str
    """The file, member or address that it was read from."""
    reason: str
    """For people."""
    post_id: str | None = None
    """None where it could not be told which post it is."""
    seen_at: datetime | None = None
    """When it was met first, UTC; None takes the time of saving."""


def note_site_names(catalog: Catalog, names: Mapping[str, str]) -> None:
    """What sites call themselves, beside what is known of others.

    Args:
        catalog: Where.
        names: By the site's host, with the path of its front page.
    """
    known = json.loads(catalog.meta(SITE_NAMES) or "{}")
    now = {**known, **{site: _shortened(name) for site, name in names.items()}}
    if now != known:
        catalog.set_meta(SITE_NAMES, json.dumps(now, ensure_ascii=False, sort_keys=True))


def _shortened(name: str) -> str:
    return name if len(name) <= _NAME else f"{name[: _NAME - 1].rstrip()}…"


def source_state(catalog: Catalog, label: str) -> str | None:
    """What was kept of a source as JSON; None where it was never synced."""
    row = catalog.connection.execute(
        "SELECT state FROM sources WHERE label = ?", (label,)
    ).fetchone()
    return None if row is None else str(row[0])


def source_labels(catalog: Catalog) -> tuple[str, ...]:
    """Every source of which a state is kept."""
    rows = catalog.connection.execute("SELECT label FROM sources ORDER BY label")
    return tuple(row[0] for row in rows)


def sources_read(catalog: Catalog) -> tuple[str, ...]:
    """Every source that a post of the index came from, or that could not be read."""
    rows = catalog.connection.execute(
        "SELECT source FROM posts UNION SELECT source FROM quarantine ORDER BY source"
    )
    return tuple(row[0] for row in rows)


def rename_sources(catalog: Catalog, names: Mapping[str, str]) -> None:
    """Call sources of posts otherwise; what could not be read stays where it was noted.

    Args:
        catalog: Where.
        names: What each of them was called, to what it is called now.
    """
    with catalog.writing() as connection:
        connection.executemany(
            "UPDATE posts SET source = ? WHERE source = ?",
            [(now, before) for before, now in names.items()],
        )


def set_sources(catalog: Catalog, sources: Mapping[str, str]) -> None:
    """Note for posts, by id, that they came from another source; nothing else of them changes."""
    with catalog.writing() as connection:
        connection.executemany(
            "UPDATE posts SET source = ? WHERE id = ?",
            [(source, id_) for id_, source in sources.items()],
        )


def set_source_state(catalog: Catalog, label: str, state: str) -> None:
    with catalog.writing() as connection:
        connection.execute(_KEEP_STATE, (label, state))


def missing(catalog: Catalog, source: str) -> dict[str, int]:
    """Posts that the source no longer names, and since when: seconds since 1970, UTC."""
    rows = catalog.connection.execute(
        "SELECT post_id, since FROM missing WHERE source = ? ORDER BY post_id", (source,)
    )
    return dict(rows.fetchall())


def set_missing(catalog: Catalog, source: str, ids: Iterable[str]) -> None:
    """All that the source does not name now; one that was missing already keeps its time."""
    with catalog.writing() as connection:
        before = missing(catalog, source)
        now = int(time.time())
        connection.execute("DELETE FROM missing WHERE source = ?", (source,))
        connection.executemany(
            _KEEP_MISSING,
            [(id_, source, before.get(id_, now)) for id_ in ids],
        )


def set_quarantine(catalog: Catalog, source: str, entries: Iterable[Quarantined]) -> None:
    """All that the source's newest sync could not read; what was known already keeps its time."""
    with catalog.writing() as connection:
        before = {(q.origin, q.reason): q.seen_at for q in quarantine(catalog, source)}
        now = datetime.now(UTC)
        connection.execute("DELETE FROM quarantine WHERE source = ?", (source,))
        connection.executemany(
            _KEEP_QUARANTINED,
            [
                (
                    source, one.origin, one.post_id, one.reason,
                    int((before.get((one.origin, one.reason)) or one.seen_at or now).timestamp()),
                )
                for one in entries
            ],
        )  # fmt: skip


def quarantine(catalog: Catalog, source: str | None = None) -> tuple[Quarantined, ...]:
    """What could not be read at the newest sync of each source, or of one, in a fixed order."""
    rows = catalog.connection.execute(
        "SELECT source, origin, post_id, reason, seen_at FROM quarantine"
        f" {'' if source is None else 'WHERE source = ?'} ORDER BY source, origin, reason",
        () if source is None else (source,),
    )
    return tuple(
        Quarantined(where, origin, reason, post_id, datetime.fromtimestamp(seen, tz=UTC))
        for where, origin, post_id, reason, seen in rows
    )
