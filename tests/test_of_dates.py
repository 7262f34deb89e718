from __future__ import annotations

from dataclasses import replace

import pytest
from answers import hit
from small_site import post, section

from rag.retrieval.of_dates import dated_first
from rag.types import Found

DIARY = post(
    7,
    "A diary",
    section("0", (), "On 9 May 2015 it hailed. In June 2015 it was dry. It was May once more."),
    section("1", (), "The fair was on Friday, May 9, 2014 at nine. Cakes were sold in 2014."),
)
NEWS = post(8, "News of March", section("0", (), "The pond froze. Nobody skated."), year=2013)
HITS = tuple(
    hit(parsed, one, 0.8, 0.7, 0.6, position=number)
    for number, (parsed, one) in enumerate(
        [(DIARY, DIARY.sections[0]), (DIARY, DIARY.sections[1]), (NEWS, NEWS.sections[0])]
    )
)


def quotable(question: str) -> list[str]:
    """The sentences that an answer may still be made of."""
    hits = dated_first(question, Found(HITS, 0.9)).hits
    return [one.sentence.text for own in hits for one in own.sentences if one.relevance]


@pytest.mark.parametrize(
    ("question", "sentences"),
    [
        ("What happened on May 9, 2014?", ["The fair was on Friday, May 9, 2014 at nine."]),
        ("What happened in May 2014?", ["The fair was on Friday, May 9, 2014 at nine."]),
        ("What was on 9 May 2015?", ["On 9 May 2015 it hailed."]),
        ("How was June 2015?", ["In June 2015 it was dry."]),
        ("What was there in March 2013?", ["The pond froze.", "Nobody skated."]),
    ],
)
def test_what_is_of_the_time_that_is_named_may_be_quoted_alone(
    question: str, sentences: list[str]
) -> None:
    assert quotable(question) == sentences


@pytest.mark.parametrize(
    "question",
    [
        "What happened in May?", "What happened in 2014?", "When was the fair?",
        "What changed between May 2014 and June 2015?",
        "Was May 2014 as wet as June 2015?",
    ],
)  # fmt: skip
def test_another_question_is_left_as_it_is(question: str) -> None:
    found = Found(HITS, 0.9)
    assert dated_first(question, found) == found


def test_where_nothing_is_of_that_time_a_note_says_so() -> None:
    found = Found(HITS, 0.9, warnings=("Before.",))
    dated = dated_first("What happened on 3 February 2012?", found)
    told = "No sentence that was found names 3 February 2012."
    assert dated == replace(found, warnings=("Before.", told))
    assert dated_first("What happened on 3 February 2012?", Found((), 0.0)) == Found((), 0.0)
