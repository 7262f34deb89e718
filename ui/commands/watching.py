"""Doing something again and again, until Ctrl-C; a failure is told and does not end it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta

from rag.errors import ConfigError, IndexBusy, IndexUnavailable, SourceError, WorkersUnavailable

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SHORTEST = timedelta(seconds=10)
_LONGEST = timedelta(days=30)


def time_span(typed: str) -> timedelta:
    """What "90s", "15m", "2h" or "1d" means.

    Raises:
        ConfigError: Nothing that is known, or too short to be polite.
    """
    found = re.fullmatch(r"(\d{1,6})\s*([smhd])", typed.strip().lower())
    span = timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else timedelta()
    if not _SHORTEST <= span <= _LONGEST:
        raise ConfigError(
            f"{typed!r} is no time to wait between two syncs.",
            hint="Give a number with s, m, h or d, from 10s to 30d, such as 15m.",
        )
    return span


def keep_doing(
    work: Callable[[], object],
    every: timedelta,
    complain: Callable[[str, str], None],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Work, wait, work again; for ever.

    Args:
        work: What to do.
        every: From the end of one time to the start of the next.
        complain: Told problem and hint where a source cannot be read, the index is busy or away, or
            the workers of Ray are.
        sleep: Takes the place of waiting.
    """
    while True:
        wait = every.total_seconds()
        try:
            work()
        except (SourceError, IndexBusy, IndexUnavailable, WorkersUnavailable) as error:
            complain(error.problem, error.hint)
            # A site that names a time is not asked sooner.
            wait = max(wait, getattr(error, "retry_after", 0.0))
        sleep(wait)
