"""Posts that were forgotten: which ids stay out, without a word of what they are."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass

from rag.catalog.catalog import Catalog
from rag.catalog.engine import upserted

_KEEP = upserted("forgotten", {"digest": True, "since": False})


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The posts that stay out of an index; `id in forgotten` tells of one."""

    index_id: str = ""
    digests: frozenset[str] = frozenset()

    def __contains__(self, post_id: str) -> bool:
        return bool(self.digests) and _digest(self.index_id, post_id) in self.digests

    def __len__(self) -> int:
        return len(self.digests)


def forgotten(catalog: Catalog) -> Forgotten:
    """All of them."""
    rows = catalog.connection.execute("SELECT digest FROM forgotten")
    return Forgotten(catalog.index_id, frozenset(row[0] for row in rows))


def set_forgotten(catalog: Catalog, post_id: str) -> None:
    """Keep a post out from now on, and forget what was noted of it beside its text.

    The state of the source that it came from is left with its address cut out: as it is not read
    again, the state has no need of it.
    """
    with catalog.writing() as connection:
        row = connection.execute(
            "SELECT url, source FROM posts WHERE id = ?", (post_id,)
        ).fetchone()
        if row and row[0]:
            # In JSON an address ends with a quotation mark, so no longer one is hit.
            connection.execute(
                "UPDATE sources SET state = replace(state, ?, '\"') WHERE label = ?",
                (f'{row[0]}"', row[1]),
            )
        for table in ("missing", "quarantine"):
            connection.execute(f"DELETE FROM {table} WHERE post_id = ?", (post_id,))
        connection.execute(
            _KEEP,
            (_digest(catalog.index_id, post_id), int(time.time())),
        )


def unset_forgotten(catalog: Catalog, post_id: str) -> bool:
    """Let a post in again; whether it was kept out."""
    with catalog.writing() as connection:
        digest = _digest(catalog.index_id, post_id)
        removed: int = connection.execute(
            "DELETE FROM forgotten WHERE digest = ?", (digest,)
        ).rowcount
        return removed > 0


def _digest(index_id: str, post_id: str) -> str:
    # Keyed, so that two indexes do not show that they forgot the same post.
    key = index_id.encode()
    return hashlib.blake2b(post_id.encode(), key=key, digest_size=16).hexdigest()
