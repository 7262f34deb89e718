"""Questions close to what posts say, with a value of another post."""

from __future__ import annotations

from small_site import post, section

from eval.cases.swapped import near_proposals
from rag.types import ParsedPost

WOOL = "In autumn the gardener Ines Moreau laid wool mulch around twenty lettuces in the long bed."
TAPE = "By spring a neighbour called Tom Baker had wrapped copper tape around twelve tomato pots."


def posts(*texts: str) -> list[ParsedPost]:
    return [
        post(number, f"Post {number}", section("0", (), text))
        for number, text in enumerate(texts, 1)
    ]


def test_a_name_of_another_post_stands_for_that_of_a_sentence() -> None:
    first, second = near_proposals(posts(WOOL, TAPE), 5)
    assert first.question == (
        "In autumn the gardener Tom Baker laid wool mulch around … lettuces in the long bed."
        " How many?"
    )
    assert "Ines Moreau had wrapped copper tape around … tomato pots." in second.question
    assert (first.kind, first.answerable, first.quote) == ("near", False, "")
    assert WOOL in first.note
    assert "Tom Baker stands for Ines Moreau" in first.note
    assert first.id != second.id


def test_what_another_post_says_of_the_name_is_not_proposed() -> None:
    also = "The gardener Tom Baker laid wool mulch around twenty lettuces as well, in autumn."
    found = near_proposals(posts(WOOL, also), 5)
    assert not [one for one in found if "Tom Baker laid wool" in one.question]


def test_years_are_swapped_for_years_and_months_are_no_names() -> None:
    one = "The tower had twenty steps before the fire of 1921 came on a windy Monday."
    other = "Since the flood of 1954 the mill has ground flour for twelve bakers in March alone."
    found = [one.question for one in near_proposals(posts(one, other), 5)]
    assert "the fire of 1954 came on a windy Monday" in found[0]
    assert "the flood of 1921 the mill" in found[1]
    far = one.replace("1921", "1821")
    assert near_proposals(posts(far, other), 5) == ()


def test_a_whole_name_is_swapped_and_no_part_of_one() -> None:
    one = "Last week the Department of Forests bought two rowing boats for the wardens there."
    other = (
        "In May the Bureau of Weights sent three inspectors to the market, as it does each year."
    )
    found = [two.question for two in near_proposals(posts(one, other), 5)]
    assert found == [
        "Last week the Bureau of Weights bought … rowing boats for the wardens there. How many?",
        "In May the Department of Forests sent … inspectors to the market, as it does each year."
        " How many?",
    ]
    longer = one.replace("of Forests", "of Forests and Lakes")
    assert near_proposals(posts(longer, other), 5) == ()


def test_as_many_as_wanted_and_the_same_again() -> None:
    parsed = posts(WOOL, TAPE)
    assert len(near_proposals(parsed, 1)) == 1
    assert near_proposals(parsed, 0) == ()
    assert near_proposals(parsed, 2, seed=3) == near_proposals(parsed, 2, seed=3)
    assert near_proposals(posts("They came at night and ate all that grew there."), 3) == ()
