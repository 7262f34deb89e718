"""Numbers from 0 to 99 in English words, and the other way round."""

from __future__ import annotations

import regex

UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
    " fifteen sixteen seventeen eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
SEVERAL = rf"(?:\d{{1,2}}|{'|'.join(UNITS[2:11])})"
"""A number of things that somebody asks for, as part of a pattern; `of_several` reads it."""

_ORDINAL = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip
_SUFFIXES = {"1": "st", "2": "nd", "3": "rd"}


def of_several(word: str) -> int:
    """The number that a word or figures of `SEVERAL` say."""
    return int(word) if word.isdecimal() else UNITS.index(word.lower())


def _cardinal(number: int) -> str:
    if number < len(UNITS):
        return UNITS[number]
    ten, unit = TENS[number // 10 - 2], number % 10
    return f"{ten}-{UNITS[unit]}" if unit else ten


def _ordinal(number: int) -> str:
    before, hyphen, last = _cardinal(number).rpartition("-")
    last = _ORDINAL.get(last) or (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")
    return f"{before}{hyphen}{last}"


def _numbered(number: int) -> str:
    teen = 10 < number < 20
    return f"{number}{'th' if teen else _SUFFIXES.get(str(number)[-1], 'th')}"


_IN_WORDS = {str(number): _cardinal(number) for number in range(100)} | {
    _numbered(number): _ordinal(number) for number in range(1, 100)
}
_IN_FIGURES = {words: figures for figures, words in _IN_WORDS.items()}
_LONGEST_FIRST = sorted(_IN_FIGURES, key=len, reverse=True)

NUMBER = regex.compile(
    rf"(?<![\w.,:/$€£-])(?:\d{{1,2}}(?:st|nd|rd|th)?|{'|'.join(_LONGEST_FIRST)})(?![\w%]|[.,:/-]\w)",
    regex.IGNORECASE,
)
"""A number in a text that `other_form` knows another form of; not a part of a longer one."""


def other_form(number: str) -> str | None:
    """Of "38th" "thirty-eighth", and the other way round; None for what is no such number."""
    return _IN_WORDS.get(number.lower()) or _IN_FIGURES.get(number.lower())
