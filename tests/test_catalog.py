"""The catalog's transactions: all or nothing, and what is told when one cannot end."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from small_site import garden

from rag.catalog.catalog import Catalog
from rag.catalog.schema import upgrade
from rag.errors import IndexUnwritable
from rag.place import CATALOG


def fill(catalog: Catalog) -> None:
    catalog.set_meta("large", "x" * 2_000_000)


def leave_no_room(connection: object) -> None:
    run = connection.execute  # type: ignore[attr-defined]
    run(f"PRAGMA max_page_count = {run('PRAGMA page_count').fetchone()[0]}")


@pytest.mark.parametrize("nested", [False, True])
def test_a_full_disk_is_told_though_sqlite_has_rolled_back_by_itself(
    tmp_path: Path, nested: bool
) -> None:
    with closing(Catalog(garden(tmp_path))) as catalog:
        leave_no_room(catalog.connection)
        with pytest.raises(IndexUnwritable, match="is full"), catalog.writing():  # noqa: PT012
            catalog.set_meta("small", "kept?")
            if nested:
                with catalog.writing():
                    fill(catalog)
            fill(catalog)
        assert not catalog.connection.in_transaction
        assert catalog.meta("small") is None
        catalog.connection.execute("PRAGMA max_page_count = 1000000")
        with catalog.writing():  # and the next one is as good as any
            fill(catalog)
        assert catalog.meta("large") is not None


def test_a_transaction_that_fails_is_rolled_back(tmp_path: Path) -> None:
    with closing(Catalog(garden(tmp_path))) as catalog:
        with pytest.raises(LookupError), catalog.writing():  # noqa: PT012
            catalog.set_meta("small", "kept?")
            with catalog.reading():
                raise LookupError
        assert not catalog.connection.in_transaction
        assert catalog.meta("small") is None


def test_an_old_catalog_on_a_full_disk_stays_as_it_was(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / CATALOG, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE other (a)")
        leave_no_room(connection)
        with pytest.raises(sqlite3.OperationalError, match="full"):
            upgrade(connection)
        assert not connection.in_transaction
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("other",)]
