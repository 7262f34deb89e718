"""Which posts are about a subject: relevances of our own, the catalog's own records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from answers import hit
from small_site import GARDEN, garden, post, put, section

from rag.catalog.catalog import Catalog
from rag.embedding.embedder import HashEmbedder
from rag.index.index import write_index
from rag.retrieval.of_records import posts_asked_for
from rag.types import Filters, Found, Hit, ParsedPost, Query, RecordQuestion, Wanted

DIARY = post(
    7,
    "A garden diary",
    *(section(str(n), (f"Day {n}",), f"On day {n} it rained on the beds.") for n in range(1, 9)),
    year=2024,
)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    folder = garden(tmp_path / "index")
    with write_index(folder, HashEmbedder().id) as writer:
        put(writer, DIARY, HashEmbedder())
        writer.finish()
    opened = Catalog(folder)
    yield opened
    opened.close()


def slugs(relevance: float) -> Hit:
    return hit(GARDEN[1], GARDEN[1].sections[1], relevance, position=1)


def diary(day: int, relevance: float) -> Hit:
    return hit(DIARY, DIARY.sections[day], relevance, position=day)


def asked(
    catalog: Catalog,
    wanted: Wanted,
    *hits: Hit,
    topic: str = "slugs",
    filters: Filters = Filters(),  # noqa: B008 - frozen
    titled: bool = False,
) -> Found:
    record = RecordQuestion(wanted, topic, titled=titled)
    query = Query("q", "q", (topic or "q",), filters=filters, record=record)
    return posts_asked_for(query, Found(hits, 0.4), catalog, hits=10)


def titles(found: Found) -> list[str]:
    return [one.title for one in found.posts]


def test_a_post_that_only_mentions_a_subject_is_not_about_it(catalog: Catalog) -> None:
    found = asked(catalog, Wanted.NEWEST, diary(1, 0.95), slugs(0.8))
    assert titles(found) == ["Slugs without pellets"]
    assert found.total == 1
    assert [one.passage.post.title for one in found.hits[:2]] == [
        "Slugs without pellets",
        "A garden diary",
    ]
    often = asked(catalog, Wanted.NEWEST, *(diary(day, 0.9) for day in (1, 2)), slugs(0.8))
    assert titles(often) == ["A garden diary", "Slugs without pellets"]
    assert titles(asked(catalog, Wanted.OLDEST, *(diary(d, 0.9) for d in (1, 2)), slugs(0.8))) == [
        "Slugs without pellets",
        "A garden diary",
    ]


def test_where_none_is_about_it_those_that_mention_it_are_taken(catalog: Catalog) -> None:
    assert titles(asked(catalog, Wanted.LIST, diary(1, 0.9))) == ["A garden diary"]


def pair(number: int, title: str, *texts: str) -> ParsedPost:
    return post(number, title, *(section(str(n), (), text) for n, text in enumerate(texts)))


ONCE = pair(8, "A fair in May", "The stall of the beekeeper had bees.", "Cakes were sold.")
OFTEN = pair(10, "A new hive", "Bees came in spring. Every bee works.", "We painted it.", "Rain.")
HEADED = post(
    12,
    "Spring work",
    *(section(str(n), (f"Job {n}",), "Dig and rake.") for n in range(1, 6)),
    section("6", ("The bees",), "They are fed."),
)


@pytest.mark.parametrize("wanted", [Wanted.NEWEST, Wanted.LIST, Wanted.COUNT])
def test_one_mention_in_passing_is_no_subject(
    catalog: Catalog, tmp_path: Path, wanted: Wanted
) -> None:
    with write_index(tmp_path / "index", HashEmbedder().id) as writer:
        for parsed in (ONCE, OFTEN, HEADED):
            put(writer, parsed, HashEmbedder())
        writer.finish()
    once, often = hit(ONCE, ONCE.sections[0], 0.9), hit(OFTEN, OFTEN.sections[0], 0.6)
    headed = hit(HEADED, HEADED.sections[5], 0.2, position=5)
    found = asked(catalog, wanted, once, often, headed, topic="bees")
    assert (set(titles(found)), found.relation) == ({"A new hive", "Spring work"}, "about")
    found = asked(catalog, wanted, once, topic="bees")
    assert (titles(found), found.relation) == (["A fair in May"], "mentioning")
    found = asked(catalog, wanted, once, topic="honey")
    assert (titles(found), found.relation) == (["A fair in May"], "touching on")
    assert titles(asked(catalog, Wanted.DATE, once, often, topic="bees"))[0] == "A fair in May"


def test_what_is_improbable_is_not_taken(catalog: Catalog) -> None:
    found = asked(catalog, Wanted.LIST, diary(1, 0.4), slugs(0.3))
    assert (found.posts, found.total) == ((), 0)


def test_a_title_that_has_all_words_of_the_subject_is_enough(catalog: Catalog) -> None:
    found = asked(catalog, Wanted.LIST, diary(1, 0.9), topic="the diary of a garden")
    assert titles(found) == ["A garden diary"]


def test_posts_with_a_tag_of_that_name_are_about_it(catalog: Catalog) -> None:
    found = asked(catalog, Wanted.LIST, topic="Spring")
    assert titles(found) == ["Tomatoes from seed"]
    limited = asked(catalog, Wanted.LIST, topic="spring", filters=Filters(authors=("Tom Baker",)))
    assert titles(limited) == []


def test_the_post_that_is_described_best_is_the_one_that_is_meant(catalog: Catalog) -> None:
    hits = (*(diary(day, 0.99) for day in range(4)), slugs(0.8))
    assert titles(asked(catalog, Wanted.DATE, *hits))[0] == "Slugs without pellets"
    assert titles(asked(catalog, Wanted.AUTHORS, *hits, topic="rain"))[0] == "A garden diary"


def test_a_title_means_that_post_and_no_other(catalog: Catalog) -> None:
    found = asked(catalog, Wanted.DATE, slugs(0.9), topic="compost in winter", titled=True)
    assert titles(found) == ["Compost in winter"]
    found = asked(catalog, Wanted.DATE, slugs(0.9), topic="Compost in spring", titled=True)
    assert titles(found) == []


def test_without_a_subject_all_posts_count(catalog: Catalog) -> None:
    found = asked(catalog, Wanted.LIST, topic="")
    assert (titles(found)[0], found.total, found.answerable) == ("A garden diary", 4, 1.0)
    assert len({one.passage.post.id for one in found.hits[:4]}) == 4
