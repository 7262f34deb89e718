from __future__ import annotations

from datetime import timedelta

import pytest

from ingest.live.polite import SiteUnavailable
from rag.errors import ConfigError, IndexMismatch
from ui.commands.watching import keep_doing, time_span


@pytest.mark.parametrize(
    ("typed", "seconds"), [("90s", 90), ("15m", 900), ("2h", 7200), ("1d", 86_400), (" 10 S ", 10)]
)
def test_a_time_is_a_number_and_a_letter(typed: str, seconds: int) -> None:
    assert time_span(typed) == timedelta(seconds=seconds)


@pytest.mark.parametrize("typed", ["", "15", "m", "-1m", "1.5h", "5s", "0m", "99d", "15 minutes"])
def test_other_times_are_refused(typed: str) -> None:
    with pytest.raises(ConfigError):
        time_span(typed)


class Enough(Exception):
    pass


def test_a_failure_is_told_and_the_next_time_comes_when_the_site_allows_it() -> None:
    outcomes = iter(
        [None, SiteUnavailable("Down.", hint="Wait.", status=503, retry_after=9000), None]
    )
    told: list[str] = []
    waits: list[float] = []

    def work() -> None:
        outcome = next(outcomes, Enough())
        if outcome:
            raise outcome

    with pytest.raises(Enough):
        keep_doing(work, timedelta(hours=1), lambda p, hint: told.append(p), sleep=waits.append)
    assert told == ["Down."]
    assert waits == [3600, 9000, 3600]


def test_what_will_not_pass_by_itself_ends_it() -> None:
    def work() -> None:
        raise IndexMismatch("Another model.", hint="Name it.")

    with pytest.raises(IndexMismatch):
        keep_doing(work, timedelta(hours=1), lambda problem, hint: None)
