from __future__ import annotations

import random

import pytest

from eval.fit import alterations
from eval.fit.alterations import altered, shortened

OTHERS = "In 1999 Anna Keller sold 40 hives to the mill at Linden Ford."


def every(text: str, runs: int = 200) -> set[str]:
    found = (altered(text, OTHERS, random.Random(seed)) for seed in range(runs))
    return {one[0] for one in found if one}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The mill was built in oak.", "The mill was not built in oak."),
        ("The mill was not built in oak.", "The mill was built in oak."),
        ("Prices rose.", "Prices fell."),
        ("Prices fell.", "Prices rose."),
        ("It cost about 300 pounds.", "It cost exactly 300 pounds."),
        ("Tape may help.", "Tape will help."),
        ("Yesterday Ines Moreau met Tom Weller.", "Yesterday Tom Weller met Ines Moreau."),
        ("Then Ines went to Bath.", "Then Ines went to Linden Ford."),
        ("It is seven miles long.", "It is seven km long."),
    ],
)
def test_one_thing_is_changed(text: str, expected: str) -> None:
    assert expected in every(text)


def test_a_number_becomes_another_one_of_its_kind() -> None:
    changed = every("It had 1,200 beds.")
    assert changed
    assert "It had 1,200 beds." not in changed
    assert all(one.startswith("It had ") and one.endswith(" beds.") for one in changed)
    assert "It had 40 beds." in changed
    years = every("It opened in 1954.")
    assert "It opened in 1999." in years
    assert "It opened in 40." not in years


def test_the_place_of_the_change_is_told() -> None:
    for seed in range(50):
        found = altered("Ines sold 12 of the hives in May 1998.", OTHERS, random.Random(seed))
        assert found
        text, start, end = found
        assert 0 <= start < end <= len(text)
        assert text[:start] == "Ines sold 12 of the hives in May 1998."[:start]


def test_what_no_rule_knows_stays() -> None:
    assert altered("Bees sleep.", OTHERS, random.Random(0)) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The mill (of oak) stands.", "The mill stands."),
        ("In 1999, the mill burnt.", "The mill burnt."),
        ("It was quickly rebuilt.", "It was rebuilt."),
        ("It has 12 rooms.", "It has twelve rooms."),
        ("It cost 1,200 pounds.", "It cost 1200 pounds."),
        ("It lost 12% then.", "It lost 12 percent then."),
        ("It fell on March 4.", "It fell on 4 March."),
        ("It stands still.", "It stands still."),
    ],
)
def test_a_shorter_sentence_says_the_same(text: str, expected: str) -> None:
    assert {shortened(text, random.Random(seed)) for seed in range(60)} == {text, expected}


def test_opposites_go_both_ways() -> None:
    turned = alterations._TURNED
    assert turned["rose"] == "fell"
    assert turned["before"] == "after"
    assert all(turned[other] in turned for other in turned.values())
