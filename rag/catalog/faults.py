"""What SQLite and the disk complain about, said plainly."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rag.errors import (
    IndexBusy,
    IndexDamaged,
    IndexMismatch,
    IndexMissing,
    IndexUnwritable,
    PullquoteError,
)
from rag.place import Where

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
_NO_RIGHT = {errno.EROFS, errno.EACCES, errno.EPERM}
# SQLite has no code of its own for these.
_UNREADABLE = ("Could not decode to UTF-8", "vtable constructor failed", "no such table")


@contextmanager
def plainly(where: Where) -> Iterator[None]:
    """What goes wrong inside with the files of an index is raised as one of our errors.

    Raises:
        IndexUnwritable: The disk is full, or the folder may not be written.
        IndexBusy: Another process holds the catalog for longer than a writer waits.
        IndexDamaged: The catalog cannot be read.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        ours = _of_sqlite(where, error)
        if ours is None:
            raise
        raise ours from error
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise no_room(where) from error
        if error.errno in _NO_RIGHT:
            raise no_right(where) from error
        raise


@contextmanager
def decoding(where: Where) -> Iterator[None]:
    """What was read from the catalog and has not the form in which it was written is damage.

    Raises:
        IndexDamaged: Such a value was met.
    """
    try:
        yield
    except (ValueError, TypeError, OverflowError) as error:
        raise damaged(where, "a value in it has another form than it should") from error


class SqliteConnection(sqlite3.Connection):
    """SQLite's own, with every complaint said plainly: `plainly` around each statement and row."""

    place: Where = Path()
    """The index; set once, after opening."""
    identity: tuple[object, ...] = ()
    """Of the file that was opened."""

    def __del__(self) -> None:
        # A thread that still answers when its catalog is closed opens one for itself alone. It ends
        # with the thread; SQLite's own class would do the same, with a warning from Python 3.13 on.
        self.close()

    # The base class returns its own kind of cursor, which ours is; its stub says nothing of it.
    def cursor(self, factory: Any = None) -> Any:
        return super().cursor(factory or Cursor)

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        return self.cursor().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> Any:
        return self.cursor().executemany(sql, parameters)


class Cursor(sqlite3.Cursor):
    """See `SqliteConnection`: damage is often met only when a later row is fetched."""

    connection: SqliteConnection

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        with plainly(self.connection.place):
            return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> Any:
        with plainly(self.connection.place):
            return super().executemany(sql, parameters)

    def fetchone(self) -> Any:
        with plainly(self.connection.place):
            return super().fetchone()

    def fetchall(self) -> list[Any]:
        with plainly(self.connection.place):
            return super().fetchall()

    def __next__(self) -> Any:
        # Not `plainly`: the end of the rows is an exception as well, and met as often.
        try:
            return super().__next__()
        except sqlite3.DatabaseError as error:
            ours = _of_sqlite(self.connection.place, error)
            if ours is None:
                raise
            raise ours from error


def _of_sqlite(where: Where, error: sqlite3.Error) -> PullquoteError | None:
    code = getattr(error, "sqlite_errorname", "") or ""
    if code.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return no_room(where) if code == "SQLITE_FULL" else _no_access(where, error)
    if code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return no_right(where)
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return IndexBusy(
            f"Another process holds the catalog in {where}.",
            hint="Wait until it has ended, and try again.",
        )
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return damaged(where, str(error))
    if str(error).startswith(_UNREADABLE):
        # What follows the first words may be what could not be decoded.
        return damaged(where, next(words for words in _UNREADABLE if str(error).startswith(words)))
    return None  # a mistake of ours


def damaged(where: Where, reason: str) -> IndexDamaged:
    return IndexDamaged(
        f"The catalog in {where} is damaged: {reason}.",
        hint="Restore a backup with `pullquote restore`, or ingest into another folder.",
    )


def no_room(where: Where) -> IndexUnwritable:
    return IndexUnwritable(
        f"The disk of {where} is full; the index is as it was after the last whole post.",
        hint="Make room and run the command again: it goes on where it was.",
    )


def no_right(where: Where) -> IndexUnwritable:
    return IndexUnwritable(
        f"The folder {where} cannot be written.",
        hint="Give yourself the right to write there, as reading needs it too, or use another one.",
    )


def _no_access(where: Where, error: sqlite3.Error) -> IndexUnwritable:
    return IndexUnwritable(
        f"The disk of {where} refuses to read or write: {error}.",
        hint="Look whether it is full or failing, and run the command again.",
    )


def missing_index(where: Where) -> IndexMissing:
    return IndexMissing(
        f"There is no index in {where}.",
        hint="Run `pullquote ingest SOURCE` first, or name another folder with --index.",
    )


def newer_index(where: Where) -> IndexMismatch:
    return IndexMismatch(
        f"The index in {where} was made by a newer version of pullquote.",
        hint="Update pullquote, or ingest into another folder.",
    )


def older_index(where: Where) -> IndexBusy:
    return IndexBusy(
        f"The index in {where} has an older format, and another process is writing to it.",
        hint="Wait until that has ended: the next command brings the index up to date.",
    )
