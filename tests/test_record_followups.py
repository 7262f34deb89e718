from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rag.text.names import names_of
from rag.types import Filters, RecordQuestion, Turn, Wanted
from rag.understanding.record_followups import read_about_last_post, read_behind
from rag.understanding.record_questions import Reading

NOW = datetime(2026, 5, 20, tzinfo=UTC)
NAMES = names_of(
    authors=("Ines Moreau", "Tom Baker"),
    categories=("Growing",),
    tags=("spring",),
    hosts=("garden.example",),
)
INES, TOM = Filters(authors=("Ines Moreau",)), Filters(authors=("Tom Baker",))
SPRING = Filters(tags=("spring",))
IN_2018 = Filters(since=datetime(2018, 1, 1, tzinfo=UTC), until=datetime(2019, 1, 1, tzinfo=UTC))
NEWEST = "The newest post is “Compost in winter”, published on 1 March 2016."


def test_it_is_the_one_post_that_was_named_just_now() -> None:
    answer = "The newest post is “Compost in winter”, published on 1 March 2016."
    reading = read_about_last_post("And who wrote it?", answer)
    assert reading
    assert reading.record == RecordQuestion(Wanted.AUTHORS, "Compost in winter", titled=True)
    assert read_about_last_post("When was that post published?", answer)
    assert read_about_last_post("Who wrote it?", "“One”, and “Two”.") is None
    assert read_about_last_post("Why is it warm?", answer) is None
    assert read_about_last_post("What's it about?", answer) == Reading(
        record=RecordQuestion(Wanted.DATE, "Compost in winter", content=True, titled=True),
        rest="What's it about?",
    )


@pytest.mark.parametrize(
    ("asked", "question", "wanted", "topic", "limits"),
    [
        (["posts by Ines Moreau"], "only those from 2018", Wanted.LIST, "", [INES, IN_2018]),
        (["posts by Ines Moreau"], "and the ones tagged spring?", Wanted.LIST, "", [INES, SPRING]),
        (["posts by Ines in 2018"], "just those by Tom", Wanted.LIST, "", [IN_2018, TOM]),
        (["How many posts about slugs?"], "which ones?", Wanted.LIST, "slugs", []),
        (["How many posts about slugs by Tom?"], "Which are they?", Wanted.LIST, "slugs", [TOM]),
        (["posts about slugs"], "How many of them are by Tom?", Wanted.COUNT, "slugs", [TOM]),
        (["How many posts by Ines?", "only those from 2018"], "which ones?", Wanted.LIST, "",
         [INES, IN_2018]),
    ],
)  # fmt: skip
def test_a_question_goes_on_from_one_about_posts(
    asked: list[str], question: str, wanted: Wanted, topic: str, limits: list[Filters]
) -> None:
    reading = read_behind(question, [Turn(one) for one in asked], NAMES, NOW)
    assert reading
    assert reading.record
    assert (reading.record.wanted, reading.record.topic) == (wanted, topic)
    assert [one.filters for one in reading.recognised] == limits


@pytest.mark.parametrize(
    ("asked", "answer", "question"),
    [
        ("How deep should I sow?", "", "only those from 2018"),
        ("How deep should I sow?", "It is called “dibbling”.", "What is it about?"),
        ("posts about slugs", "", "only those that eat lettuces"),
        ("posts about slugs", "", "Which slugs eat lettuces?"),
        ("newest post", NEWEST, "which ones?"),
        ("posts by Ines", "", "How many lettuces did she lose in 2018?"),
    ],
)
def test_other_questions_go_on_from_nothing(asked: str, answer: str, question: str) -> None:
    assert read_behind(question, [Turn(asked, answer)], NAMES, NOW) is None


def test_what_the_one_post_is_about_is_asked_behind_a_question_about_posts() -> None:
    reading = read_behind("what is it about?", [Turn("newest post", NEWEST)], NAMES, NOW)
    assert reading
    assert reading.record
    assert (reading.record.topic, reading.record.content) == ("Compost in winter", True)


def test_the_newest_post_needs_no_answer_to_be_meant() -> None:
    for question, content in (("What is it about?", True), ("Who wrote it?", False)):
        reading = read_behind(question, [Turn("newest post by Ines")], NAMES, NOW)
        assert reading
        assert reading.record == RecordQuestion(Wanted.NEWEST, content=content)
        assert [one.filters for one in reading.recognised] == [INES]
