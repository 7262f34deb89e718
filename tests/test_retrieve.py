from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from calibrations import calibration
from small_site import garden

from rag.calibration import UNCALIBRATED, load_calibration
from rag.embedding.embedder import HashEmbedder
from rag.index.index import Index
from rag.index.lexicon import Lexicon
from rag.retrieval.by_words import retrieve_by_words
from rag.retrieval.candidates import nearest
from rag.retrieval.retrieve import retrieve
from rag.types import Filters, Found, Query

CALIBRATION = calibration()


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return Index(garden(tmp_path / "index"))


def find(index: Index, question: str, *more: str, filters: Filters | None = None) -> Found:
    query = Query(question, question, (question, *more), filters=filters or Filters())
    return retrieve(query, index, HashEmbedder(), CALIBRATION, candidates=10, hits=5)


def test_the_best_passage_comes_first_with_its_sentences_scored(index: Index) -> None:
    found = find(index, "How many lettuces did the bare bed lose?")
    best = found.hits[0]
    assert best.passage.section.headings == ("Results",)
    top = max(best.sentences, key=lambda one: one.relevance)
    assert top.sentence.text == "The bare bed lost twenty-two lettuces."
    assert [hit.relevance for hit in found.hits] == sorted(
        (hit.relevance for hit in found.hits), reverse=True
    )
    assert all(0 <= hit.relevance <= 1 for hit in found.hits)


def test_a_question_with_its_words_in_the_posts_is_more_answerable(index: Index) -> None:
    near = find(index, "When to sow tomatoes indoors?").answerable
    far = find(index, "Who won the election of 1932?").answerable
    assert near > 0.5 > far


@pytest.mark.parametrize(
    ("filters", "titles"),
    [
        (Filters(authors=("Tom Baker",)), {"Slugs without pellets"}),
        (Filters(tags=("spring",)), {"Tomatoes from seed"}),
        (Filters(since=datetime(2023, 1, 1, tzinfo=UTC)), {"Slugs without pellets"}),
        (Filters(until=datetime(2017, 1, 1, tzinfo=UTC)), {"Compost in winter"}),
        (Filters(categories=("Nothing",)), set()),
    ],
)
def test_filters_hold_for_meaning_and_for_words(
    index: Index, filters: Filters, titles: set[str]
) -> None:
    found = find(index, "lettuces tomatoes heap snow", filters=filters)
    assert {hit.passage.post.title for hit in found.hits} == titles
    assert bool(found.hits) == bool(titles)


@pytest.mark.parametrize("author", ["Ines Moreau", "Tom Baker"])
def test_filters_leave_the_best_of_whom_they_name_where_words_alone_are_searched(
    index: Index, author: str
) -> None:
    asked = "tomatoes bed"
    query = Query(asked, asked, (asked,), filters=Filters(authors=(author,)))
    found = retrieve_by_words(query, index, Lexicon(index.catalog), candidates=1, hits=5)
    assert [hit.passage.post.authors for hit in found.hits] == [(author,)]


def test_of_several_searches_each_passage_comes_once(index: Index) -> None:
    found = find(index, "And then?", "wool mulch", "copper tape")
    ids = [hit.passage.id for hit in found.hits]
    assert len(set(ids)) == len(ids)
    assert found.hits[0].passage.section.headings == ("Results",)


def test_another_model_is_said_to_be_uncalibrated(index: Index) -> None:
    other = load_calibration("a model of one's own")
    query = Query("slugs", "slugs", ("slugs",))
    found = retrieve(query, index, HashEmbedder(), other, candidates=10, hits=5)
    assert found.warnings == (UNCALIBRATED,)
    assert find(index, "slugs").warnings == ()


class FarDown:
    """An index in which few passages are allowed, and these lie far from the question."""

    def __init__(self, passages: int) -> None:
        self.passages = passages
        self.asked: list[int] = []

    def search(self, vector: object, k: int) -> dict[str, float]:
        self.asked.append(k)
        return {f"p{n}": 1 - n / self.passages for n in range(min(k, self.passages))}


@pytest.mark.parametrize(
    ("passages", "share", "found", "asked"),
    [
        (900_000, 2, 100, [1000]),
        (900_000, 50, 100, [1000, 4000, 16000]),
        (900_000, 400, 50, [1000, 4000, 16000, 20000]),
        (3_000, 400, 8, [1000, 4000]),
    ],
)
def test_where_few_passages_are_allowed_more_are_looked_at(
    passages: int, share: int, found: int, asked: list[int]
) -> None:
    index = FarDown(passages)
    allowed = {f"p{n}" for n in range(0, 10_000_000, share)}
    question = np.zeros(3, dtype=np.float32)
    best = nearest(question, index, allowed, 100)  # type: ignore[arg-type]
    assert list(best) == [f"p{n * share}" for n in range(found)]
    assert index.asked == asked
