"""A catalog in PostgreSQL, for several machines.

Readers have a connection for each thread, as with SQLite, and open another one where theirs broke
between two questions. The writer has one, and its lock is that connection's: who loses it has lost
the lock, and must not go on.
"""

from __future__ import annotations

import hashlib
import os
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.sql import SQL, Identifier

from rag.catalog.copy import copy_into_file
from rag.catalog.engine import SET_META, Connection, Dialect, transaction
from rag.catalog.faults import damaged, missing_index, newer_index, older_index
from rag.catalog.postgres_faults import parsed, plainly
from rag.catalog.postgres_schema import NAMES, SCHEMA_VERSION, upgrade
from rag.catalog.postgres_words import TsWords
from rag.errors import IndexBusy, IndexUnavailable
from rag.place import Database, Place

_PATIENCE = 0.5  # seconds to wait for another writer: one that was killed is noticed in less
_UPGRADING = 10.0  # seconds to wait for another process that leads the same catalog up
_WIPING = "60s"  # to wait for readers that look at an older state
# Who is cut off is noticed by both sides in about half a minute.
_WATCH = {
    "connect_timeout": "10", "keepalives_idle": "10", "keepalives_interval": "5",
    "keepalives_count": "4", "tcp_user_timeout": "30000",
}  # fmt: skip
_SERVER_WATCH = (
    "SET tcp_keepalives_idle = 10", "SET tcp_keepalives_interval = 5",
    "SET tcp_keepalives_count = 4", "SET tcp_user_timeout = 30000",
)  # fmt: skip


class PostgresConnection:
    """One thread's; says SQL with `?` as PostgreSQL's client has it.

    Args:
        place: The index.
        lasting: Never replaced by another one, as something hangs on it.

    Raises:
        IndexUnavailable: There is no answer.
        ConfigError: The user is not let in.
    """

    def __init__(self, place: Place, *, lasting: bool = False) -> None:
        assert place.database is not None
        self._place = place
        self._lasting = lasting
        self._own = _connect(place, place.database)

    @property
    def is_open(self) -> bool:
        return not self._own.closed

    @property
    def in_transaction(self) -> bool:
        """False where the connection broke: the server has rolled back then."""
        status = self._own.info.transaction_status
        return status not in (TransactionStatus.IDLE, TransactionStatus.UNKNOWN)

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        idle = self._own.info.transaction_status == TransactionStatus.IDLE
        try:
            return self._run(sql, parameters)
        except IndexUnavailable:
            # A server that was started again, or a firewall, has ended a connection that was idle.
            if self._lasting or not idle or self.is_open:
                raise
            assert self._place.database is not None
            self._own = _connect(self._place, self._place.database)
            return self._run(sql, parameters)

    def _run(self, sql: str, parameters: Any) -> Any:
        with plainly(self._place):
            return self._own.cursor(binary=True).execute(_translated(sql), parameters or None)

    def executemany(self, sql: str, parameters: Any, /) -> Any:
        with plainly(self._place):
            cursor = self._own.cursor(binary=True)
            cursor.executemany(_translated(sql), parameters)
            return cursor

    def close(self) -> None:
        self._own.close()

    def __del__(self) -> None:
        # A thread that still answers when its catalog is closed opens one for itself alone.
        if hasattr(self, "_own"):
            self.close()


@lru_cache(maxsize=1000)
def _translated(sql: str) -> Any:
    return sql.replace("%", "%%").replace("?", "%s") if "?" in sql else sql


def _connect(place: Place, database: Database) -> psycopg.Connection[Any]:
    name = f"pullquote on {socket.gethostname()}, process {os.getpid()}"
    given = {**_WATCH, "application_name": name, **parsed(place, database.url)}
    with plainly(place):
        found = psycopg.connect(**given, autocommit=True)
        try:
            found.execute(SQL("SET search_path TO {}").format(Identifier(database.schema)))
            for setting in _SERVER_WATCH:
                found.execute(setting)
        except BaseException:
            found.close()
            raise
        return found


class PostgresEngine:
    """A catalog in a schema of its own."""

    dialect = Dialect(
        reading="BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        writing="BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
        host="split_part(id, '/', 1)",
        each='LATERAL (SELECT one.value COLLATE "C" AS value'
        " FROM json_array_elements_text(posts.{}::json) AS one(value)) AS names",
    )

    def __init__(self, place: Place) -> None:
        assert place.database is not None
        self._place = place
        self._schema = place.database.schema
        self._writer: PostgresConnection | None = None
        """Has the lock, and is handed to the first that asks for a connection."""
        self._is_taken = False

    def exists(self) -> bool:
        if self._writer:
            return _has_tables(self._writer)
        with closing(PostgresConnection(self._place)) as connection:
            return _has_tables(connection)

    def create(self) -> None:
        assert self._writer is not None
        if _has_tables(self._writer):
            return
        run = self._writer.execute
        with transaction(self._writer, self.dialect.writing):
            run(f'CREATE SCHEMA IF NOT EXISTS "{self._schema}"')
            upgrade(self._writer, 0)
            named = ("index_id", str(uuid.uuid4())), ("made", str(uuid.uuid4()))
            for name, value in (*named, ("generation", "0")):
                run(SET_META, (name, value))

    def connect(self) -> PostgresConnection:
        if self._writer and not self._is_taken:
            self._is_taken = True
            return self._writer
        return PostgresConnection(self._place)

    def is_current(self, connection: Connection) -> bool:
        # One that lasts is kept even when it broke, so that its user learns of it.
        assert isinstance(connection, PostgresConnection)
        return connection is self._writer or connection.is_open

    def identity(self, connection: Connection) -> tuple[object, ...]:
        row = connection.execute("SELECT value FROM meta WHERE name = 'made'").fetchone()
        return (self._schema, *(row or ()))

    def require_version(self, connection: Connection) -> None:
        if not _has_tables(connection):
            raise missing_index(self._place)
        row = connection.execute("SELECT value FROM meta WHERE name = 'version'").fetchone()
        if row is None:
            raise damaged(self._place, "it is no catalog")
        if int(row[0]) > SCHEMA_VERSION:
            raise newer_index(self._place)
        if int(row[0]) < SCHEMA_VERSION:
            self._lead_up(connection)

    def _lead_up(self, connection: Connection) -> None:
        if connection is self._writer:
            self._upgrade(connection)
            return
        with closing(PostgresConnection(self._place, lasting=True)) as own:
            try:
                self._lock(own, patience=_UPGRADING)
            except IndexBusy as error:
                raise older_index(self._place) from error
            self._upgrade(own)

    def _upgrade(self, connection: Connection) -> None:
        with transaction(connection, self.dialect.writing):
            # Another process may have done it while this one waited.
            row = connection.execute("SELECT value FROM meta WHERE name = 'version'").fetchone()
            upgrade(connection, int(row[0]))

    def words(self, connection: Connection) -> TsWords:
        return TsWords(connection)

    def damage(self, connection: Connection, *, quick: bool = False) -> str:
        """The server watches over its files itself."""
        return ""

    def size(self, connection: Connection) -> int:
        return 0

    def tables(self, connection: Connection) -> set[tuple[str, str]]:
        rows = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        )
        return {("table", row[0]) for row in rows}

    def expected_tables(self) -> set[tuple[str, str]]:
        return {("table", name) for name in NAMES}

    def wipe(self, connection: Connection) -> None:
        """Each table is written anew, and readers wait meanwhile.

        The server also keeps frequent values of each column, so that it can plan: these are taken
        anew as well. Its own journal and copies, and backups of it, are out of reach.
        """
        connection.execute("DELETE FROM stems WHERE passages <= 0")
        connection.execute(f"SET lock_timeout = '{_WIPING}'")
        try:
            for name in NAMES:
                connection.execute(f"VACUUM (FULL, ANALYZE) {name}")
        finally:
            connection.execute("RESET lock_timeout")

    def copy_to(self, connection: Connection, file: Path) -> None:
        copy_into_file(self, connection, file)

    @contextmanager
    def writing_alone(self) -> Iterator[None]:
        self._writer = PostgresConnection(self._place, lasting=True)
        self._is_taken = False
        try:
            self._lock(self._writer)
            yield
        finally:
            self._writer.close()
            self._writer = None

    def _lock(self, connection: PostgresConnection, patience: float = _PATIENCE) -> None:
        key = _lock_key(self._schema)
        deadline = time.monotonic() + patience
        while not connection.execute("SELECT pg_try_advisory_lock(?)", (key,)).fetchone()[0]:
            if time.monotonic() > deadline:
                raise IndexBusy(
                    f"Another process is writing to {self._place} ({_holder(connection, key)}).",
                    hint="Wait until it has ended; readers are not disturbed.",
                )
            time.sleep(0.05)


def _has_tables(connection: Connection) -> bool:
    found = connection.execute("SELECT to_regclass('meta') IS NOT NULL").fetchone()
    return bool(found[0])


def _lock_key(schema: str) -> int:
    digest = hashlib.blake2b(f"pullquote/{schema}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _holder(connection: Connection, key: int) -> str:
    row = connection.execute(
        "SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid)"
        " WHERE locktype = 'advisory' AND granted AND objsubid = 1"
        " AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND (classid::bigint << 32) | objid::bigint = ?",
        (key,),
    ).fetchone()
    return row[0] if row and row[0] else "unknown"
