"""When a catalog is looked through for damage: a small one always, a large one once a day."""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from small_site import garden

from rag.catalog.catalog import Catalog
from rag.catalog.files import require_whole, writers_catalog
from rag.errors import IndexDamaged
from rag.index.health import check, repair
from rag.place import CATALOG


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return garden(tmp_path / "index")


@pytest.fixture
def large(index: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One that is taken for large, and that a writer has just looked through."""
    monkeypatch.setattr("rag.catalog.files._SMALL", 0)
    with writers_catalog(index):
        pass
    return index


def damage(folder: Path, name: str) -> None:
    """Overwrite the first page of a table or an index."""
    with closing(sqlite3.connect(folder / CATALOG)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with (folder / CATALOG).open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(bytes(size))


def write(folder: Path) -> None:
    with writers_catalog(folder) as catalog:
        catalog.set_meta("written", "yes")


def test_a_small_one_is_always_looked_through_and_nothing_is_noted(index: Path) -> None:
    write(index)
    with closing(Catalog(index)) as catalog:
        assert require_whole(catalog)
        assert catalog.meta("checked") is None
    damage(index, "passages_post")
    with pytest.raises(IndexDamaged):
        write(index)


def test_a_large_one_is_looked_through_once_a_day(
    large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Catalog(large)) as catalog:
        assert not require_whole(catalog)
        assert require_whole(catalog, thorough=True)
    damage(large, "passages_post")
    write(large)  # which does not read that page
    now = time.time()
    for passed in (24 * 3600 + 60, -60):  # a clock that was put back tells nothing
        monkeypatch.setattr("time.time", lambda passed=passed: now + passed)
        with pytest.raises(IndexDamaged):
            write(large)


def test_doctor_and_repair_look_through_it_in_any_case(large: Path) -> None:
    assert all(finding.ok for finding in check(large))
    damage(large, "passages_post")
    assert any("the catalog file is" in f.what for f in check(large) if not f.ok)
    with pytest.raises(IndexDamaged):
        repair(large)


def test_a_copy_of_the_file_is_another_file(large: Path, tmp_path: Path) -> None:
    copied = shutil.copytree(large, tmp_path / "copied")
    damage(copied, "passages_post")
    with pytest.raises(IndexDamaged):
        write(copied)


@pytest.mark.parametrize("name", ["posts", "posts_published", "outbox", "sources"])
def test_what_a_sync_reads_whole_is_looked_at_each_time(large: Path, name: str) -> None:
    damage(large, name)
    with pytest.raises(IndexDamaged):
        write(large)
