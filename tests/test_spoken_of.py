"""Behind an answer, passages of the post that it was from come first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_site import garden, post, put, section

from eval.cases.cases import Case
from eval.cases.gold import Gold
from eval.fit.conversation import GRID, behind_others, best_of, grade, left_out
from rag import Assistant, Turn
from rag.calibration import SENTENCE_FEATURES
from rag.embedding.embedder import HashEmbedder
from rag.index.index import write_index
from rag.retrieval.preferred import for_post, post_spoken_of, same_post
from rag.retrieval.retrieve import look

EMBEDDER = HashEmbedder()
BEANS, PEAS = "garden.example/11", "garden.example/12"
SPOKEN = [Turn("How deep do runner beans go?", "Runner beans go two inches deep in warm soil.")]
ASKED = "how far apart in the row"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = garden(tmp_path_factory.mktemp("spoken") / "index")
    with write_index(folder, EMBEDDER.id) as writer:
        for number, name, room in ((11, "Runner beans", "nine"), (12, "Sugar peas", "two")):
            texts = (
                f"{name} go two inches deep in warm soil.",
                f"Set them {room} inches apart in the row.",
            )
            parts = [section(str(i), (f"Part {i}",), text) for i, text in enumerate(texts)]
            put(writer, post(number, name, *parts), EMBEDDER)
        writer.finish()
    return folder


@pytest.fixture
def assistant(folder: Path) -> Iterator[Assistant]:
    with Assistant.open(folder, embedding_model="hash", min_answerable=0.0) as opened:
        yield opened


def first(assistant: Assistant, history: list[Turn], weight: float | None = None) -> str:
    query = assistant.pipeline.understand(ASKED, history=history)
    found = look(
        query, assistant.index, EMBEDDER, assistant.pipeline.calibration,
        candidates=100, hits=10, same_post=weight,
    )  # fmt: skip
    return found.hits[0].passage.post.id


def test_the_post_that_was_spoken_of_is_found_by_what_was_said(assistant: Assistant) -> None:
    pipeline = assistant.pipeline
    for said, expected in (
        ("How deep do runner beans go? Runner beans go two inches deep in warm soil.", BEANS),
        ("Tell me of peas. Sugar peas go two inches deep in warm soil.", PEAS),
        ("", ""),
    ):
        found = post_spoken_of(said, assistant.index, EMBEDDER, pipeline.calibration)
        assert found == expected


def test_passages_of_that_post_come_first(assistant: Assistant) -> None:
    spoken = {
        id_: [Turn(f"How deep do {name} go?", f"{name} go two inches deep in warm soil.")]
        for id_, name in ((BEANS, "Runner beans"), (PEAS, "Sugar peas"))
    }
    alone = {first(assistant, history, 0.0) for history in spoken.values()}
    assert len(alone) <= 2
    for id_, history in spoken.items():
        assert first(assistant, history, 4.0) == id_
        assert first(assistant, history) == id_  # as it was fitted


def test_what_speaks_for_them_is_log_odds_and_no_filter(assistant: Assistant) -> None:
    pipeline, index = assistant.pipeline, assistant.index
    query = pipeline.understand(ASKED, history=SPOKEN)
    both = [
        look(query, index, EMBEDDER, pipeline.calibration, candidates=100, hits=50, same_post=w)
        for w in (0.0, 2.0)
    ]
    ids = [{hit.passage.id for hit in one.hits} for one in both]
    assert ids[0] == ids[1]
    for hits in zip(*(sorted(one.hits, key=lambda h: h.passage.id) for one in both), strict=True):
        odds = [np.log(hit.relevance / (1 - hit.relevance)) for hit in hits]
        is_there = hits[0].passage.post.id == BEANS
        assert odds[1] - odds[0] == pytest.approx(2.0 if is_there else 0.0, abs=1e-6)


def test_sentences_of_that_post_are_weighed_as_any(assistant: Assistant) -> None:
    """Where it is looked is one thing; what answers there, another."""
    pipeline, index = assistant.pipeline, assistant.index
    query = pipeline.understand(ASKED, history=SPOKEN)
    looked = look(query, index, EMBEDDER, pipeline.calibration, candidates=100, hits=50)
    for hit in looked.hits:
        if hit.passage.post.id == BEANS:
            beans = hit
            break
    plain = look(
        replace(query, before=""), index, EMBEDDER, pipeline.calibration, candidates=100, hits=50
    )
    same = next(hit for hit in plain.hits if hit.passage.id == beans.passage.id)
    weight = dict(zip(SENTENCE_FEATURES, pipeline.calibration.sentence.weights, strict=True))
    for one, other in zip(beans.sentences, same.sentences, strict=True):
        odds = [np.log(each.relevance / (1 - each.relevance)) for each in (one, other)]
        by_passage = weight["passage"] * (beans.relevance - same.relevance)
        assert odds[0] - odds[1] == pytest.approx(by_passage, abs=1e-5)


def test_nothing_speaks_for_candidates_without_a_post(assistant: Assistant) -> None:
    assert for_post([], assistant.index, "") == {}
    assert for_post([], assistant.index, BEANS) == {}


@pytest.mark.parametrize(
    ("question", "history"),
    [
        (ASKED, []),
        (ASKED, [Turn("Do moles like chess?", "")]),  # not answered: nothing was found there
        (ASKED, [Turn("How deep do runner beans go?", "Two inches."), Turn("And now?", " ")]),
        ("Who wrote the newest post?", SPOKEN),
        ("How many posts are there?", SPOKEN),
    ],
)
def test_nothing_was_spoken_of(assistant: Assistant, question: str, history: list[Turn]) -> None:
    assert assistant.pipeline.understand(question, history=history).before == ""


def test_the_last_answer_counts_and_thanks_do_not(assistant: Assistant) -> None:
    history = [Turn("What is compost?", "Rotted leaves."), *SPOKEN, Turn("Thanks!", "")]
    before = assistant.pipeline.understand(ASKED, history=history).before
    assert before == f"{SPOKEN[0].question} {SPOKEN[0].answer}"
    long = [Turn("What is compost?", "leaves " * 500)]
    assert len(assistant.pipeline.understand(ASKED, history=long).before) == 600


def test_a_question_put_in_the_place_of_another_is_of_another_thing(assistant: Assistant) -> None:
    query = assistant.pipeline.understand("And sugar peas?", history=SPOKEN)
    assert "sugar peas" in query.standalone
    assert query.question == "And sugar peas?"
    assert query.before == ""


# ---------------------------------------------------------------- how it is fitted


def case(number: int, question: str, post_id: str, quote: str, *history: Turn) -> Case:
    return Case(
        id=str(number), kind="fact", question=question, answer=quote, history=history,
        gold=(Gold(post_id=post_id, heading="", quote=quote),),
    )  # fmt: skip


def test_the_weight_is_that_which_finds_both_kinds_best(assistant: Assistant) -> None:
    room = "Set them two inches apart in the row."
    spoken = Turn("How deep do sugar peas go?", "Sugar peas go two inches deep in warm soil.")
    following = [case(1, ASKED, PEAS, room, spoken)]
    alone = [
        case(
            2,
            "How deep do runner beans go?",
            BEANS,
            "Runner beans go two inches deep in warm soil.",
        ),
        case(3, "How deep do sugar peas go?", PEAS, "Sugar peas go two inches deep in warm soil."),
    ]
    strangers = behind_others(alone)
    assert {one.history[0].question for one in strangers} <= {one.question for one in alone}
    assert all(one.history[0].question != one.question for one in strangers)
    grades = [grade(some, assistant) for some in (following, strangers or alone)]
    assert grades[0].shape == (1, len(GRID), 2)
    best = best_of(grades)
    means = sum(own.mean(axis=(0, 2)) for own in grades)
    assert means[best] == max(means)
    assert all(means[place] < means[best] for place in range(best))


def test_a_question_left_out_does_not_choose_its_own_weight() -> None:
    low, high = np.zeros((1, len(GRID), 2)), np.zeros((1, len(GRID), 2))
    low[0, 2] = high[0, 9] = 1.0
    one = [np.concatenate([low, low, high]), np.zeros((1, len(GRID), 2))]
    assert best_of(one) == 2
    assert left_out(one, 0).tolist() == [[1, 1], [1, 1], [0, 0]]
    even = [np.concatenate([low, high]), np.zeros((1, len(GRID), 2))]
    assert left_out(even, 0).tolist() == [[0, 0], [0, 0]]


def test_what_ships_was_fitted_and_favours_the_same_post() -> None:
    assert same_post() in GRID
    assert same_post() > 0
