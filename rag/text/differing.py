"""Do two sentences say different values of the same thing? Numbers, dates, and yes or no."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Set
from dataclasses import dataclass
from itertools import islice
from math import sqrt

import regex

from rag.text.calendar_words import MONTHS, WEEKDAYS
from rag.text.number_words import TENS, UNITS
from rag.text.sentences import STOP_WORDS, search_words

_NUMBERS = {word: number for number, word in enumerate(UNITS)} | {
    word: 10 * number for number, word in enumerate(TENS, 2)
}
_OF_WHAT_FOLLOWS = frozenset("no not never none nobody nothing without neither nor cannot nicht"
                             " kein keine nie nunca".split())  # fmt: skip
_NOT = _OF_WHAT_FOLLOWS | frozenset("stopped ended closed cancelled abolished".split())
_DENIED = 3  # words behind a denial, one of which it is of
# Denials whose parts deny nothing: "longer", the "don" of "don't", "ya".
_DENIAL = regex.compile(r"\b(?:no\s+longer|ya\s+no|\p{L}+n[’']t)\b", regex.IGNORECASE)
# "The auction ended with a bid of $1", "… ended poorly": it took place.
_ENDED_AS = regex.compile(r"\bended\s+(?:up|with|in\s+an?|well|poorly|badly)\b", regex.IGNORECASE)
# Without, in Spanish; in other languages a noun or a pronoun.
_SIN = regex.compile(r"\bsin\b(?!\s+embargo\b)", regex.IGNORECASE)
_SPANISH = regex.compile(r"\b(?:el|los|las|una|del|que|y|por|con|para|está|están|al)\b",
                         regex.IGNORECASE)  # fmt: skip
_TOKEN = regex.compile(r"[£€$¥₩]|\d+(?:[.,:]\d+)*|[\p{L}\p{M}]+")
_MONEY = {"£": "pound", "€": "euro", "$": "dollar", "¥": "yen", "₩": "won"}
_YEAR = regex.compile(r"(?:19|20)\d\d")
# "The 2024 award" is the one of that year, and another than that of 2023.
_BEFORE_EDITIONS = frozenset("the our this its their annual der die das el la".split())
_WHOLE = regex.compile(r"[.!?…][\p{Pe}\p{Pi}\p{Pf}\"'*_]*\s*$")
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
    whole: bool
    """Whether it ends as sentences do; a heading and an item of a list affirm nothing."""
    denied: Set[str]
    """Stems of the words behind its denials, where all of them deny what follows."""


def said(text: str) -> Said:
    """A sentence's values."""
    tokens = [token.lower() for token in _TOKEN.findall(_denials_in_one_word(text))]
    values: dict[str, set[str]] = {}
    for place in range(len(tokens)):
        kind, value = _value(tokens, place)
        if kind:
            values.setdefault(kind, set()).add(value)
    negated = not _NOT.isdisjoint(tokens)
    return Said(values, negated, _WHOLE.search(text) is not None, _denied(tokens))


def about(text: str) -> Words:
    """What a text is about, without its values."""
    return {
        stem(word): word
        for word in search_words(_denials_in_one_word(text)).lower().split()
        if word not in STOP_WORDS and word not in _NOT and not _is_value(word)
    }


def _denied(tokens: list[str]) -> set[str]:
    places = [place for place, token in enumerate(tokens) if token in _NOT]
    if any(tokens[place] not in _OF_WHAT_FOLLOWS for place in places):
        return set()  # what is before it: "the pool is closed until spring"
    found: set[str] = set()
    for place in places:
        words = (t for t in tokens[place + 1 :] if t not in STOP_WORDS and t not in _NOT)
        found.update(stem(word) for word in islice(words, _DENIED))
    return found


def _denials_in_one_word(text: str) -> str:
    """The text with "not" for each denial that is several words, or part of one."""
    plain = _DENIAL.sub(" not ", _ENDED_AS.sub(" ", text))
    return _SIN.sub("not", plain) if _SPANISH.search(plain) else plain


def conflict(one: Said, other: Said) -> bool:
    """Whether their values differ, whatever they are of.

    Where both name a year and not the same one, each speaks of its own time, and other values may
    differ; "the 2024 award" and "the 2023 award" are two things.
    """
    kinds = _other_values(one, other)
    if kinds:
        return kinds == {"year"} or kinds.isdisjoint(("year", "edition"))
    if one.negated == other.negated:
        return False
    affirmed = other if one.negated else one
    return affirmed.whole


def denies_another_thing(one: Said, other: Said, shared: Collection[str]) -> bool:
    """Whether two of which one denies something differ in that alone, and it is of one only.

    Args:
        one: A sentence that conflicts with the other one.
        other: Another one.
        shared: Stems of what both are about.
    """
    if one.negated == other.negated or _other_values(one, other):
        return False
    denied = one.denied if one.negated else other.denied
    return bool(denied) and denied.isdisjoint(shared)


def _other_values(one: Said, other: Said) -> set[str]:
    return {
        kind
        for kind in one.values.keys() & other.values.keys()
        if not (one.values[kind] <= other.values[kind] or other.values[kind] <= one.values[kind])
    }


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
    return word[0].isdigit() or word in _NUMBERS or word in MONTHS or word in WEEKDAYS


def _value(tokens: list[str], place: int) -> tuple[str, str]:
    """What a token counts or names, and its value; empty for a word that is none."""
    token = tokens[place]
    if token in MONTHS and (token != "may" or _beside_a_day(tokens, place)):
        return "month", token
    if token in WEEKDAYS:
        return "weekday", token
    if token in _NUMBERS:
        return _unit(tokens, place), str(_NUMBERS[token])
    if not token[0].isdigit():
        return "", ""
    if _YEAR.fullmatch(token):
        # "June 2024" is a date; a year by itself says of which time the rest is.
        return "date" if _dated(tokens, place) else _year_or_edition(tokens, place), token
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
    return any(token in MONTHS for token in tokens[max(0, place - 2) : place])


def _year_or_edition(tokens: list[str], place: int) -> str:
    before, behind = tokens[max(0, place - 1) : place], tokens[place + 1 : place + 2]
    named = bool(behind) and behind[0][0].isalpha() and behind[0] not in STOP_WORDS
    return "edition" if named and not _BEFORE_EDITIONS.isdisjoint(before) else "year"


def _beside_a_month(tokens: list[str], place: int) -> bool:
    beside = (*tokens[max(0, place - 1) : place], *tokens[place + 1 : place + 3])
    return any(token in MONTHS for token in beside)


def _beside_a_day(tokens: list[str], place: int) -> bool:
    beside = tokens[max(0, place - 2) : place] + tokens[place + 1 : place + 2]
    return any(token[0].isdigit() for token in beside)
