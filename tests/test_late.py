from __future__ import annotations

import numpy as np

from rag.catalog.read import StoredVectors
from rag.embedding.embedder import HashEmbedder, PassageText, QuestionVectors
from rag.retrieval.late import (
    Floats,
    LateQuestion,
    late_question,
    passage_scores,
    sentence_scores,
    token_best,
)

EMBEDDER = HashEmbedder()


def stored(text: str, *spans: tuple[int, int]) -> StoredVectors:
    made = EMBEDDER.embed_passages([PassageText(text, spans or ((0, len(text)),))])[0]
    return StoredVectors(
        passage=made.passage.astype(np.float16),
        sentences=np.rint(made.sentences * 127).astype(np.int8),
        tokens=made.tokens,
        token_ids=made.token_ids,
        token_sentence=made.token_sentence,
    )


def test_equal_words_score_one_and_weights_count() -> None:
    question = EMBEDDER.embed_question("wool mulch")
    even = late_question(question, np.ones(2, dtype=np.float32))
    late, share = passage_scores(even, [stored("mulch of wool"), stored("wool"), stored("kale")])
    assert late[0] > 0.97
    assert share.tolist() == [1.0, 0.5, 0.0]
    heavy = late_question(question, np.asarray([3, 1], dtype=np.float32))
    assert passage_scores(heavy, [stored("wool")])[1].tolist() == [0.75]


def test_a_passage_without_tokens_scores_nothing() -> None:
    question = late_question(EMBEDDER.embed_question("wool"), np.ones(1, dtype=np.float32))
    late, share = passage_scores(question, [stored("."), stored("wool")])
    assert late[0] == share[0] == 0
    assert late[1] > 0.97
    none = token_best(question, np.zeros((0, 256), np.int8), np.zeros(0, np.int32))
    assert none[0].tolist() == [0.0]


def test_a_question_without_tokens_scores_nothing() -> None:
    question = late_question(EMBEDDER.embed_question("?"), np.zeros(0, dtype=np.float32))
    assert passage_scores(question, [stored("wool")])[0].tolist() == [0.0]
    assert sentence_scores(question, stored("wool"))[0].tolist() == [0.0]


def test_the_breadcrumb_helps_a_sentence_that_leaves_its_subject_out() -> None:
    text = "Bridge\nIt opened late. Cars wait."
    one = stored(text, (7, 22), (23, 33))
    question = late_question(EMBEDDER.embed_question("bridge opened"), np.ones(2, dtype=np.float32))
    own, helped, share = sentence_scores(question, one)
    assert own[0] < 0.8 < 0.97 < helped[0]
    assert share.tolist() == [1.0, 0.5]
    assert own[0] > own[1]


def test_sentences_score_as_each_by_itself() -> None:
    """One product for all of a passage gives what one for each sentence gave."""
    random = np.random.default_rng(3)
    for crumb in (True, False):
        where = random.integers(-1 if crumb else 0, 5, 40).astype(np.int16)
        where[where == 2] = 3  # a sentence none of whose tokens was kept
        one = StoredVectors(
            passage=np.zeros(8, np.float16),
            tokens=random.integers(-127, 128, (40, 8)).astype(np.int8),
            token_ids=random.integers(0, 9, 40).astype(np.int32),
            sentences=np.zeros((5, 8), np.int8),
            token_sentence=where,
        )
        vectors = QuestionVectors(
            np.zeros(8, np.float32), np.zeros(8, np.float32),
            random.integers(-127, 128, (6, 8)).astype(np.int8), np.arange(6, dtype=np.int32),
        )  # fmt: skip
        question = late_question(vectors, random.random(6).astype(np.float32))

        def alone(
            number: int, one: StoredVectors = one, question: LateQuestion = question
        ) -> tuple[Floats, Floats]:
            mask = one.token_sentence == number
            return token_best(question, one.tokens[mask], one.token_ids[mask])

        top, held = alone(-1)
        expected = []
        for number in range(5):
            best, equal = alone(number)
            rows = (best, np.maximum(best, top), np.maximum(equal, held))
            expected.append([float((row * question.weights).sum()) for row in rows])
        found = np.stack(sentence_scores(question, one), axis=1)
        assert found.tolist() == expected
