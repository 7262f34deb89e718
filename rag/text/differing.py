"""Do two sentences say different values of the same thing? Numbers, dates, and yes or no."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Set
from dataclasses import dataclass
from math import sqrt

import regex

from rag.text.number_words import TENS, UNITS
from rag.text.sentences import STOP_WORDS, search_words

_NUMBERS = {word: number for number, word in enumerate(UNITS)} | {
    word: 10 * number for number, word in enumerate(TENS, 2)
}
_MONTHS = (
    "january february march april may june july august september october november december".split()
)
_DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_NOT = frozenset(
    "no not never none nobody nothing without neither nor cannot stopped ended closed"
    " cancelled abolished nicht kein keine nie nunca".split()
)
# Denials whose parts deny nothing: "longer", the "don" of "don't", "ya".
_DENIAL = regex.compile(r"\b(?:no\s+longer|ya\s+no|\p{L}+n[’']t)\b", regex.IGNORECASE)
# Without, in Spanish; in other languages a noun or a pronoun.
_SIN = regex.compile(r"\bsin\b(?!\s+embargo\b)", regex.IGNORECASE)
_SPANISH = regex.compile(r"\b(?:el|los|las|una|del|que|y|por|con|para|está|están|al)\b",
                         regex.IGNORECASE)  # fmt: skip
_TOKEN = regex.compile(r"[£€$¥₩]|\d+(?:[.,:]\d+)*|[\p{L}\p{M}]+")
_MONEY = {"£": "pound", "€": "euro", "$": "dollar", "¥": "yen", "₩": "won"}
_YEAR = regex.compile(r"(?:19|20)\d\d")
_TIMES = ("am", "pm", "a", "p", "o", "uhr")
_ENDING = regex.compile(r"(?:ies|es|s|ed|ing|n)$")
_SHORTEST = 4  # letters that an ending leaves

Values = Mapping[str, Set[str]]
Rarity = Callable[[str], float]


Words = Mapping[str, str]  # stems of what a text is about, each with a word that has it


@dataclass(frozen=True, slots=True)
class Said:
    """What a sentence says, taken apart."""

    values: Values
    """By what they count or name: "euro", "month", "year", …"""
    negated: bool


def said(text: str) -> Said:
    """A sentence's values."""
    tokens = [token.lower() for token in _TOKEN.findall(_denials_in_one_word(text))]
    values: dict[str, set[str]] = {}
    for place in range(len(tokens)):
        kind, value = _value(tokens, place)
        if kind:
            values.setdefault(kind, set()).add(value)
    return Said(values, not _NOT.isdisjoint(tokens))


def about(text: str) -> Words:
    """What a text is about, without its values."""
    return {
        stem(word): word
        for word in search_words(_denials_in_one_word(text)).lower().split()
        if word not in STOP_WORDS and word not in _NOT and not _is_value(word)
    }


def _denials_in_one_word(text: str) -> str:
    """The text with "not" for each denial that is several words, or part of one."""
    plain = _DENIAL.sub(" not ", text)
    return _SIN.sub("not", plain) if _SPANISH.search(plain) else plain


def conflict(one: Said, other: Said) -> bool:
    """Whether their values differ, whatever they are of.

    Where both name a year and not the same one, each speaks of its own time, and other values may
    differ.
    """
    kinds = {
        kind
        for kind in one.values.keys() & other.values.keys()
        if not (one.values[kind] <= other.values[kind] or other.values[kind] <= one.values[kind])
    }
    if kinds:
        return kinds == {"year"} or "year" not in kinds
    return one.negated != other.negated


def common(one: Words, other: Words, rarity: Rarity) -> float:
    """How much of what each is about the other one is about too, in [0, 1]: the geometric mean."""
    shared = one.keys() & other.keys()
    if not shared:
        return 0.0
    wholes = _weight(one, one, rarity) * _weight(other, other, rarity)
    return _weight(one, shared, rarity) / sqrt(wholes) if wholes > 0 else 0.0


def asked_of_both(
    question: Words, one: Collection[str], other: Collection[str], rarity: Rarity
) -> float:
    """Which part of what is asked and said by either is said by both, in [0, 1].

    Args:
        question: What is asked.
        one: Stems of a sentence and of what stands above it.
        other: The same of another one.
        rarity: Weight of a word.
    """
    asked, first, second = set(question), set(one), set(other)
    either = _weight(question, asked & (first | second), rarity)
    both = _weight(question, asked & first & second, rarity)
    return both / either if either > 0 else 0.0


def _weight(words: Words, chosen: Collection[str], rarity: Rarity) -> float:
    return sum(rarity(words[stem]) for stem in chosen)


def stem(word: str) -> str:
    """A word without a common ending."""
    match = _ENDING.search(word)
    return word[: match.start()] if match and match.start() >= _SHORTEST else word


def _is_value(word: str) -> bool:
    return word[0].isdigit() or word in _NUMBERS or word in _MONTHS or word in _DAYS


def _value(tokens: list[str], place: int) -> tuple[str, str]:
    """What a token counts or names, and its value; empty for a word that is none."""
    token = tokens[place]
    if token in _MONTHS and (token != "may" or _beside_a_day(tokens, place)):
        return "month", token
    if token in _DAYS:
        return "weekday", token
    if token in _NUMBERS:
        return _unit(tokens, place), str(_NUMBERS[token])
    if not token[0].isdigit():
        return "", ""
    if _YEAR.fullmatch(token):
        # "June 2024" is a date; a year by itself says of which time the rest is.
        return "date" if _dated(tokens, place) else "year", token
    number = regex.sub(r",(?=\d{3}(?!\d))", "", token)
    if _beside_a_month(tokens, place):
        return "day", number
    return _unit(tokens, place), number


def _unit(tokens: list[str], place: int) -> str:
    """The word that is counted, or the kind of number."""
    if place and tokens[place - 1] in _MONEY:
        return _MONEY[tokens[place - 1]]
    behind = tokens[place + 1] if place + 1 < len(tokens) else ""
    if behind in _MONEY:
        return _MONEY[behind]
    if behind in _TIMES or ":" in tokens[place]:
        return "time"
    return stem(behind) if behind and behind not in STOP_WORDS else "number"


def _dated(tokens: list[str], place: int) -> bool:
    return any(token in _MONTHS for token in tokens[max(0, place - 2) : place])


def _beside_a_month(tokens: list[str], place: int) -> bool:
    beside = (*tokens[max(0, place - 1) : place], *tokens[place + 1 : place + 3])
    return any(token in _MONTHS for token in beside)


def _beside_a_day(tokens: list[str], place: int) -> bool:
    beside = tokens[max(0, place - 2) : place] + tokens[place + 1 : place + 2]
    return any(token[0].isdigit() for token in beside)
