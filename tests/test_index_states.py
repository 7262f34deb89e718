"""A question sees one state of the catalog, whatever the search index holds by then."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_site import GARDEN, garden, post, put, section
from test_sync import Site, entry

from rag.catalog import read as catalog_read
from rag.catalog import write as catalog_write
from rag.catalog.catalog import Catalog
from rag.embedding.embedder import HashEmbedder
from rag.index.exact import ExactSearch
from rag.index.index import Index, write_index
from rag.index.vectors import SearchIndex
from rag.types import Vector

EMBEDDER = HashEmbedder()
MULCH = "The bed with wool mulch lost three of forty lettuces."


def nearest(index: Index, text: str, k: int = 3) -> list[str]:
    """Titles; each passage found must be in the catalog as it is seen here."""
    found = index.search(EMBEDDER.embed_question(text).question, k)
    passages = catalog_read.passages(index.catalog, list(found))
    return [passages[id_].post.title for id_ in found]


def add(folder: Path, texts: list[str]) -> None:
    with write_index(folder, EMBEDDER.id) as writer:
        for number, text in enumerate(texts, start=10):
            put(writer, post(number, f"New {number}", section("0", (), text)), EMBEDDER)
        writer.finish()


def has_new(titles: list[str]) -> bool:
    return any(title.startswith("New") for title in titles)


def in_another_thread(index: Index, text: str) -> list[str]:
    told: list[str] = []
    asking = threading.Thread(target=lambda: told.extend(nearest(index, text)))
    asking.start()
    asking.join()
    return told


@pytest.mark.parametrize("exact_up_to", [0, 99])
@pytest.mark.parametrize("many", [1, 40])
def test_what_was_written_meanwhile_is_not_found_and_takes_no_place(
    tmp_path: Path, exact_up_to: int, many: int
) -> None:
    with closing(Index(garden(tmp_path), exact_up_to=exact_up_to)) as index:
        before = nearest(index, MULCH)
        with index.catalog.reading():
            assert index.generation  # the state is that of now
            add(tmp_path, [f"{MULCH} So did bed {number}." for number in range(many)])
            assert has_new(in_another_thread(index, MULCH))
            assert nearest(index, MULCH) == before
        assert has_new(nearest(index, MULCH))


@pytest.mark.parametrize("exact_up_to", [0, 99])
def test_a_search_index_that_holds_nothing_of_a_state_any_more_is_done_without(
    tmp_path: Path, exact_up_to: int
) -> None:
    with closing(Index(garden(tmp_path), exact_up_to=exact_up_to)) as index:
        before = nearest(index, MULCH)
        with index.catalog.reading():
            assert index.generation
            with write_index(tmp_path, EMBEDDER.id) as writer:
                catalog_write.remove_posts(writer.catalog, [one.id for one in index.posts()])
                writer.finish()
            add(tmp_path, [f"{MULCH} So did bed {number}." for number in range(9)])
            assert has_new(in_another_thread(index, MULCH))
            assert nearest(index, MULCH) == before


@pytest.mark.parametrize("exact_up_to", [0, 99])
def test_a_question_under_way_is_answered_when_the_index_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exact_up_to: int
) -> None:
    held, go_on, closed, told = threading.Event(), threading.Event(), list[bool](), list[str]()
    kind: Any = ExactSearch if exact_up_to else SearchIndex
    search, close = kind.search, kind.close

    def slowly(self: Any, vector: Vector, k: int) -> dict[str, float]:
        held.set()
        go_on.wait(30)
        assert not closed
        found: dict[str, float] = search(self, vector, k)
        return found

    def noted(self: Any) -> None:
        closed.append(True)
        close(self)

    monkeypatch.setattr(kind, "search", slowly)
    monkeypatch.setattr(kind, "close", noted)
    index = Index(garden(tmp_path), exact_up_to=exact_up_to)
    closed.clear()  # the writer's own
    asking = threading.Thread(target=lambda: told.extend(nearest(index, MULCH)))
    asking.start()
    held.wait(30)
    index.close()
    go_on.set()
    asking.join()
    assert len(told) == 3
    assert closed == [True]


def test_a_question_of_an_older_state_opens_no_search_index_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[int] = []
    make = ExactSearch.__init__

    def noted(self: ExactSearch, catalog: Catalog) -> None:
        opened.append(catalog.generation)
        make(self, catalog)

    monkeypatch.setattr(ExactSearch, "__init__", noted)
    with closing(Index(garden(tmp_path), exact_up_to=99)) as index, index.catalog.reading():
        generation = index.generation
        add(tmp_path, ["Lavender draws bees."])
        for _ in range(3):
            in_another_thread(index, MULCH)
            nearest(index, MULCH)
        assert opened == [generation + 1]


def test_only_what_the_search_index_is_to_drop_is_asked_for_besides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search, asked = ExactSearch.search, []

    def noted(self: ExactSearch, vector: Vector, k: int) -> dict[str, float]:
        asked.append(k)
        return search(self, vector, k)

    monkeypatch.setattr(ExactSearch, "search", noted)
    with (
        closing(Index(garden(tmp_path), exact_up_to=99)) as index,
        write_index(tmp_path, EMBEDDER.id) as writer,
    ):
        nearest(index, MULCH, 2)
        record = replace(GARDEN[0].post, tags=("summer",))
        catalog_write.update_record(writer.catalog, record, "test")
        put(writer, post(10, "New", section("0", (), f"{MULCH} So did this.")), EMBEDDER)
        catalog_write.remove_posts(writer.catalog, [GARDEN[1].post.id])
        told = [operation for _, operation in catalog_write.outbox(writer.catalog, 99)]
        assert sorted(told) == ["delete"] * 2 + ["metadata"] * 3 + ["upsert"]
        assert nearest(index, MULCH, 2)[0] == "New"
        assert asked == [2, 4]


@pytest.mark.parametrize("change", [{"tags": ["summer"]}, {"status": "private"}])
def test_changes_that_embed_nothing_do_not_pile_up_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, object]
) -> None:
    site, waiting = Site(tmp_path), list[int]()
    texts = ["Dig it deep.", "Sow in May.", "Slugs came.", "Frost went.", "Bees drew near."]
    site.sync(*(entry(number, f"<p>{text}</p>") for number, text in enumerate(texts)))
    monkeypatch.setattr("rag.index.index._FLUSH", 2)
    with closing(Catalog(site.index)) as catalog:

        def look(_: object) -> None:
            waiting.append(catalog_write.outbox_size(catalog))

        changed = [entry(number, f"<p>{text}</p>", **change) for number, text in enumerate(texts)]
        site.sync(*changed, entry(9, "<p>New.</p>"), on_progress=look)
        assert catalog_write.outbox_size(catalog) == 0
    assert max(waiting) < 3
