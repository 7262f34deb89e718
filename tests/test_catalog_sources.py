from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rag.catalog.catalog import Catalog
from rag.catalog.files import writers_catalog
from rag.catalog.sources import (
    Quarantined,
    missing,
    quarantine,
    set_missing,
    set_quarantine,
    set_source_state,
    source_state,
)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with writers_catalog(tmp_path, create=True) as opened:
        yield opened


def test_a_source_keeps_its_state_and_another_has_none(catalog: Catalog) -> None:
    set_source_state(catalog, "https://garden.example", '{"seen": 1}')
    set_source_state(catalog, "https://garden.example", '{"seen": 2}')
    assert source_state(catalog, "https://garden.example") == '{"seen": 2}'
    assert source_state(catalog, "https://other.example") is None


def test_a_post_that_stays_missing_keeps_its_time(catalog: Catalog) -> None:
    set_missing(catalog, "one", ["garden.example/1", "garden.example/2"])
    catalog.connection.execute("UPDATE missing SET since = 5")
    set_missing(catalog, "one", ["garden.example/2", "garden.example/3"])
    set_missing(catalog, "two", ["other.example/1"])
    found = missing(catalog, "one")
    assert list(found) == ["garden.example/2", "garden.example/3"]
    assert found["garden.example/2"] == 5
    assert found["garden.example/3"] > 5


def test_what_is_skipped_again_keeps_its_time_and_what_is_mended_goes(catalog: Catalog) -> None:
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    broken = Quarantined("one", "a.json", "it is no JSON", seen_at=long_ago)
    mended = Quarantined("one", "b.json", "it is empty", "garden.example/2")
    set_quarantine(catalog, "one", [broken, mended])
    set_quarantine(catalog, "two", [Quarantined("two", "c.json", "it is empty")])
    set_quarantine(catalog, "one", [Quarantined("one", "a.json", "it is no JSON")])
    assert quarantine(catalog, "one") == (broken,)
    assert [kept.origin for kept in quarantine(catalog)] == ["a.json", "c.json"]
