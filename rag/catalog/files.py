"""The catalog as files: nothing that was deleted stays in them; a copy of one state of it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from rag.catalog.catalog import Catalog, engine_of
from rag.catalog.faults import damaged, missing_index
from rag.catalog.schema import SCHEMA_VERSION, upgrade
from rag.catalog.sqlite import sqlite_expected, sqlite_objects
from rag.errors import BackupInvalid
from rag.place import Where, place_of

ERASURE_DUE = "erasure_due"  # in meta while deleted text may still stand in the files
# Not NOT IN: what does not fit into its memory PostgreSQL would read anew for each passage.
BARE = (
    "SELECT count(*) FROM passages WHERE NOT EXISTS"
    " (SELECT 1 FROM embeddings WHERE embeddings.key = passages.embedding_key)"
)
"""Counts the passages without vectors."""
_CHECKED = "checked"  # in meta: seconds since 1970, and which file was found whole then
_SMALL = 500_000_000  # bytes; such a file is looked through in half a second
_OFTEN = 24 * 60 * 60  # seconds between two looks through a larger one


def is_erasure_due(catalog: Catalog) -> bool:
    return catalog.meta(ERASURE_DUE) is not None


def set_erasure_due(catalog: Catalog) -> None:
    """What is deleted in this transaction is to be overwritten: by this writer or the next."""
    catalog.set_meta(ERASURE_DUE, "1")


def wipe(catalog: Catalog) -> None:
    """Let nothing of what was deleted stay in the catalog's files.

    Raises:
        IndexBusy: A reader has looked at an older state for more than a minute.
    """
    catalog.engine.wipe(catalog.connection)
    with catalog.writing() as connection:
        connection.execute("DELETE FROM meta WHERE name = ?", (ERASURE_DUE,))


def copy_to(catalog: Catalog, file: Path) -> None:
    """One state of the catalog as an SQLite file, without what was deleted from it.

    It may be taken while a writer is at work: what is not committed yet is not in it.
    """
    catalog.engine.copy_to(catalog.connection, file)


def check_copy(file: Path) -> None:
    """Whether a file is a whole catalog that this version can read; an older one is led up.

    Raises:
        BackupInvalid: It is not.
    """
    try:
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            # A file from elsewhere may hold triggers and views: nothing of them is run.
            connection.execute("PRAGMA trusted_schema = OFF")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if not 0 < version <= SCHEMA_VERSION:
                raise BackupInvalid(
                    f"The backup has format {version}, and this version reads 1 to"
                    f" {SCHEMA_VERSION}.",
                    hint="Update pullquote, or restore another backup.",
                )
            state = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if state != "ok":
                raise sqlite3.DatabaseError(str(state))
            upgrade(connection)
            if sqlite_objects(connection) != sqlite_expected():
                raise sqlite3.DatabaseError("it holds other tables than a catalog")
    except sqlite3.DatabaseError as error:
        raise BackupInvalid(
            f"The backup's catalog cannot be used: {error}.", hint="Restore another backup."
        ) from error


@contextmanager
def writers_catalog(
    where: Where, *, create: bool = False, thorough: bool = False
) -> Iterator[Catalog]:
    """The catalog, with every other writer kept out; a damaged one is refused.

    Args:
        where: The index.
        create: Make an empty one where there is none.
        thorough: As of `require_whole`.

    Raises:
        IndexMissing, IndexMismatch, IndexDamaged: There is no index that can be written.
        IndexBusy: Another process is writing.
        IndexUnwritable: The disk is full, or the folder may not be written.
    """
    place = place_of(where)
    engine = engine_of(place)
    if not create and not engine.exists():
        raise missing_index(place)  # a lock would make its folder
    with engine.writing_alone():
        if create:
            engine.create()
        with closing(Catalog(place, engine=engine)) as catalog:
            looked_through = require_whole(catalog, thorough=thorough)
            if looked_through and catalog.engine.size(catalog.connection) > _SMALL:
                catalog.set_meta(_CHECKED, f"{int(time.time())} {catalog.identity}")
            yield catalog


def require_whole(catalog: Catalog, *, thorough: bool = False) -> bool:
    """Refuse a damaged catalog before anything is written, or made from it.

    A file of up to 500 MB is always looked through, and a larger one where no writer has done so
    in the last 24 hours; else only what a sync reads whole is looked at. What SQLite can tell of
    damage is found, other letters in a text are not.

    Args:
        catalog: Which.
        thorough: Look through it in any case.

    Returns:
        Whether all of it was looked through.

    Raises:
        IndexDamaged: It is damaged.
    """
    everything = thorough or _is_check_due(catalog)
    damage = catalog.engine.damage(catalog.connection, quick=not everything)
    if damage:
        raise damaged(catalog.place, damage)
    if not has_all_tables(catalog):
        raise damaged(catalog.place, "it has other tables than it should")
    return everything


def _is_check_due(catalog: Catalog) -> bool:
    if catalog.engine.size(catalog.connection) <= _SMALL:
        return True
    # Of another file, as of a copy, nothing is known yet.
    seconds, _, which = (catalog.meta(_CHECKED) or "").partition(" ")
    if which != str(catalog.identity):
        return True
    return not 0 <= time.time() - int(seconds) < _OFTEN


def has_all_tables(catalog: Catalog) -> bool:
    """Whether the catalog has the tables of its version and nothing else."""
    return catalog.engine.tables(catalog.connection) == catalog.engine.expected_tables()


def health(catalog: Catalog) -> tuple[tuple[bool, str], ...]:
    """What was looked at in the catalog, and whether it is well."""
    damage = catalog.engine.damage(catalog.connection)
    words = catalog.words.count()
    passages = catalog.connection.execute("SELECT count(*) FROM passages").fetchone()[0]
    bare = catalog.connection.execute(BARE).fetchone()[0]
    return (
        (not damage, f"the catalog file is {damage or 'ok'}"),
        (words == passages, f"{words:,} of {passages:,} passages can be found by words"),
        (bare == 0, f"{bare:,} passages have no vectors"),
    )
