"""What SQLite and the disk complain about, said plainly."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rag.errors import IndexBusy, IndexDamaged, IndexUnwritable, PullquoteError

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
_NO_RIGHT = {errno.EROFS, errno.EACCES, errno.EPERM}


@contextmanager
def plainly(folder: Path) -> Iterator[None]:
    """What goes wrong inside with the files of an index is raised as one of our errors.

    Raises:
        IndexUnwritable: The disk is full, or the folder may not be written.
        IndexBusy: Another process holds the catalog for longer than a writer waits.
        IndexDamaged: The catalog cannot be read.
    """
    try:
        yield
    except (sqlite3.OperationalError, sqlite3.DatabaseError) as error:
        ours = _of_sqlite(folder, error)
        if ours is None:
            raise
        raise ours from error
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise no_room(folder) from error
        if error.errno in _NO_RIGHT:
            raise no_right(folder) from error
        raise


def _of_sqlite(folder: Path, error: sqlite3.Error) -> PullquoteError | None:
    code = getattr(error, "sqlite_errorname", "") or ""
    if code.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return no_room(folder) if code == "SQLITE_FULL" else _no_access(folder, error)
    if code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return no_right(folder)
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return IndexBusy(
            f"Another process holds the catalog in {folder}.",
            hint="Wait until it has ended, and try again.",
        )
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return IndexDamaged(
            f"The catalog in {folder} cannot be read: {error}.",
            hint="Restore a backup with `pullquote restore`, or ingest into another folder.",
        )
    return None  # a mistake of ours


def no_room(folder: Path) -> IndexUnwritable:
    return IndexUnwritable(
        f"The disk of {folder} is full; the index is as it was after the last whole post.",
        hint="Make room and run the command again: it goes on where it was.",
    )


def no_right(folder: Path) -> IndexUnwritable:
    return IndexUnwritable(
        f"The folder {folder} cannot be written.",
        hint="Give yourself the right to write there, as reading needs it too, or use another one.",
    )


def _no_access(folder: Path, error: sqlite3.Error) -> IndexUnwritable:
    return IndexUnwritable(
        f"The disk of {folder} refuses to read or write: {error}.",
        hint="Look whether it is full or failing, and run the command again.",
    )
