"""Where a question names a day or a month with its year: what tells of that time goes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import regex

from rag.text.date_words import TimeWords, time_words
from rag.types import Found, Hit

_YEAR = regex.compile(r"\b\d{4}\b")
_MONTH = timedelta(days=31)
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)  # times that count from now have no year


def dated_first(question: str, found: Found) -> Found:
    """What was found, of which only what is of the time that a question names may be quoted.

    That are the sentences that name the day or month, and those of posts published then. Where
    there are none, nothing changes but that a warning says so.

    Args:
        question: As it can be understood without the conversation; without its limits.
        found: For it.
    """
    asked = _dates(question)
    if len(asked) != 1 or not found.hits:
        return found
    time = asked[0]
    hits = tuple(_of_time(hit, time) for hit in found.hits)
    if any(one.relevance for hit in hits for one in hit.sentences):
        return replace(found, hits=hits)
    words = question[time.start + len(time.preposition) : time.end].strip()
    told = f"No sentence that was found names {words}."
    return replace(found, warnings=(*found.warnings, told))


def _dates(text: str) -> Sequence[TimeWords]:
    """The days and months with their year that a text names."""
    return [
        one
        for one in time_words(text, _ANY_TIME)
        if _YEAR.search(text, one.start, one.end)
        and one.since and one.until and one.until - one.since <= _MONTH
    ]  # fmt: skip


def _of_time(hit: Hit, time: TimeWords) -> Hit:
    """The hit, of whose sentences only those of a time are relevant."""
    at = hit.passage.post.published
    if at and time.since and time.until and time.since <= at < time.until:
        return hit
    sentences = tuple(
        one if _names(one.sentence.text, time) else replace(one, relevance=0.0)
        for one in hit.sentences
    )
    return Hit(hit.passage, hit.relevance, sentences)


def _names(text: str, time: TimeWords) -> bool:
    """Whether a sentence names a day of that time, or all of it."""
    if not _YEAR.search(text) or time.since is None or time.until is None:
        return False
    return any(
        one.since and one.until and time.since <= one.since and one.until <= time.until
        for one in _dates(text)
    )
