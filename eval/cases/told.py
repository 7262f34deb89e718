"""What a sentence tells: a time, a number or a name, each whole, and the word that asks for it."""

from __future__ import annotations

import regex

from rag.text.calendar_words import MONTHS, WEEKDAYS

Told = tuple[str, regex.Match[str]]
"""A question word, and what it asks for."""

UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}]")
_LEADING = regex.compile(
    r"^(?:in|since|until|by|from|before|after|during|between) ", regex.IGNORECASE
)

# ---------------------------------------------------------------- times

_MONTHS = "|".join(map(str.capitalize, MONTHS))
_SHORT = r"(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?"
_MONTH = rf"(?:(?:{_MONTHS})\b|{_SHORT}(?=\s\d)|(?<=\d\s){_SHORT})"
_WEEKDAYS = f"(?:{'|'.join(map(str.capitalize, WEEKDAYS))})"
_YEAR = r"(?:1\d|20)\d\d(?!\d)(?:[-–/]\d\d(?!\d))?"
_DAY = r"(?:the\s)?\d{1,2}(?!\d|[.:,]\d)(?:st|nd|rd|th)?\b"
_TO = r"(?:\s?[-–—/]\s?|\s(?:to|and|or|until|till|through)\s(?:on\s|in\s)?)"
_DAYS = rf"{_DAY}(?:{_TO}{_DAY}){{0,9}}"
_DATE = (
    rf"(?:(?:{_WEEKDAYS},?\s)?"
    rf"(?:{_MONTH}\s{_DAYS}(?:,?\s(?:of\s)?{_YEAR})?"
    rf"|{_DAYS}\s(?:of\s)?{_MONTH}(?:,?\s(?:of\s)?{_YEAR})?"
    rf"|{_MONTH},?\s(?:of\s)?{_YEAR}"
    r"|(?<![\w=/.-])(?:\d{4}-\d\d-\d\d|\d{1,2}([/.])\d{1,2}\1(?:\d\d){1,2})(?![-/\w]))"
    r"(?![\d%]))"
)
_PART = r"(?i:early|mid|late|beginning|middle|end|spring|summer|autumn|fall|winter)"
_SPAN = rf"(?:(?:(?i:the\s)?{_PART}\s(?:of|in)\s(?:the\s)?|{_PART}[\s-]){{1,3}})"
# A year, or a month by itself, is a time behind words like these; "1500" and "May" may be others.
_SINCE = r"(?:in|since|until|by|from|before|after|during|between)"
_BEHIND = r"(?:in|since|until|by|of|from|to|between|through|during|next|last|and)"
_ALONE = rf"(?:{_MONTHS})\b(?!\s\p{{Lu}})"
_ITEM = rf"(?:{_SPAN}?(?:{_DATE}|{_ALONE}))"
_TIMES = (
    regex.compile(
        rf"\b(?:(?<=\b(?i:{_BEHIND})[\s-]){_SPAN}?{_ALONE}{_TO})?{_SPAN}?{_DATE}"
        rf"(?:(?:{_TO}|,\s(?:and\s)?){_ITEM}){{0,9}}"
    ),
    regex.compile(
        rf"\b(?i:{_SINCE}) {_SPAN}?{_YEAR}(?![\d%]|[.,]\d)\b"
        rf"(?:,\s{_YEAR}(?=,|\sand\s|\sor\s)){{0,9}}"
        rf"(?:(?:,?{_TO})(?:in\s)?{_YEAR}(?![\d%]|[.,]\d)\b){{0,9}}"
    ),
    regex.compile(rf"\b{_SPAN}(?:{_YEAR}(?![\d%]|[.,]\d)\b|{_ALONE}(?:{_TO}{_SPAN}?{_ALONE}){{0,9}})"),
)  # fmt: skip
_LONE = regex.compile(
    rf"(?<=\b(?i:{_BEHIND})[\s-]){_ALONE}(?:{_TO}{_SPAN}?{_ALONE}){{0,9}}"
    rf"|(?<=\b[Oo]n ){_WEEKDAYS}\b"
)

# ---------------------------------------------------------------- numbers and names

_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_WORDS = (
    f"(?:{_TENS})-(?:one|two|three|four|five|six|seven|eight|nine)|{_TENS}|two|three|four|five|six|"
    "seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
)
_SCALE = r"(?:hundred|thousand|million|billion|trillion|dozen)"
_FIGURE = r"\d+(?:[.,]\d+)*"
# Four figures without a comma are a year more often than not.
_COUNT = rf"(?:(?!(?:1\d|20)\d\d\b){_FIGURE}|(?i:{_WORDS}))(?:[ -]{_SCALE}s?)*\b"
_NUMBERS = (
    rf"(?<![\p{{L}}\d.,:/#$€£–-])(?:{_COUNT}(?:(?:\s?[-–]\s?|\s(?:to|or|and)\s){_COUNT}){{0,3}}"
    r"|(?i:dozens|hundreds|thousands))\b(?= \p{Ll})(?! [ap]\.?m\b)"
    r"(?!\s?(?:[-–]|to\b)\s?\d)"
    # In any language: the day of a date.
    r"(?!\s(?:de\s)?\p{L}+\.?\s(?:del?\s)?(?:1\d|20)\d\d\b)"
)
_MONEY = rf"[$€£]\s?{_FIGURE}(?:[kKmMbB]\b)?(?:\s(?:thousand|million|billion|trillion)\b)?"
_MUCH = rf"{_MONEY}(?:{_TO}{_MONEY}|(?:\s?[-–]\s?|\sto\s){_FIGURE}[kKmMbB]?\b){{0,3}}"
_SHARE = rf"\b{_FIGURE}(?:\s?[-–]\s?{_FIGURE})?\s?%"
_NAMES = r"(?<=[\p{Ll},] )\p{Lu}\p{Ll}+(?: \p{Lu}\p{Ll}+)+"
_NAME = rf"(?<=[\p{{Ll}},] )(?!(?:{_MONTHS}|{_WEEKDAYS})\b)\p{{Lu}}[\p{{L}}\p{{N}}]+"
# The first that is found is asked for.
_OTHERS = (
    ("How much", regex.compile(rf"{_MUCH}|{_SHARE}")),
    ("How many", regex.compile(_NUMBERS)),
    ("When", _LONE),
    ("Who", regex.compile(_NAMES)),
    ("What", regex.compile(_NAME)),
)


def things_told(text: str) -> list[Told]:
    """What a sentence tells, each with the question word for it; what is asked for first, first.

    A time is whole, with its day and its year, and nothing else is a part of one.
    """
    if UNSPACED.search(text):
        return []
    times = _times(text)
    found: list[Told] = [("When", times[0])] if times else []
    months = [one for one in _LONE.finditer(text) if not _meets(one, times)]
    for asks, pattern in _OTHERS:
        taken = times if pattern is _LONE else [*times, *months]
        whole = (one for one in pattern.finditer(text) if not _meets(one, taken))
        if first := next(whole, None):
            found.append((asks, first))
    return found


def told_alone(told: regex.Match[str]) -> str:
    """What must be said of it: "1950" of "in 1950"."""
    return _LEADING.sub("", told[0])


def _times(text: str) -> list[regex.Match[str]]:
    """All times, those that say most first."""
    found: list[regex.Match[str]] = []
    for pattern in _TIMES:
        found += [one for one in pattern.finditer(text) if not _meets(one, found)]
    return found


def _meets(one: regex.Match[str], others: list[regex.Match[str]]) -> bool:
    return any(one.start() < other.end() and other.start() < one.end() for other in others)
