from __future__ import annotations

import pytest

from rag.errors import QuestionInvalid
from rag.types import Turn
from rag.understanding.pointing import leans_back
from rag.understanding.understand import understand

SOW = [Turn("When should I sow tomatoes?", "In March.")]


@pytest.mark.parametrize("question", ["", "  ", "???", "…"])
def test_an_empty_question_is_refused(question: str) -> None:
    with pytest.raises(QuestionInvalid, match="empty"):
        understand(question)


def test_a_question_that_is_too_long_is_refused_with_its_length() -> None:
    with pytest.raises(QuestionInvalid, match=r"49,999 characters, more than 2,000"):
        understand("word " * 10_000)


@pytest.mark.parametrize(
    "question",
    [
        "thanks, that helps",
        "Great, thank you very much!",
        "ok thanks bye",
        "Hello",
        "Hi there!",
        "thank you so much for your help 🙏",
        "That’s very helpful.",
        "ty",
        "howdy",
        "Merci!",
        "much appreciated",
    ],
)
def test_a_courtesy_asks_nothing(question: str) -> None:
    with pytest.raises(QuestionInvalid, match=r"Nothing was asked.*Ask a question about the posts"):
        understand(question, history=SOW)


@pytest.mark.parametrize(
    "question",
    [
        "Thanks! And who dives in winter?",
        "Hi, how many members are there",
        "ok?",
        "Good Friday",
        "ty cobb",
        "greetings cards",
        "hello world",
        "great wall",
        "all",
        "thanks " * 40,
    ],
)
def test_more_than_a_courtesy_is_searched_for(question: str) -> None:
    assert understand(question).searches


def test_spaces_and_line_ends_are_one_space() -> None:
    assert understand(" When\n  to sow? ").question == "When to sow?"


@pytest.mark.parametrize(
    "question",
    ["And later?", "Why?", "When does it end?", "How long do they take?"],
)
def test_a_follow_up_is_searched_with_the_subject_before_it(question: str) -> None:
    query = understand(question, history=SOW)
    assert query.searches == (query.standalone, query.question)
    assert "tomatoes" in query.standalone
    assert query.question == question


@pytest.mark.parametrize(
    ("question", "whole"),
    [
        ("What about peppers?", "When should I sow peppers?"),
        ("and in a cold frame?", "When should I sow tomatoes in a cold frame?"),
    ],
)
def test_what_is_asked_of_another_thing_is_the_last_question_with_that_in_it(
    question: str, whole: str
) -> None:
    query = understand(question, history=SOW)
    assert (query.searches, query.standalone, query.question) == ((whole,), whole, question)
    assert understand(question, history=SOW, longest=25).searches[-1] == question


@pytest.mark.parametrize(
    "question",
    [
        "How did the bare bed compare with wool mulch?",
        "Who founded the Garden Club in 1950?",
        "What is the Old Mill, and when was it closed?",
    ],
)
def test_a_complete_question_is_left_alone(question: str) -> None:
    assert not leans_back(question)
    assert understand(question, history=SOW).searches == (question,)


def test_without_a_conversation_nothing_is_added() -> None:
    assert understand("Why?").searches == ("Why?",)


def test_a_chain_of_follow_ups_reaches_the_first_subject() -> None:
    history = [*SOW, Turn("And peppers?"), Turn("Why?")]
    query = understand("How long?", history=history)
    assert "tomatoes" in query.standalone
    assert "peppers" in query.standalone


def test_of_a_long_turn_only_the_beginning_is_looked_at() -> None:
    text = "It is Ines Moreau. " + "and so on, " * 20_000
    history = [Turn("What is it?", f"{text} Then came Holly Allen.")]
    query = understand("And why?", history=history)
    assert "Moreau" in query.standalone
    assert "Allen" not in query.standalone
    assert "Allen" not in understand("And why?", history=[Turn(history[0].answer)]).standalone
