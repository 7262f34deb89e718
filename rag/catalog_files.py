"""The catalog as files: nothing that was deleted stays in them; a copy of one state of it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from rag.catalog import Catalog
from rag.catalog_faults import damaged
from rag.catalog_schema import SCHEMA_VERSION, upgrade
from rag.errors import BackupInvalid, IndexBusy
from rag.place import Where, place_of
from rag.writer_lock import locked

ERASURE_DUE = "erasure_due"  # in meta while deleted text may still stand in the files
_PATIENCE = 60.0  # seconds to wait for readers that look at an older state


def is_erasure_due(catalog: Catalog) -> bool:
    return catalog.meta(ERASURE_DUE) is not None


def set_erasure_due(catalog: Catalog) -> None:
    """What is deleted in this transaction is to be overwritten: by this writer or the next."""
    catalog.set_meta(ERASURE_DUE, "1")


def wipe(catalog: Catalog) -> None:
    """Write the catalog's file anew, so that nothing of what was deleted is left in it.

    The words' index keeps a deleted word until its parts are merged; SQLite keeps copies of rows
    in the unused parts of pages; and the journal keeps every page as it was. So the parts are
    merged, the file is written anew, and the journal is emptied. Readers go on meanwhile.

    Raises:
        IndexBusy: A reader has looked at an older state for more than a minute.
    """
    run = catalog.connection.execute
    run("INSERT INTO words (words) VALUES ('optimize')")
    run("VACUUM")
    _empty_journal(catalog)
    with catalog.writing() as connection:
        connection.execute("DELETE FROM meta WHERE name = ?", (ERASURE_DUE,))


def _empty_journal(catalog: Catalog) -> None:
    """Everything into the catalog's file, and its journal cut to nothing."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        blocked, _, _ = catalog.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not blocked:
            return
        if time.monotonic() > deadline:
            raise IndexBusy(
                f"A reader keeps an older state of {catalog.place} open: erased text may"
                " still stand in its journal.",
                hint="End what reads from the index, and run `pullquote doctor --repair`.",
            )
        time.sleep(0.1)


def copy_to(catalog: Catalog, file: Path) -> None:
    """One state of the catalog as a file of its own, without what was deleted from it.

    It may be taken while a writer is at work: what is not committed yet is not in it.
    """
    catalog.connection.execute("VACUUM INTO ?", (str(file),))


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
            if _objects(connection) != _expected():
                raise sqlite3.DatabaseError("it holds other tables than a catalog")
    except sqlite3.DatabaseError as error:
        raise BackupInvalid(
            f"The backup's catalog cannot be used: {error}.", hint="Restore another backup."
        ) from error


@contextmanager
def writers_catalog(where: Where, *, create: bool = False) -> Iterator[Catalog]:
    """The catalog, with every other writer kept out; a damaged one is refused.

    Args:
        where: The index.
        create: Make an empty one where there is none.

    Raises:
        IndexMissing, IndexMismatch, IndexDamaged: There is no index that can be written.
        IndexBusy: Another process is writing.
        IndexUnwritable: The disk is full, or the folder may not be written.
    """
    folder = place_of(where).folder
    if create:
        with locked(folder), closing(Catalog.create(where)) as catalog:
            require_whole(catalog)
            yield catalog
    else:  # a lock where there is no index would make its folder
        with closing(Catalog(where)) as catalog, locked(folder):
            require_whole(catalog)
            yield catalog


def require_whole(catalog: Catalog) -> None:
    """Refuse a damaged catalog before anything is written, or made from it.

    Reads the whole file; what SQLite can tell of damage is found, other letters in a text are not.

    Raises:
        IndexDamaged: It is damaged.
    """
    state = str(catalog.connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
    if state != "ok":
        raise damaged(catalog.place, state.strip().splitlines()[-1])
    if not has_all_tables(catalog):
        raise damaged(catalog.place, "it has other tables than it should")


def has_all_tables(catalog: Catalog) -> bool:
    """Whether the catalog has the tables of its version and nothing else."""
    return _objects(catalog.connection) == _expected()


def health(catalog: Catalog) -> tuple[tuple[bool, str], ...]:
    """What was looked at in the catalog, and whether it is well."""
    run = catalog.connection.execute
    state = run("PRAGMA quick_check(1)").fetchone()[0]
    passages_there, words = (
        run(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("passages", "words")
    )
    bare = run(
        "SELECT count(*) FROM passages WHERE embedding_key NOT IN (SELECT key FROM embeddings)"
    ).fetchone()[0]
    return (
        (state == "ok", f"the catalog file is {state}"),
        (
            words == passages_there,
            f"{words:,} of {passages_there:,} passages can be found by words",
        ),
        (bare == 0, f"{bare:,} passages have no vectors"),
    )


def _objects(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    return set(connection.execute("SELECT type, name FROM sqlite_master").fetchall())


def _expected() -> set[tuple[str, str]]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        upgrade(connection)
        return _objects(connection)
