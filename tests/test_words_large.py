"""BM25 in a large index, where only passages that hold one of the rarer words are scored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from small_site import post, put, section

from rag.catalog import read as catalog_read
from rag.catalog.lexicon import passages_with
from rag.embedding.embedder import HashEmbedder
from rag.index.index import Index, write_index

EMBEDDER = HashEmbedder()
# From the rarest to what nearly all hold.
WORDS = ("quince", "nettle", "badger", "turnip", "garden", "winter", "summer", "people")
POSTS = 80
MOST = 20  # passages that are scored


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large") / "index"
    draw = Random(5)
    with write_index(folder, EMBEDDER.id) as writer:
        for number in range(POSTS):
            held = [word for place, word in enumerate(WORDS, 1) if draw.random() < place / 9]
            text = " ".join(draw.choices(held or ["nothing"], k=draw.randint(4, 30)))
            put(writer, post(number, f"Post {number}", section("0", (), f"{text}.")), EMBEDDER)
        writer.finish()
    return folder


@pytest.fixture
def index(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    monkeypatch.setattr("rag.catalog.sqlite._SCORED", MOST)
    with closing(Index(folder)) as index:
        yield index


def held_by(index: Index, words: list[str]) -> set[str]:
    return {id_ for word in words for id_ in catalog_read.by_words(index.catalog, [word], POSTS)}


def rarer(index: Index, words: list[str]) -> list[str]:
    """As many of the rarest as stand in at most `MOST` passages, counted one by one."""
    counts = {word: passages_with(index.catalog, word) for word in words}
    chosen: list[str] = []
    for word in sorted(counts, key=lambda word: (counts[word], word)):
        if chosen and sum(counts[one] for one in (*chosen, word)) > MOST:
            break
        chosen.append(word)
    return chosen


def test_who_holds_a_rarer_word_is_scored_by_all_of_them(index: Index) -> None:
    left_out = 0
    for draw in map(Random, range(60)):
        words = draw.sample(WORDS, draw.randint(1, len(WORDS)))
        exact = catalog_read.by_words(index.catalog, words, POSTS)  # many wanted: every passage
        holding = held_by(index, rarer(index, words))
        expected = {id_: score for id_, score in exact.items() if id_ in holding}
        for limit in (1, 5, MOST - 1):
            found = catalog_read.by_words(index.catalog, words, limit)
            assert found == pytest.approx({id_: expected[id_] for id_ in found}), words
            assert list(found.values()) == pytest.approx(list(expected.values())[:limit])
        left_out += len(exact) > len(expected)
    assert left_out > 20


def test_words_that_are_all_common_are_searched_by_the_rarest(index: Index) -> None:
    words = ["people", "summer", "winter"]
    assert min(passages_with(index.catalog, word) for word in words) > MOST
    assert rarer(index, words) == ["winter"]
    found = catalog_read.by_words(index.catalog, words, 5)
    assert len(found) == 5
    assert set(found) <= held_by(index, ["winter"])


def test_a_small_index_is_searched_whole(folder: Path) -> None:
    with closing(Index(folder)) as index:
        every = catalog_read.by_words(index.catalog, list(WORDS), POSTS)
        found = catalog_read.by_words(index.catalog, list(WORDS), 5)
        assert list(found.values()) == pytest.approx(list(every.values())[:5])
        assert set(found) - held_by(index, rarer(index, list(WORDS)))  # others are not passed over
