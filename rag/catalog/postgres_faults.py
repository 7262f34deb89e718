"""What PostgreSQL and the way to it complain about, said plainly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors

from rag.errors import (
    ConfigError,
    IndexBusy,
    IndexDamaged,
    IndexUnavailable,
    IndexUnwritable,
    PullquoteError,
)
from rag.place import Place

_AGAIN = "Look whether it runs and can be reached, and do the same again: what was read is kept."
_BUSY = (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure)
_DENIED = (errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction)
_LOST = (errors.UndefinedTable, errors.UndefinedColumn, errors.DataCorrupted, errors.IndexCorrupted)
_GATE = (
    "authentication failed", "no password supplied", "does not exist", "no pg_hba.conf entry",
)  # fmt: skip
"""Words of a server that lets nobody in; they come before there is a connection, with no code."""


@contextmanager
def plainly(place: Place) -> Iterator[None]:
    """What PostgreSQL says is raised as one of our errors.

    Raises:
        IndexUnavailable: It does not answer, or the connection broke.
        IndexUnwritable: Its disk is full, or the user may not do this.
        IndexBusy: Somebody else holds what is needed.
        IndexDamaged: Tables are missing, or cannot be read.
        ConfigError: It lets the user not in.
    """
    try:
        yield
    except psycopg.Error as error:
        ours = _of_postgres(place, error)
        if ours is None:
            raise
        raise ours from error


def _of_postgres(place: Place, error: psycopg.Error) -> PullquoteError | None:
    said = (str(error).strip().splitlines() or [""])[0]
    if isinstance(error, errors.DiskFull):
        return IndexUnwritable(
            f"The disk of {place} is full; the index is as it was after the last whole post.",
            hint="Make room and run the command again: it goes on where it was.",
        )
    if isinstance(error, _DENIED):
        return IndexUnwritable(
            f"In {place} this may not be done: {said}.",
            hint="Give the user of catalog_url the right to it, or name the primary server.",
        )
    if isinstance(error, _BUSY):
        return IndexBusy(
            f"Another process holds the catalog in {place}.",
            hint="Wait until it has ended, and try again.",
        )
    if isinstance(error, _LOST):
        return IndexDamaged(
            f"The catalog in {place} is damaged: {said}.",
            hint="Restore a backup with `pullquote restore` into another catalog_schema.",
        )
    if isinstance(error, psycopg.OperationalError):
        if any(words in str(error) for words in _GATE):
            return ConfigError(
                f"There is no way into {place}: {said}.", hint="Set catalog_url to what opens it."
            )
        return IndexUnavailable(f"There is no answer from {place}: {said}.", hint=_AGAIN)
    return None  # a mistake of ours
