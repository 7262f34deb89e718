"""A small index is searched exactly, from the catalog alone."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from shutil import rmtree

import numpy as np
import pytest
from small_site import garden, post, put, section

from rag.catalog import read as catalog_read
from rag.catalog import write as catalog_write
from rag.catalog.catalog import Catalog
from rag.catalog.vectors import all_vectors
from rag.embedding.embedder import HashEmbedder
from rag.errors import IndexDamaged
from rag.index.exact import ExactSearch
from rag.index.index import Index, write_index
from rag.index.search_home import CHROMA

EMBEDDER = HashEmbedder()
QUESTION = EMBEDDER.embed_question("frost and seedlings in March").question


def titles(index: Index, text: str, k: int = 9) -> list[str]:
    found = index.search(EMBEDDER.embed_question(text).question, k)
    passages = catalog_read.passages(index.catalog, list(found))
    return [passages[id_].post.title for id_ in found]


def test_it_finds_what_chroma_finds(tmp_path: Path) -> None:
    garden(tmp_path)
    with closing(Index(tmp_path)) as chroma, closing(Index(tmp_path, exact_up_to=6)) as exact:
        for k in (1, 3, 6, 99):
            ours, theirs = exact.search(QUESTION, k), chroma.search(QUESTION, k)
            assert list(ours) == list(theirs)
            assert list(ours.values()) == pytest.approx(list(theirs.values()), abs=2e-3)


def test_all_vectors_are_those_of_each_passage(tmp_path: Path) -> None:
    garden(tmp_path)
    with closing(Catalog(tmp_path)) as catalog:
        ids, rows = all_vectors(catalog)
        assert ids == catalog_read.all_ids(catalog)
        for id_, row in zip(ids, rows, strict=True):
            _, (one,) = catalog_read.passage_vectors(catalog, [id_])
            assert row.tolist() == one.tolist()


def test_the_best_come_first_and_no_more_than_asked_for(tmp_path: Path) -> None:
    garden(tmp_path)
    with closing(Catalog(tmp_path)) as catalog:
        search = ExactSearch(catalog)
        ids, rows = all_vectors(catalog)
        cosines = dict(zip(ids, (rows @ QUESTION).tolist(), strict=True))
    found = search.search(QUESTION, 4)
    assert found == pytest.approx({id_: cosines[id_] for id_ in found})
    assert sorted(found.values(), reverse=True) == list(found.values())
    assert min(found.values()) >= max(cosines[id_] for id_ in set(ids) - set(found))
    assert search.search(QUESTION, 0) == {}


def test_it_follows_a_writer_at_every_step(tmp_path: Path) -> None:
    garden(tmp_path)
    with closing(Index(tmp_path, exact_up_to=99)) as index:
        assert titles(index, "wool mulch", 1) == ["Slugs without pellets"]
        with write_index(tmp_path, EMBEDDER.id) as writer:
            frogs = post(2, "Frogs eat slugs", section("0", (), "A pond helps."))
            put(writer, frogs, EMBEDDER)
            assert titles(index, "a pond helps", 1) == ["Frogs eat slugs"]  # not told yet
            assert "Slugs without pellets" not in titles(index, "wool mulch")
            catalog_write.remove_posts(writer.catalog, ["garden.example/2"])
            assert "Frogs eat slugs" not in titles(index, "a pond helps")
            put(writer, frogs, EMBEDDER)  # and back again
            assert titles(index, "a pond helps", 1) == ["Frogs eat slugs"]
            writer.flush()
            assert titles(index, "a pond helps", 1) == ["Frogs eat slugs"]
            writer.finish()
        assert titles(index, "a pond helps", 1) == ["Frogs eat slugs"]


def test_equal_texts_are_found_each(tmp_path: Path) -> None:
    with write_index(tmp_path, EMBEDDER.id) as writer:
        for number in (1, 2):
            put(writer, post(number, "Same", section("0", (), "The same words.")), EMBEDDER)
        writer.finish()
    with closing(Index(tmp_path, exact_up_to=99)) as index:
        assert len(index.search(EMBEDDER.embed_question("the same words").question, 5)) == 2


def test_an_index_that_is_larger_asks_chroma(tmp_path: Path) -> None:
    garden(tmp_path)  # 6 passages
    rmtree(tmp_path / CHROMA)
    with closing(Index(tmp_path, exact_up_to=6)) as index:
        assert len(index.search(QUESTION, 6)) == 6
    with closing(Index(tmp_path, exact_up_to=5)) as index, pytest.raises(IndexDamaged):
        index.search(QUESTION, 6)


def test_a_vector_that_holds_no_numbers_is_told_as_damage(tmp_path: Path) -> None:
    garden(tmp_path)
    with closing(Index(tmp_path, exact_up_to=6)) as index:
        blob = np.full(256, np.nan, dtype=np.float16).tobytes()
        with index.catalog.writing() as connection:
            connection.execute(
                "UPDATE embeddings SET passage = ?"
                " WHERE key = (SELECT embedding_key FROM passages LIMIT 1)",
                (blob,),
            )
        with pytest.raises(IndexDamaged):
            index.search(QUESTION, 6)


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    with write_index(tmp_path, EMBEDDER.id) as writer:
        writer.finish()
    with closing(Index(tmp_path, exact_up_to=99)) as index:
        assert index.search(np.zeros(256, dtype=np.float32), 5) == {}
