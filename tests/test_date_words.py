from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rag.text.date_words import time_words

NOW = datetime(2026, 5, 20, 9, 30, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("text", "words", "since", "until"),
    [
        ("written in 2016", "in 2016", "2016-01-01", "2017-01-01"),
        ("during the year 2016", "during the year 2016", "2016-01-01", "2017-01-01"),
        ("posts from 2016 about", "from 2016", "2016-01-01", "2017-01-01"),
        ("posts from 2016 onwards", "from 2016 onwards", "2016-01-01", None),
        ("posts from 2016 on", "from 2016 on", "2016-01-01", None),
        ("posts from 2016 on, by Ines", "from 2016 on", "2016-01-01", None),
        ("posts from 2016 on about wool", "from 2016 on", "2016-01-01", None),
        ("Posts from 2016 on that mention slugs", "from 2016 on", "2016-01-01", None),
        ("Which posts from 2016 on mention slugs?", "from 2016 on", "2016-01-01", None),
        ("posts from 2016 on wool", "from 2016", "2016-01-01", "2017-01-01"),
        ("previous year", "previous year", "2025-01-01", "2026-01-01"),
        ("this past spring", "past spring", "2025-03-01", "2025-06-01"),
        ("since 2014", "since 2014", "2014-01-01", None),
        ("after 2014", "after 2014", "2015-01-01", None),
        ("before 2014", "before 2014", None, "2014-01-01"),
        ("until 2014", "until 2014", None, "2015-01-01"),
        ("since March", "since March", "2026-03-01", None),
        ("in August", "in August", "2025-08-01", "2025-09-01"),
        ("in march 2015", "in march 2015", "2015-03-01", "2015-04-01"),
        ("in Sept. 2015", "in Sept. 2015", "2015-09-01", "2015-10-01"),
        ("on 3 May 2017", "on 3 May 2017", "2017-05-03", "2017-05-04"),
        ("on the 3rd of May 2017", "on the 3rd of May 2017", "2017-05-03", "2017-05-04"),
        ("after May 3, 2017", "after May 3, 2017", "2017-05-04", None),
        ("since 2017-05-03", "since 2017-05-03", "2017-05-03", None),
        ("in 2017-05", "in 2017-05", "2017-05-01", "2017-06-01"),
        ("in spring 2015", "in spring 2015", "2015-03-01", "2015-06-01"),
        ("in the winter of 2015", "in the winter of 2015", "2015-12-01", "2016-03-01"),
        ("in Q3 2015", "in Q3 2015", "2015-07-01", "2015-10-01"),
        ("in the first quarter of 2015", "in the first quarter of 2015", "2015-01-01",
         "2015-04-01"),
        ("in the 1990s", "in the 1990s", "1990-01-01", "2000-01-01"),
        ("from last year", "from last year", "2025-01-01", "2026-01-01"),
        ("this month", "this month", "2026-05-01", "2026-06-01"),
        ("last week", "last week", "2026-05-11", "2026-05-18"),
        ("last spring", "last spring", "2025-03-01", "2025-06-01"),
        ("last March", "last March", "2026-03-01", "2026-04-01"),
        ("yesterday", "yesterday", "2026-05-19", "2026-05-20"),
        ("between 2013 and 2015", "between 2013 and 2015", "2013-01-01", "2016-01-01"),
        ("from March 2013 to May 2013", "from March 2013 to May 2013", "2013-03-01",
         "2013-06-01"),
        ("between May and July 2014", "between May and July 2014", "2014-05-01", "2014-08-01"),
        ("from November to February 2014", "from November to February 2014", "2013-11-01",
         "2014-03-01"),
        ("in 2013–2015", "in 2013–2015", "2013-01-01", "2016-01-01"),
    ],
)  # fmt: skip
def test_words_are_read_as_a_span_of_time(
    text: str, words: str, since: str | None, until: str | None
) -> None:
    (found,) = time_words(text, NOW)
    assert text[found.start : found.end] == words
    assert [t.date().isoformat() if t else None for t in (found.since, found.until)] == [
        since,
        until,
    ]


def test_the_past_days_end_now() -> None:
    (found,) = time_words("in the last 3 months", NOW)
    assert (found.since, found.until) == (NOW.replace(month=2), NOW)
    (found,) = time_words("in the past two weeks", NOW)
    assert found.since == NOW.replace(day=6)
    (found,) = time_words("posts from the past week", NOW)
    assert (found.since, found.until) == (NOW.replace(day=13), NOW)
    (found,) = time_words("past year", NOW)
    assert (found.since, found.until) == (NOW.replace(year=2025), NOW)


@pytest.mark.parametrize(
    "text",
    ["may I come?", "a march in the park", "on 31 February 2015", "room 20165", "in 1066"],
)
def test_what_is_no_span_of_time_is_none(text: str) -> None:
    assert not [found for found in time_words(text, NOW) if found.preposition]


def test_a_year_without_a_preposition_is_told_from_one_with() -> None:
    (found,) = time_words("the 2016 election", NOW)
    assert found.preposition == ""
