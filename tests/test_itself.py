"""Questions to whoever answers: who it is, what it does; and what a site is about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from small_site import garden

from rag import Assistant, Turn
from rag.text.itself import WHO_ANSWERS, asks_who_answers
from rag.types import Basis
from ui.view import view


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder: Path = garden(tmp_path_factory.mktemp("garden") / "index")
    with Assistant.open(folder, embedding_model="hash") as opened:
        yield opened


@pytest.mark.parametrize(
    "question",
    [
        "Who are you?", "what are you", "And who are you?", "What can you do?",
        "What can you do for me?", "what do you know", "How can you help me?", "How do you work?",
        "Can you help me please?", "help", "Help me!", "What can I ask?", "what can i ask you here",
        "What kind of questions can I ask?", "Are you a bot?", "are you an AI or a human?",
        "Are you ChatGPT?", "Is this a real person?", "Am I talking to a robot?",
        "Who am I talking to?", "What is this chatbot for?", "How does this tool work?",
        "What's your name?", "Introduce yourself.", "tell me about yourself",
        "How do I use this chat?",
    ],
)  # fmt: skip
def test_a_question_to_whoever_answers_is_known_anywhere(question: str) -> None:
    assert asks_who_answers(question, alone=True)
    assert asks_who_answers(question, alone=False)


@pytest.mark.parametrize("question", ["How does this work?", "What is this?", "How do I use it?"])
def test_this_is_the_page_only_where_nothing_was_spoken_of(question: str) -> None:
    assert asks_who_answers(question, alone=True)
    assert not asks_who_answers(question, alone=False)


@pytest.mark.parametrize(
    "question",
    [
        "Who are your partners?", "What are you growing in winter?", "What can you do about slugs?",
        "How can you help me sow tomatoes?", "How do you work with agencies?", "help with slugs",
        "Can you help me with my compost?", "Are you a farm?", "Is this a bean?",
        "What is this blog about?", "How does compost work?", "What is agile?",
        "What do you do in May?",
        "Who is Tom Baker?", "What can I ask a nursery?", "What is your policy?", "a person",
    ],
)  # fmt: skip
def test_a_question_about_anything_else_is_not_taken_for_one(question: str) -> None:
    assert not asks_who_answers(question, alone=True)


def test_it_says_that_a_program_answers_and_from_how_many_posts(assistant: Assistant) -> None:
    for question in ("Who are you?", "What can you do?", "help"):
        answer = assistant.ask(question)
        assert [one.text for one in answer.sentences] == ["There are 3 posts."]
        assert answer.sentences[0].basis == Basis.RECORD
        assert answer.warnings[0] == WHO_ANSWERS
        assert view(answer).notes_first
        assert view(answer).warnings[0] == WHO_ANSWERS


def test_other_questions_are_not_told_so(assistant: Assistant) -> None:
    for question in ("How many posts are there?", "When to sow tomatoes?"):
        answer = assistant.ask(question)
        assert WHO_ANSWERS not in answer.warnings
        assert not view(answer).notes_first


def test_behind_an_answer_this_is_what_was_spoken_of(assistant: Assistant) -> None:
    before = [Turn("When to sow tomatoes?", "Sow tomatoes in March.")]
    assert assistant.ask("What is this?", history=before).query.record is None
    asked = assistant.ask("And who are you?", history=before).query.record
    assert asked is not None
    assert asked.itself


@pytest.mark.parametrize(
    "question",
    [
        "What is this blog about?", "what's this site about", "What do you write about?",
        "What does the blog mostly write about?", "What is your blog mainly about?",
    ],
)  # fmt: skip
def test_what_a_site_is_about_is_said_by_its_topics(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)
    assert [one.text for one in answer.sentences] == ["There is 1 tag.", "“spring”: 1 post."]


def test_topics_of_the_suggested_kind_are_read_as_such(assistant: Assistant) -> None:
    """The questions that it names as examples are answered from the record."""
    for question in ("What topics do you cover?", "What is the newest post?"):
        assert question in WHO_ANSWERS
        assert assistant.ask(question).query.record is not None


def test_a_first_question_may_begin_as_one_that_goes_on(assistant: Assistant) -> None:
    for question in ("And how many posts are there?", "So, how many posts are there?"):
        said = assistant.ask(question).sentences
        assert [one.text for one in said] == ["There are 3 posts."]
