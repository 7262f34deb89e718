from __future__ import annotations

import time

import pytest

from rag.types import Turn
from rag.understanding.followups import put_in_place, standalone
from rag.understanding.in_place import in_place, is_elliptic

MET = "When did the Valley Society meet the Garden Club?"


@pytest.mark.parametrize(
    ("whole", "question", "expected"),
    [
        ("When did Rosewood flood?", "And Brandham?", "When did Brandham flood?"),
        (MET, "and the Valley Board?", "When did the Valley Board meet the Garden Club?"),
        ("When did the Valley Society see Ines?", "and Tom?", "When did Tom see Ines?"),
        ("What did Ines do in Lyon?", "and in Paris?", "What did Ines do in Paris?"),
        ("What did Ines do in Lyon?", "What about Paris?", "What did Ines do in Paris?"),
        ("What did Ines do in Lyon?", "and in 1950?", "What did Ines do in Lyon in 1950?"),
        ("What did Ines do in 1950?", "and in May 1951?", "What did Ines do in May 1951?"),
        ("What did Ines do in Lyon?", "and in winter?", "What did Ines do in Lyon in winter?"),
        ("How deep do I sow beans?", "How about lettuces?", "How deep do I sow lettuces?"),
        ("newest post about bees", "and about Slack?", "newest post about Slack"),
        ("newest post about Slack", "and about wild bees", "newest post about wild bees"),
        ("posts by Ines Moreau in 2016", "or by Tom?", "posts by Tom in 2016"),
        ("Who runs 18F?", "and GOV.UK?", "Who runs GOV.UK?"),
        ("How many posts about bees?", "and in 2016?", "How many posts about bees from 2016?"),
    ],
)  # fmt: skip
def test_another_thing_takes_the_place_of_its_kind(
    whole: str, question: str, expected: str
) -> None:
    assert in_place(question, whole) == expected


def test_in_small_letters_the_rarest_word_is_what_a_question_is_about() -> None:
    weight = {"flood": 2.0, "rosewood": 6.0}.get
    whole = "when did rosewood flood?"
    assert in_place("and brandham?", whole, lambda word: weight(word) or 1.0) == (
        "when did brandham flood?"
    )
    assert in_place("and brandham?", whole) is None
    for other in ("newest post", "Why?", "What is it?", "Who?", "?", "Rosewood"):
        assert in_place("and surveys?", other, lambda _: 1.0) is None


@pytest.mark.parametrize(
    "question",
    [
        "And why?", "and the other one?", "And where does she live?", "What about it?", "and then?",
        "And is it free?", "Rosewood?", "and who paid, and when?", "and if it rains?", "and more?",
    ],
)  # fmt: skip
def test_what_asks_something_of_its_own_is_not_put_in_place(question: str) -> None:
    assert not is_elliptic(question)
    assert in_place(question, "When did Rosewood flood?") is None


def test_the_last_whole_question_is_asked_again_and_nothing_of_its_answer() -> None:
    asked = Turn("When did Rosewood flood?", "Rosewood and Lane flooded in May, says Ada Lane.")
    again = Turn("And Brandham?", "Brandham flooded in June, says Tom Baker.")
    assert put_in_place("and Lyon?", [asked, again]) == "When did Lyon flood?"
    why = Turn("Why?", "The Rhone rose.")
    assert put_in_place("and Lyon?", [asked, again, why]) == "When did Lyon flood?"
    it = Turn("How deep was it?", "Two feet at Ada Lane's.")
    assert put_in_place("and Lyon?", [asked, it]) == "How deep was it? (Lyon flood)"
    assert standalone("and Lyon?", [asked]) == "When did Lyon flood?"


@pytest.mark.parametrize("unit", ["a", "A", "a ", "A. ", "in a ", "a-", "2.0 "])
def test_no_long_question_takes_long(unit: str) -> None:
    long = unit * (2000 // len(unit))
    started = time.process_time()
    for asked in (f"What is {long}!?", f"posts about {long}!?", long):
        put_in_place("And about peppers?", [Turn(asked)], lambda _: 1.0)
        standalone("Is it free?", [Turn(asked)], lambda _: 1.0)
        put_in_place(f"and {long}", [Turn("What is it?")], lambda _: 1.0)
    assert time.process_time() - started < 5
