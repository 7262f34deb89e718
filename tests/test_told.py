"""What sentences tell that can be asked for: whole times, numbers and names."""

from __future__ import annotations

from time import perf_counter

import pytest
from small_site import post, section

from eval.cases.draft import draft
from eval.cases.told import things_told, told_alone

FIRST = "The bridge over the river was opened on {} by the mayor of Wetherby."


def asked_first(text: str) -> tuple[str, str]:
    asks, match = things_told(text)[0]
    return asks, match[0]


@pytest.mark.parametrize(
    "date",
    [
        "March 3, 2016",
        "March 3 2016",
        "March 3rd, 2016",
        "3 May 1948",
        "3 May",
        "3rd of May 1948",
        "the 3rd of May",
        "Mar. 3, 2016",
        "3 Sept 2016",
        "Thursday, October 29, 2015",
        "10 and 11 August 1945",
        "March 3–5, 2016",
        "March 30 to April 2, 2016",
        "30 March and 2 April 2016",
        "May 5, June 6 and July 7, 2016",
        "December 2017 to June 2020",
        "2016-03-03",
        "03/05/2016",
    ],
)
def test_a_date_is_asked_for_whole(date: str) -> None:
    assert asked_first(FIRST.format(date)) == ("When", date)
    # Nothing else that is asked for is a part of it.
    assert all(
        date not in one[0] and one[0] not in date for _, one in things_told(FIRST.format(date))[1:]
    )


@pytest.mark.parametrize(
    ("text", "told", "alone"),
    [
        ("They met in 1946 and 1947 and agreed on nothing.", "in 1946 and 1947", "1946 and 1947"),
        ("He came in 2001, 2002 and 2011.", "in 2001, 2002 and 2011", "2001, 2002 and 2011"),
        ("In 1995 floods destroyed the harvest.", "In 1995", "1995"),
        ("It was used from 1910 to 1945.", "from 1910 to 1945", "1910 to 1945"),
        ("Between 1914 and 1918 it was shut.", "Between 1914 and 1918", "1914 and 1918"),
        ("In 2016-17 the club won two cups.", "In 2016-17", "2016-17"),
        ("The summer of 1951 was dry.", None, None),
        ("It began in the summer of 1951.", "in the summer of 1951", "the summer of 1951"),
        ("They held it from January to March 1951.", "January to March 1951", None),
        ("It was taken in late September 1950.", "late September 1950", None),
        ("The rain comes in June and July.", "June and July", None),
        ("The rain ends at the end of June.", "the end of June", None),
    ],
)
def test_spans_and_lists_of_times_are_whole(text: str, told: str | None, alone: str | None) -> None:
    asks, match = things_told(text)[0]
    assert (asks, match[0]) == ("When", told or "The summer of 1951")
    assert told_alone(match) == (alone or match[0])


@pytest.mark.parametrize(
    ("text", "asks", "told"),
    [
        ("Ten to fifteen people came.", "How many", "Ten to fifteen"),
        ("Between 10–20 people stayed.", "How many", "10–20"),
        ("There were thirty-five dogs.", "How many", "thirty-five"),
        ("They had 10 million repositories on it.", "How many", "10 million"),
        ("It costs between $1-4M at first.", "How much", "$1-4M"),
        ("It cost $5.5 million.", "How much", "$5.5 million"),
        ("They asked for $5 million to $7 million.", "How much", "$5 million to $7 million"),
        ("Prices rose by 3.5–4%.", "How much", "3.5–4%"),
    ],
)
def test_numbers_are_whole(text: str, asks: str, told: str) -> None:
    assert asked_first(text) == (asks, told)


@pytest.mark.parametrize(
    "text",
    [
        "The act of 1974 was passed.",
        "The file 2015-09-01-my-post.md is there.",
        "Le 3 mai 2016 le maire est venu.",
        "El 3 de mayo de 2016 llegaron todos.",
        "They came at 11 p.m. and left.",
        "It may rain.",
    ],
)
def test_a_year_a_day_and_an_hour_are_no_numbers_of_things(text: str) -> None:
    assert things_told(text) == []


def test_a_drafted_question_has_no_rest_of_a_date() -> None:
    texts = [
        FIRST.format(date) for date in ("3 May 1948", "March 3rd, 2016", "10 to 11 August 1945")
    ]
    parsed = [post(n, f"Post {n}", section("0", (), text)) for n, text in enumerate(texts, 1)]
    found = draft(parsed, 3, None)
    assert {one.question for one in found} == {f"{FIRST.format('…')} When?"}
    assert {one.told for one in found} <= {"3 May 1948", "March 3rd, 2016", "10 to 11 August 1945"}


def test_a_very_long_list_is_read_in_good_time() -> None:
    started = perf_counter()
    things_told("in March and April, May 5 to 6, 1 and 2 " * 500)
    things_told("in 1999, 2000 and 2001 to 2002, " * 1000)
    things_told("the end of the " * 2000)
    assert perf_counter() - started < 5
