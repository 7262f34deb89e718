"""Names in a question that no post holds, so that no post can answer it."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from rag.index.lexicon import Lexicon
from rag.text.post_words import NOUN, VERB
from rag.text.sentences import STOP_WORDS
from rag.text.spelling import names_in

# In other languages names are others, and in some every noun has a capital letter. None of these
# words is one in German, Dutch, French, Spanish, Italian, Portuguese or the Nordic languages.
_ENGLISH = regex.compile(
    r"\b(?:the|who|whose|what|when|where|which|why|how|are|does|did|have|with|from|about|could|would|"
    r"should|there|their|this|that)\b",
    regex.IGNORECASE,
)
# Days, months, units, two letters, and what most people shorten in their own way.
_NO_NAME = regex.compile(
    rf"(?:{NOUN}|{VERB}|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|january|february|march|april|may|"
    r"june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|"
    r"dec|[ap]\.?m|\p{L}{1,2}|usa|ww(?:i{1,3}|[123])|celsius|fahrenheit|english|please|thanks)",
    regex.IGNORECASE,
)
_APPOSITION = regex.compile(r"(?<=\p{L}),\s$")


def unmentioned(question: str, lexicon: Lexicon) -> tuple[str, ...]:
    """Names that a question in English is about and that no post holds, as they are written there.

    A name behind a comma only says which one of another name is meant, and does not count: posts
    about Campbell County need not say that it is in Wyoming.
    """
    if not _ENGLISH.search(question):
        return ()
    spans = names_in(question)
    ends = {end for _, end in spans}
    found = [
        question[start:end]
        for start, end in spans
        if question[start:end].lower() not in STOP_WORDS
        and not _NO_NAME.fullmatch(question, start, end)
        and not (_APPOSITION.search(question, 0, start) and start - 2 in ends)
    ]
    return tuple(name for name in dict.fromkeys(found) if lexicon.is_unheard_of(name))


def said_of(names: Sequence[str]) -> tuple[str, ...]:
    """What a reader should know of names that no post holds."""
    quoted = [f"“{name}”" for name in names]
    told = " or ".join(filter(None, (", ".join(quoted[:-1]), *quoted[-1:])))
    return (f"No post mentions {told}.",) if told else ()
