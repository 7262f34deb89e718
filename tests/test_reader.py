from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from calibrations import calibration
from small_site import GARDEN, garden

from ingest.split import split
from rag import Assistant
from rag.calibration import ReadCalibration
from rag.embedding.embedder import HashEmbedder
from rag.index.forget import forget
from rag.index.index import Index
from rag.reading.reader import Reading, ShortAnswer
from rag.retrieval.retrieve import retrieve
from rag.types import Found, Passage, Query, Span

ASKED = "When do plants go outside?"


class FixedReader:
    """Finds the answer where it is told to."""

    id = "fixed"

    def __init__(self, words: str) -> None:
        self.words = words
        self.given: list[str] = []
        self.asked: list[str] = []

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        self.asked += [question] * len(passages)
        self.given += [passage.text for passage in passages]
        return [self._one(passage) for passage in passages]

    def _one(self, passage: Passage) -> Reading:
        odds = tuple(6.0 if self.words in s.text else -6.0 for s in passage.sentences)
        best = odds.index(max(odds))
        return Reading(max(odds), odds, ShortAnswer(best, 0, 6, sure=max(odds)))


def find(
    index: Index,
    using: FixedReader | None,
    read: int,
    question: str = ASKED,
    *,
    min_short: float | None = None,
) -> Found:
    query = Query(question, question, (question,))
    return retrieve(
        query, index, HashEmbedder(), calibration(read=True, min_short=min_short),
        candidates=10, hits=10, reader=using, read=read,
    )  # fmt: skip


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return Index(garden(tmp_path / "index"))


def test_what_was_read_is_ranked_by_what_was_found_in_it(index: Index) -> None:
    words = "Copper tape made no difference."
    fixed = FixedReader(words)
    assert find(index, None, 10).hits[0].passage.section.headings == ("Hardening off",)
    found = find(index, fixed, 10)
    assert found.hits[0].passage.section.headings == ("Results",)
    best = max(found.hits[0].sentences, key=lambda one: one.relevance)
    assert best.sentence.text == words
    assert found.answerable > find(index, FixedReader("nowhere"), 10).answerable


def test_a_passage_is_asked_in_the_words_that_it_was_found_by(index: Index) -> None:
    fixed = FixedReader("Copper tape")
    other = "How many lettuces did the bare bed lose?"
    query = Query("Hwo many letuces?", "Hwo many letuces?", ("Hwo many letuces?", other), other)
    retrieve(
        query, index, HashEmbedder(), calibration(read=True),
        candidates=10, hits=10, reader=fixed, read=10,
    )  # fmt: skip
    asked = dict(zip(fixed.given, fixed.asked, strict=True))
    assert {*asked.values()} == {query.standalone, other}
    (results,) = [text for text in asked if "lettuces" in text]
    assert asked[results] == other


def test_only_the_best_are_read_and_nothing_is_lost(index: Index) -> None:
    fixed = FixedReader("Copper tape")
    found = find(index, fixed, 2)
    plain = find(index, None, 0)
    assert fixed.given == [hit.passage.text for hit in plain.hits[:2]]
    assert {hit.passage.id for hit in found.hits} == {hit.passage.id for hit in plain.hits}
    relevances = [hit.relevance for hit in found.hits]
    assert relevances == sorted(relevances, reverse=True)


def test_a_short_answer_is_kept_where_the_reader_is_sure_enough(index: Index) -> None:
    def shorts(min_short: float | None) -> dict[str, Span]:
        found = find(index, FixedReader("Copper tape"), 10, min_short=min_short)
        scores = [one for hit in found.hits for one in hit.sentences]
        return {one.sentence.text: one.short for one in scores if one.short}

    assert shorts(5.0) == {"Copper tape made no difference.": Span(0, 6)}
    assert shorts(7.0) == {}
    assert shorts(None) == {}


def test_thresholds_are_those_of_what_is_done() -> None:
    fitted = calibration(read=True)
    assert isinstance(fitted.read, ReadCalibration)
    assert fitted.thresholds(read=False) == (0.5, 0.3)
    assert fitted.thresholds(read=True) == (0.4, 0.2)
    assert calibration().thresholds(read=True) == (0.5, 0.3)


# ---------------------------------------------------------------- the real one


@pytest.mark.model
def test_tokens_know_their_sentence_and_their_place() -> None:
    import numpy as np

    from rag.reading.as_numbers import LONGEST, encode

    text = "Wool helps. Tape, says Zoë, does not."
    starts, ends = np.asarray([0, 12]), np.asarray([11, 37])
    one = encode("What helps?", "Slugs › Results", text, starts, ends)
    assert len(one.ids) == len(one.types) == len(one.sentences)
    words = [text[a:b] for a, b in one.places[one.sentence == 1]]
    assert "".join(words) == "Tape,saysZoë,doesnot."
    assert (one.sentence[one.places[:, 0] < 0] == -1).all()  # title and headings are no sentence
    long = encode("Why? " * 99, "", "word " * 999, np.asarray([0]), np.asarray([4995]))
    assert len(long.ids) == LONGEST


def test_nobody_waits_for_a_reader_of_passages_to_erase_a_post(tmp_path: Path) -> None:
    folder = garden(tmp_path / "index")

    class Forgetting(FixedReader):
        def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
            assert not opened.index.catalog.connection.in_transaction
            forget(folder, "garden.example/3")  # is busy where a state of before is looked at
            return super().read(question, passages)

    with Assistant.open(folder, embedding_model="hash") as opened:
        before = opened.index.generation
        reader = Forgetting("stay above ten degrees")
        pipeline = replace(opened.pipeline, reader=reader, calibration=calibration(read=True))
        *_, answer = pipeline.answers(ASKED)
        assert reader.given
        assert answer.provenance.index_generation == before
        assert answer.provenance.synced_at is not None
        assert opened.index.status().posts == 2
        *_, record = opened.pipeline.answers("How many posts are there?")
        assert record.provenance.index_generation == opened.index.generation


@pytest.mark.parametrize(
    ("lengths", "cores", "parts"),
    [
        ([90, 200, 210, 100], 2, [[2, 0], [1, 3]]),
        ([90, 200, 210, 100], 1, [[2, 1, 3, 0]]),
        ([90, 200], 8, [[1], [0]]),
        ([50], 2, [[0]]),
        ([], 2, []),
        ([100] * 10, 2, [[0, 3, 6, 9], [1, 4, 7], [2, 5, 8]]),
        ([300, 10, 10, 10, 10, 10], 2, [[0, 5], [1, 2, 3, 4]]),
    ],
)
def test_passages_are_parted_among_free_cores(
    lengths: list[int], cores: int, parts: list[list[int]]
) -> None:
    from rag.reading.with_torch import parted

    assert parted(lengths, cores) == parts


@pytest.mark.model
def test_a_question_reads_alike_alone_and_beside_others() -> None:
    from rag.embedding.with_numpy import NumpyEmbedder
    from rag.reading.with_torch import ModelReader

    passages = [
        piece.passage for parsed in GARDEN for piece in split(parsed, NumpyEmbedder(), limit=256)
    ]
    assert len(passages) > 4
    reader = ModelReader(precision="float32")
    alone = reader.read(ASKED, passages)
    with reader.counted() as others:
        assert others == 0
        beside = reader.read(ASKED, passages)
    for one, other in zip(alone, beside, strict=True):
        assert one.answers == pytest.approx(other.answers, abs=1e-4)
        assert one.sentences == pytest.approx(other.sentences, abs=1e-4)
    with reader.counted() as others:
        assert others == 0
