"""Spans of time in a question, in English words and in numbers, relative to a given moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import regex

from rag.text.calendar_words import MONTHS

_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_COUNTS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
           "eleven", "twelve")  # fmt: skip
_QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": 4}

_YEAR = r"(?:19|20)\d\d"
_MONTH = "(?:sept\\.?|" + "|".join(f"{m[:3]}(?:{m[3:]})?\\.?" for m in MONTHS) + ")"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_SEASON = rf"(?:{'|'.join(_SEASONS)})"
_COUNT = rf"(?:\d{{1,3}}|{'|'.join(_COUNTS[1:])}|couple of|few)"
_UNITS = {
    "day": rf"(?:the )?(?P<day>{_DAY})(?: of)? (?P<month>{_MONTH}),? (?P<year>{_YEAR})",
    "day2": rf"(?P<month>{_MONTH}) (?P<day>{_DAY}),? (?P<year>{_YEAR})",
    "iso": rf"(?P<year>{_YEAR})-(?P<month>\d\d)-(?P<day>\d\d)",
    "iso month": rf"(?P<year>{_YEAR})-(?P<month>0[1-9]|1[0-2])",
    "month": rf"(?P<month>{_MONTH}),?(?: of)? (?P<year>{_YEAR})",
    "season": rf"(?:the )?(?P<season>{_SEASON})(?: of)?,? (?P<year>{_YEAR})",
    "quarter": rf"(?:q(?P<q>[1-4])|the (?P<nth>{'|'.join(_QUARTERS)}) quarter)(?: of)?"
    rf" (?P<year>{_YEAR})",
    "decade": r"the (?P<decade>(?:19|20)\d0)s",
    "year": rf"(?:the year )?(?P<year>{_YEAR})",
    "last": rf"(?:the )?(?P<which>last|past|previous|this|current)"
    rf" (?P<what>year|month|week|{_SEASON}|{_MONTH})",
    "past": rf"(?:the )?(?:last|past|previous) (?P<count>{_COUNT})"
    r" (?P<what>day|week|month|year)s?",
    "near": r"(?P<near>today|yesterday)",
    "bare": rf"(?P<month>{_MONTH})",
}
_PATTERNS = {name: regex.compile(pattern, regex.IGNORECASE) for name, pattern in _UNITS.items()}
_UNIT = "(?:" + "|".join(regex.sub(r"\?P<\w+>", "?:", unit) for unit in _UNITS.values()) + ")"
_BEGINS = {"since", "starting", "as of", "from"}
_AFTER = {"after", "later than"}
_BEFORE = {"before", "prior to", "earlier than"}
_UP_TO = {"until", "till", "through", "up to"}
_WITHIN = {"in", "during", "throughout", "within", "of", "for", "on", "over"}
_PREPOSITION = "|".join(
    sorted({*_BEGINS, *_AFTER, *_BEFORE, *_UP_TO, *_WITHIN}, key=len, reverse=True)
)
_RANGE = regex.compile(
    rf"\b(?:between|from)\s+(?P<first>{_UNIT})\s+(?:and|to|until|till|through|[-–])\s+"
    rf"(?P<last>{_UNIT})\b|\b(?:(?:in|during|from)\s+)?(?P<first>{_YEAR})\s?[-–]\s?"
    rf"(?P<last>{_YEAR})\b",
    regex.IGNORECASE,
)
# "from 2016 on, …", "from 2016 on about slugs", and not "from 2016 on slugs"
_ON_ENDS = (
    r"(?=\s*(?:[,.;:?!)]|$)|\s+(?:about|by|concerning|covering|for|in|mentioning|regarding|tagged|to|"
    r"under|with|and|or|that|which|who|written|published|say|mention|discuss|cover|deal|are|is|was|"
    r"were|do|does|did|have|has)\b)"
)
_ONE = regex.compile(
    rf"\b(?:(?P<preposition>{_PREPOSITION})\s+)?(?P<unit>{_UNIT})(?![\w-])"
    rf"(?P<on>\s+(?:onwards?|on{_ON_ENDS}|and later|and after|or later))?",
    regex.IGNORECASE,
)

Times = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class TimeWords:
    """Words of a text that name a span of time."""

    start: int
    end: int
    """`text[start:end]` are the words, with their preposition."""
    preposition: str
    """In lower case; empty where there is none."""
    since: datetime | None
    until: datetime | None
    """The span holds what is at `since` or later, and before `until`; UTC."""


def time_words(text: str, now: datetime) -> tuple[TimeWords, ...]:
    """The spans of time that a text names, in order; none overlaps another.

    Months without a year are the latest ones that have begun. Seasons are those of the northern
    hemisphere, and a winter bears the year in which it begins.

    Args:
        text: A question.
        now: What "last year" is seen from, UTC.
    """
    found: list[TimeWords] = []
    for match in _RANGE.finditer(text):
        last = _times(match["last"], now)
        first = _first(match["first"], last, now)
        if first and last and first[0] < last[1]:
            found.append(TimeWords(*match.span(), "between", first[0], last[1]))
    for match in _ONE.finditer(text):
        if any(match.start() < one.end and one.start < match.end() for one in found):
            continue
        one = _one(match, now)
        if one:
            found.append(one)
    return tuple(sorted(found, key=lambda one: one.start))


def _first(unit: str, last: Times | None, now: datetime) -> Times | None:
    """The unit that a range begins with: a month has the year of its end, or the one before."""
    if last is None or not _PATTERNS["bare"].fullmatch(unit):
        return _times(unit, now)
    year = last[0].year
    times = _times(f"{unit} {year}", now)
    return times if times and times[0] <= last[0] else _times(f"{unit} {year - 1}", now)


def _one(match: regex.Match[str], now: datetime) -> TimeWords | None:
    preposition = " ".join((match["preposition"] or "").lower().split())
    unit = " ".join(match["unit"].split())
    if not preposition and _PATTERNS["bare"].fullmatch(unit):
        return None  # "may", "march"
    times = _times(unit, now)
    if times is None:
        return None
    since: datetime | None = times[0]
    until: datetime | None = times[1]
    end = match.end("unit")
    if match["on"] and preposition in ("", "from", "since", "starting", "in"):
        end, until = match.end(), None
    elif preposition in _BEGINS - {"from"}:
        until = None
    elif preposition in _AFTER:
        since, until = times[1], None
    elif preposition in _BEFORE:
        since, until = None, times[0]
    elif preposition in _UP_TO:
        since = None
    return TimeWords(match.start(), end, preposition, since, until)


def _times(unit: str, now: datetime) -> Times | None:
    """Beginning and end of a unit of time; None where there is no such day."""
    for pattern in _PATTERNS.values():
        match = pattern.fullmatch(unit)
        if match:
            try:
                return _read(match.groupdict(), now)
            except (ValueError, OverflowError):  # 31 February
                return None
    return None


def _read(parts: dict[str, str | None], now: datetime) -> Times:
    what = (parts.get("what") or "").lower()
    if parts.get("near"):
        today = _day(now.year, now.month, now.day)
        back = timedelta(days=0 if str(parts["near"]).lower() == "today" else 1)
        return today[0] - back, today[1] - back
    if parts.get("decade"):
        first = int(str(parts["decade"]))
        return datetime(first, 1, 1, tzinfo=UTC), datetime(first + 10, 1, 1, tzinfo=UTC)
    if parts.get("count"):
        return _past(str(parts["count"]).lower(), what, now)
    if str(parts.get("which")).lower() == "past" and what in ("year", "month", "week"):
        return _past("one", what, now)  # up to now; "last week" is the one before this
    if parts.get("which"):
        return _relative(str(parts["which"]).lower() in ("this", "current"), what, now)
    if not parts.get("year"):
        return _latest(_month_number(str(parts["month"])), 1, now, this=True)
    return _in_year(parts, int(str(parts["year"])))


def _in_year(parts: dict[str, str | None], year: int) -> Times:
    if parts.get("season"):
        return _months(year, _SEASONS[str(parts["season"]).lower()], 3)
    if parts.get("q") or parts.get("nth"):
        number = int(parts.get("q") or _QUARTERS[str(parts["nth"]).lower()])
        return _months(year, 3 * number - 2, 3)
    if not parts.get("month"):
        return _months(year, 1, 12)
    month = _month_number(str(parts["month"]))
    if parts.get("day"):
        return _day(year, month, int(regex.sub(r"\D", "", str(parts["day"]))))
    return _months(year, month, 1)


def _past(count: str, what: str, now: datetime) -> Times:
    number = {"couple of": 2, "few": 3}.get(count) or (
        int(count) if count.isdigit() else _COUNTS.index(count)
    )
    if what in ("day", "week"):
        return now - timedelta(days=number * (7 if what == "week" else 1)), now
    months = now.year * 12 + now.month - 1 - number * (12 if what == "year" else 1)
    day = min(now.day, 28)  # every month has it
    return now.replace(year=months // 12, month=months % 12 + 1, day=day), now


def _relative(this: bool, what: str, now: datetime) -> Times:
    if what == "year":
        return _months(now.year - (not this), 1, 12)
    if what == "month":
        return _months(now.year, now.month - (not this), 1)
    if what == "week":
        monday = _day(now.year, now.month, now.day)[0] - timedelta(days=now.weekday())
        start = monday - timedelta(days=0 if this else 7)
        return start, start + timedelta(days=7)
    if what in _SEASONS:
        return _latest(_SEASONS[what], 3, now, this=this)
    return _latest(_month_number(what), 1, now, this=this)


def _latest(month: int, length: int, now: datetime, *, this: bool) -> Times:
    """The latest one that has begun, or, where not `this` one is meant, that has ended."""
    times = _months(now.year, month, length)
    if times[0 if this else 1] > now:
        times = _months(now.year - 1, month, length)
    return times


def _months(year: int, month: int, length: int) -> Times:
    """So many months from the first day of one; months may lie outside 1 to 12."""
    first = year * 12 + month - 1
    last = first + length
    return (
        datetime(first // 12, first % 12 + 1, 1, tzinfo=UTC),
        datetime(last // 12, last % 12 + 1, 1, tzinfo=UTC),
    )


def _day(year: int, month: int, day: int) -> Times:
    start = datetime(year, month, day, tzinfo=UTC)
    return start, start + timedelta(days=1)


def _month_number(word: str) -> int:
    if word.isdigit():
        return int(word)
    return next(i for i, name in enumerate(MONTHS, 1) if name.startswith(word.lower()[:3]))
