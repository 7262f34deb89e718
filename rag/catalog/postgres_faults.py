"""What PostgreSQL and the way to it complain about, said plainly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

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
_OURS = (errors.ActiveSqlTransaction, errors.NoActiveSqlTransaction, errors.InFailedSqlTransaction)
_GATE = (
    "authentication failed", "no password supplied", "does not exist", "no pg_hba.conf entry",
)  # fmt: skip
"""Words of a server that lets nobody in; they come before there is a connection, with no code."""


@contextmanager
def plainly(place: Place) -> Iterator[None]:
    """What PostgreSQL says is raised as one of our errors.

    Raises:
        IndexUnavailable: It does not answer, the connection broke, or it ended what was under way.
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
    if isinstance(error, psycopg.InternalError) and not isinstance(error, _OURS):
        # As when it ends a transaction that was idle for longer than it allows.
        return IndexUnavailable(f"The work in {place} was ended: {said}.", hint=_AGAIN)
    return None  # a mistake of ours


def parsed(place: Place, url: str) -> dict[str, Any]:
    """The parts of a database's address, by their names in libpq.

    Raises:
        ConfigError: It is none. What libpq says of that names the password, so nothing of it is
            kept.
    """
    assert place.database is not None
    with suppress(psycopg.ProgrammingError):
        if place.database.is_well_formed:
            found = psycopg.conninfo.conninfo_to_dict(url)
            psycopg.conninfo.timeout_from_conninfo(found)
            return found
    raise ConfigError(
        "catalog_url cannot be read as the address of a PostgreSQL database.",
        hint="Use options of libpq only, and write other signs than letters, digits and -._~ in"
        " user and password as percent codes: %40 for @, %2F for /, %25 for %.",
    )
