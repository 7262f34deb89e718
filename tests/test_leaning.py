from __future__ import annotations

import pytest

from rag.text.leaning import Leaning, leaning


@pytest.mark.parametrize(
    "text",
    [
        "It made no difference.",
        "It’s made of wool.",
        "They lost three lettuces.",
        "“This is how slugs find it,” she said.",
        "That is why copper failed.",
        "However, it made no difference.",
        "So that’s the end of it.",
        "In it, forty lettuces grew.",
        "Most of them died.",
        "For this reason we used wool.",
        "These beds lost most.",
    ],
)
def test_a_sentence_whose_subject_stands_before_it_leans(text: str) -> None:
    assert leaning(text) is Leaning.SUBJECT


@pytest.mark.parametrize(
    "text",
    ["However, copper tape made no difference.", "As a result, slugs ate all.", "So wool won."],
)
def test_a_sentence_that_goes_on_and_names_its_subject_is_connected(text: str) -> None:
    assert leaning(text) is Leaning.CONNECTED


@pytest.mark.parametrize(
    "text",
    [
        "Copper tape made no difference.",
        "It is important to water in the morning.",
        "It's also easy to forget the bed.",
        "This post compares five beds.",
        "This year we tried wool.",
        "Those who garden know slugs.",
        "Both wool and copper were tried.",
        "Italy has few slugs.",
        "Itself a slug eater, the toad helps.",
        "Thistles grow there.",
        "Something ate them.",
        "",
    ],
)
def test_what_names_its_subject_stands_alone(text: str) -> None:
    assert leaning(text) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Es half nicht.", "de"),
        ("Deshalb half Kupfer nicht.", "de-AT"),
        ("Esto no ayudó.", "es"),
        ("Cela n’a rien changé.", "fr"),
        ("C’est tout.", "fr_FR"),
    ],
)
def test_other_languages_have_words_of_their_own(text: str, language: str) -> None:
    assert leaning(text, language) is Leaning.SUBJECT
    assert leaning(text, "ja") is None


def test_a_word_of_one_language_says_nothing_in_another() -> None:
    assert leaning("Die Schnecken kamen.", "de") is None
    assert leaning("It is not German.", "de") is None
