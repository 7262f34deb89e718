"""Names in a question that no post holds, so that no post can answer it."""

from __future__ import annotations

from itertools import chain

import regex

from rag.index.lexicon import Lexicon
from rag.text.calendar_words import MONTHS, WEEKDAYS
from rag.text.post_words import NOUN, VERB
from rag.text.sentences import STOP_WORDS
from rag.text.spelling import names_in, other_spellings

# In other languages names are others, and in some every noun has a capital letter.
_ENGLISH = regex.compile(
    r"\b(?:the|who|whose|what|when|where|which|why|how|does|did|with|about|could|would|should|there|"
    r"their|this|that)\b",
    regex.IGNORECASE,
)
# What stands before a person's name and is none: posts may say "Yi" alone, or "the admiral".
_TITLE = (
    "mrs?|ms|miss|dr|prof(?:essor)?|sir|dame|lord|lady|saint|president|(?:vice|prime|minister|premier|"
    "chairman|chairwoman|chair|chancellor|senator|congress(?:wo)?man|representative|governor|mayor|"
    "secretary|ambassador|director|commissioner|judge|justice|king|queen|emperor|empress|prince|"
    "princess|duke|duchess|count|countess|pope|bishop|reverend|rabbi|imam|general|admiral|marshal|"
    "colonel|major|captain|lieutenant|sergeant|commander|comrade)"
)
# Days, months, units, two letters, and what most people shorten in their own way.
_NO_NAME = regex.compile(
    rf"(?:{NOUN}|{VERB}|{_TITLE}|(?:{'|'.join(WEEKDAYS)})s?|{'|'.join(MONTHS)}|"
    r"jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|[ap]\.?m|\p{L}{1,2}|usa|ww(?:i{1,3}|[123])|celsius|fahrenheit|english|please|thanks)",
    regex.IGNORECASE,
)
# A subject needs no capital letter to be one: "anything about blockchain?"
_SUBJECT = regex.compile(
    r"(?<!\b(?:not|nothing)\s)\b"
    r"(?:about|regarding|concerning|mention(?:s|ed|ing)?|(?:(?:any|some)thing|posts?) on)\s+"
    r"(?:the\s+|an?\s+)?(\p{Ll}[\p{Ll}-]{3,})\s*[.?!]*\s*$",
    regex.IGNORECASE,
)
_SENTENCE = regex.compile(r"\S(?:.*?[.?!](?=\s)|.*)")
_LOOKED_AT = (
    8  # names of a question: to look for what a new one may be meant for takes milliseconds
)
_APPOSITION = regex.compile(r"(?<=\p{L}),\s$")


def unmentioned(question: str, lexicon: Lexicon) -> tuple[str, ...]:
    """What a question in English is about and no post holds, as it is written there.

    That are names, or one word that says what posts are asked about.

    Empty where it asks something else as well, or says such a name beside what it asks: "I work for
    Acme. How are slugs kept away?" A name behind a comma only says which one of another name is
    meant: posts about Campbell County need not say that it is in Wyoming.
    """
    if not _ENGLISH.search(question):
        return ()
    spans = names_in(question)
    ends = {end for _, end in spans}
    found: dict[int, str] = {}
    for start, end in spans:
        name = question[start:end]
        apposed = _APPOSITION.search(question, 0, start) and start - 2 in ends
        if name.lower() not in STOP_WORDS and not _NO_NAME.fullmatch(name) and not apposed:
            found[start] = name
    names = list(dict.fromkeys(found.values()))[:_LOOKED_AT]
    unheard = {
        name
        for name in names
        if not any(map(lexicon.frequency, other_spellings(name.lower())))
        and lexicon.is_unheard_of(name)
    }
    sentences = [match.span() for match in _SENTENCE.finditer(question)]
    asking = [one for one in sentences if question[one[1] - 1] == "?"] or sentences
    of_each = [
        [name for at, name in found.items() if a <= at < b and name in unheard] for a, b in asking
    ]
    if not any(of_each):
        return _unheard_subject(question, lexicon)
    return tuple(dict.fromkeys(chain(*of_each))) if all(of_each) else ()


def _unheard_subject(question: str, lexicon: Lexicon) -> tuple[str, ...]:
    subject = _SUBJECT.search(question)
    if subject is None or subject[1].lower() in STOP_WORDS or _NO_NAME.fullmatch(subject[1]):
        return ()
    word = subject[1]
    known = any(map(lexicon.frequency, other_spellings(word.lower())))
    return () if known or not lexicon.is_unheard_of(word) else (word,)
