"""The words of a sentence that answer by themselves, found by rules: a date, a number, a name.

Only where it is plain what a question asks for, and exactly one thing of that kind stands in the
sentence and not in the question. Unsure means none: `python -m eval.short_answers` says how often
the rules are right.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, get_args

import regex

from rag.text.calendar_words import MONTHS, WEEKDAYS
from rag.text.sentences import STOP_WORDS, denies, search_words
from rag.types import Span

_MONTH = (
    rf"(?:{'|'.join(map(str.capitalize, MONTHS))}|"
    r"Jan\.|Feb\.|Mar\.|Apr\.|Jun\.|Jul\.|Aug\.|Sept?\.|Oct\.|Nov\.|Dec\.)"
)
_YEAR = r"(?:1\d|20)\d\d"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_DATE = regex.compile(
    rf"\b(?:(?:{_MONTH}\s+{_DAY}|{_DAY}\s+(?:of\s+)?{_MONTH})(?:,?\s+{_YEAR})?"
    rf"|{_MONTH},?\s+(?:of\s+)?{_YEAR}"
    rf"|(?:(?:early|mid|late)[ -])?(?:the\s+)?{_YEAR}s"
    rf"|{_YEAR}(?:\s*[-–]\s*(?:{_YEAR}|\d\d)\b)?(?![-–]?\d)"
    rf"|(?:the\s+)?(?:\d{{1,2}}(?:st|nd|rd|th)|\w+th|first|second|third)\s+century)"
    r"(?:\s+(?:BCE?|AD|CE))?(?!\w|[.,]\d|%)"
)
_WORDS = (
    "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    "seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
)
_SCALE = r"(?:hundred|thousand|million|billion|trillion|dozen)s?"
_COUNT = (
    rf"(?:\d+(?:,\d{{3}})*(?:\.\d+)?|(?:{_WORDS})(?:[ -](?:one|{_WORDS}))?)(?:[ -]{_SCALE})*"
    rf"|(?:a\s+)?(?:hundred|thousand|million|billion|dozen)"
)
_RANGE = rf"(?:{_COUNT})(?:\s*(?:[-–]|to)\s*(?:{_COUNT}))?"
_NUMBER = regex.compile(
    rf"(?<![\w.,$€£-])(?:{_RANGE})(?![\w%]|[.,-]\d|[-–](?!\s))", regex.IGNORECASE
)
_MONEY = regex.compile(
    rf"(?:(?:US|CA|A)?[$€£¥]\s?\d+(?:[.,]\d+)*(?:\s?(?:{_SCALE}|[kKmMbB]n?\b))*"
    rf"|\b(?:{_COUNT})\s+(?:dollars|euros|pounds|cents)\b)",
    regex.IGNORECASE,
)
_SHARE = regex.compile(rf"\b(?:{_RANGE})\s?(?:%|percent\b|per cent\b)", regex.IGNORECASE)
_LENGTH = regex.compile(
    rf"\b(?:{_COUNT})(?:[ -](?:and\s+a\s+half\s+)?)"
    r"(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|decades?|centuries)\b",
    regex.IGNORECASE,
)
# One name, with the small words inside it; a full stop belongs to an initial alone.
_CAPITAL = r"(?:(?:\p{Lu}\.)+|\p{Lu}[\p{L}\p{M}’'-]*)"
_NAME = regex.compile(
    rf"\b{_CAPITAL}(?:\s+(?:(?:of|the|de|da|di|van|von|der|al|bin|la|le)\s+){{0,2}}{_CAPITAL})*"
)
_ARTICLE_BEFORE = regex.compile(r"\b(?:the|an?)\s+$", regex.IGNORECASE)
_BY_BEFORE = regex.compile(r"\bby\s+(?:\p{Ll}+\s+){0,2}$")
# Without these words, what they stand beside would say more than the sentence does.
_BOUND_BEFORE = regex.compile(
    r"\b(?:(?:no |not )?(?:more|less|fewer|longer|later|earlier) than|at (?:the )?(?:very )?"
    r"(?:least|most|latest|earliest)|up to)\s+(?:about\s+|the\s+)?$",
    regex.IGNORECASE,
)
_TIME_BEFORE = regex.compile(r"\b(?:(?:not )?(?:before|after|until))\s+$", regex.IGNORECASE)
_BOUND_BEHIND = regex.compile(
    r"\s+(?:\p{L}+\s+){0,2}?(?:or (?:more|less|fewer|longer|later|earlier)"
    r"|at (?:the )?(?:very )?(?:least|most|latest|earliest))\b",
    regex.IGNORECASE,
)
# Words with "no" or "not" that deny nothing.
_NO_DENIAL = regex.compile(
    r"\b(?:no|not) (?:more|less|fewer|longer|later|earlier) than\b|\bnot (?:only|before|until)\b",
    regex.IGNORECASE,
)
# What begins and what ends, in the forms that a question and a sentence have.
_BEGINS = frozenset("begin began begins begun started starts opened opens founded born".split())
_ENDS = frozenset("ended ends closed closes stopped stops finished died dies".split())
_ASKS_BEGINS = _BEGINS | {"start", "open"}
_ASKS_ENDS = _ENDS | {"end", "close", "stop", "finish", "die"}
_ASKS = regex.compile(r"\b(?:what|which|who|whom|whose|when|where|why|how)\b", regex.IGNORECASE)
# Capitals that begin a sentence and no name.
_NO_NAME = STOP_WORDS.union(
    "however instead today since although while despite according later finally thanks".split(),
    MONTHS,
    WEEKDAYS,
)
_HELPERS = frozenset(
    "did does do was were is are has have had will would can could should may might been also "
    "first be the currently originally".split()
)
_UNITS = frozenset(("century", "decade", "year", "month", "percent", "dollars"))
_NEAR = 1  # words behind "how many", or behind a number, that say what is counted
_STEM = 5  # characters by which forms of a word are known as one

Wanted = Literal["many", "much", "long", "when", "who"]  # no rule for places was right enough
KINDS: tuple[Wanted, ...] = get_args(Wanted)
_QUESTIONS: dict[Wanted, regex.Pattern[str]] = {
    "many": regex.compile(r"\bhow many\b", regex.IGNORECASE),
    "much": regex.compile(r"\bhow much\b", regex.IGNORECASE),
    "long": regex.compile(r"\bhow long\b", regex.IGNORECASE),
    "when": regex.compile(
        r"\bwhen\b|\b(?:what|which) (?:year|date|decade|century|month)\b", regex.IGNORECASE
    ),
    "who": regex.compile(r"\bwho\b", regex.IGNORECASE),
}
_ANSWERS: dict[Wanted, tuple[regex.Pattern[str], ...]] = {
    "many": (_NUMBER,),
    "much": (_MONEY, _SHARE),
    "long": (_LENGTH,),
    "when": (_DATE,),
    "who": (_NAME,),
}


def short_answer(question: str, sentence: str, around: str = "") -> Span | None:
    """The one thing in a sentence that a question asks for; None where that is not plain.

    Args:
        question: As it can be understood by itself.
        sentence: What is quoted.
        around: What says what the sentence is about: title, headings, what it leans on. A name or
            a number of the question that neither has means that the sentence is about another.
    """
    kind = asked_for(question)
    if kind is None or not _named(question) <= _stems(f"{sentence} {around}"):
        return None
    if denies(_NO_DENIAL.sub(" ", sentence)) or (kind == "when" and _opposite(question, sentence)):
        return None
    found = list(_candidates(kind, question, sentence))
    if len(found) != 1:
        return None
    (only,) = found
    if kind == "who" and not _acts(question, sentence, only):
        return None
    if kind == "many" and not _counts(question, sentence, only):
        return None
    return _bounded(kind, sentence, only)


def asked_for(question: str) -> Wanted | None:
    """What kind of thing a question asks for, where it asks for one thing and says which."""
    if len(_ASKS.findall(question)) != 1:
        return None
    return next((kind for kind in KINDS if _QUESTIONS[kind].search(question)), None)


def _candidates(kind: Wanted, question: str, sentence: str) -> Iterator[regex.Match[str]]:
    """What is of this kind and does not stand in the question, each place once."""
    asked = set(search_words(question).lower().split()) - _UNITS
    for pattern in _ANSWERS[kind]:
        for match in pattern.finditer(sentence):
            words = [w for w in search_words(match[0]).lower().split() if w not in STOP_WORDS]
            if not words or asked & set(words):
                continue
            if kind == "many" and len(match[0]) == 4 and _DATE.fullmatch(match[0]):
                continue  # a year
            if kind == "who" and not _is_a_whole_name(match, sentence):
                continue
            yield match


def _opposite(question: str, sentence: str) -> bool:
    """Whether one speaks of a beginning alone and the other one of an end alone."""
    asked, said = (set(search_words(text).lower().split()) for text in (question, sentence))
    begins, ends = not _ASKS_BEGINS.isdisjoint(asked), not _ASKS_ENDS.isdisjoint(asked)
    if begins == ends:
        return False
    own, other = (_BEGINS, _ENDS) if begins else (_ENDS, _BEGINS)
    return own.isdisjoint(said) and not other.isdisjoint(said)


def _bounded(kind: Wanted, sentence: str, only: regex.Match[str]) -> Span:
    """Where something stands, with the words that make a bound of it."""
    if kind == "who":
        return Span(*only.span())
    head = sentence[: only.start()]
    before = _BOUND_BEFORE.search(head)
    if before is None and kind == "when":
        before = _TIME_BEFORE.search(head)
    behind = _BOUND_BEHIND.match(sentence, only.end())
    return Span((before or only).start(), (behind or only).end())


def _counts(question: str, sentence: str, number: regex.Match[str]) -> bool:
    """Whether a number counts what the question wants counted: its noun stands right behind."""
    behind = search_words(_QUESTIONS["many"].split(question, maxsplit=1)[1]).lower().split()
    nouns = {word[:_STEM] for word in behind[:_NEAR] if word not in STOP_WORDS}
    counted = search_words(sentence[number.end() :]).lower().split()[:_NEAR]
    return any(word[:_STEM] in nouns for word in counted)


def _is_a_whole_name(match: regex.Match[str], sentence: str) -> bool:
    """Two words with capitals, no article: a person, more often than not."""
    words = match[0].split()
    known = {word.lower() for word in words} & _NO_NAME - {"of", "the"}
    return len(words) > 1 and not known and not _ARTICLE_BEFORE.search(sentence[: match.start()])


def _acts(question: str, sentence: str, name: regex.Match[str]) -> bool:
    """Whether somebody is said to do, or to have done, what the question asks of them."""
    behind = _QUESTIONS["who"].split(question, maxsplit=1)[1]
    asked = [word for word in search_words(behind).lower().split() if word not in _HELPERS]
    if not asked:
        return False
    deed = asked[0][:_STEM]
    next_words = search_words(sentence[name.end() :]).lower().split()[:2]
    if any(word[:_STEM] == deed for word in next_words):
        return True
    by = _BY_BEFORE.search(sentence[: name.start()])
    return by is not None and deed in _stems(sentence)


def _named(question: str) -> set[str]:
    """The names and numbers of a question."""
    words = regex.findall(r"[\p{L}\p{N}’'-]+", question)[1:]  # the first has a capital anyway
    return _stems(" ".join(word for word in words if word[0].isupper() or word[0].isdigit()))


def _stems(text: str) -> set[str]:
    return {w[:_STEM] for w in search_words(text).lower().split() if w not in STOP_WORDS}
