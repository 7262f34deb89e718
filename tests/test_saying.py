"""What a sentence does not say, and that it then answers nothing."""

from __future__ import annotations

import math

import pytest

from rag.reading.reader import NONE, Reading, ShortAnswer
from rag.text.saying import of_others, says_nothing


@pytest.mark.parametrize(
    "text",
    [
        "- Will Slack",
        "— Ines Ferreira",
        "– Ben Peterson, UX designer",
        "- Monica Windom, Director Division of Public Assistance, State of Alaska",
        "---",
        "]),",
        "</blockquote>",
        '<p class="authors">',
    ],
)
def test_a_signature_and_signs_say_nothing(text: str) -> None:
    assert says_nothing(text, "Does the team use Slack?")


@pytest.mark.parametrize(
    "text",
    [
        "- Slack",
        "- Wool mulch keeps slugs away.",
        "- Sow in March, and water once a week",
        "– Ben Peterson said that it works.",
        "Team 18F",
        "5",
        "三月",
        "<b>Yes</b>",
        "Focus.",
    ],
)
def test_what_is_short_may_say_something(text: str) -> None:
    assert not says_nothing(text, "Does the team use Slack?")


def test_who_has_signed_a_quotation_has_said_it() -> None:
    assert not says_nothing("- Will Slack", "Who said that planning beats plans?")
    assert not says_nothing("- Will Slack", "Whose words are these?")
    assert not says_nothing("- Will Slack", "who wrote that plans are nothing")
    assert says_nothing("- Will Slack", "Who built it?")
    assert says_nothing("- Will Slack", "Who was the first director?")


PASSAGE = "Two states\nKim Il Sung became prime minister in 1948. Stalin received him."


def test_a_passage_on_a_namesake_alone_does_not_say_who_somebody_was() -> None:
    sentences = ["Kim Il Sung became prime minister in 1948.", "Stalin received him."]
    assert of_others("Who was Kim Jong Il?", PASSAGE, sentences) == [True, False]
    assert of_others("who is Kim Jong-il", PASSAGE, sentences) == [True, False]
    assert of_others("who is kim jong il?", PASSAGE, sentences) == [False, False]  # no name
    assert of_others("Who was Kim Il-sung?", PASSAGE, sentences) == [False, False]
    named = f"{PASSAGE} His son was Kim Jong-il."
    assert of_others("Who was Kim Jong Il?", named, sentences) == [False, False]


@pytest.mark.parametrize(
    "question",
    [
        "When did Kim Jong Il travel?",
        "Who is it for?",
        "Who was first?",
        "Who met Kim Jong Il?",
        "",
    ],
)
def test_of_other_questions_nothing_is_said(question: str) -> None:
    assert of_others(question, PASSAGE, ["Kim Il Sung became prime minister."]) == [False]


def test_a_reading_without_what_says_nothing_is_that_of_the_rest() -> None:
    short = ShortAnswer(sentence=0, start=0, end=4, sure=3.0)
    reading = Reading(math.log(3.0), (math.log(2.0), 0.0, NONE), short)
    assert reading.only([True, True, True]) is reading
    rest = reading.only([False, True, True])
    assert rest.answers == pytest.approx(0.0)
    assert rest.sentences == (NONE, 0.0, NONE)
    assert rest.short is None
    assert reading.only([True, False, True]).short is short
