"""Question and history to a query: what is asked, without the conversation around it."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from rag.errors import QuestionInvalid
from rag.text import STOP_WORDS, search_words
from rag.types import Filters, Query, Turn

_POINTS_BACK = regex.compile(
    r"\b(it|its|itself|they|them|their|theirs|he|him|his|she|her|hers|this|that|these|those|there|"
    r"one|ones|same|former|latter|both|either|neither|another|others?|else)\b",
    regex.IGNORECASE,
)
_GOES_ON = regex.compile(
    r"^\s*(and|but|or|so|also|then|what about|how about|why|why not|how so|how come|since when|"
    r"until when|for example|such as|like what|really|tell me more|more|go on)\b",
    regex.IGNORECASE,
)
_OWN_SUBJECT = regex.compile(r"\b\p{Lu}[\p{L}\p{N}]+|\b\p{L}*\d[\p{L}\p{N}]*\b")
_NEW_CLAUSE = regex.compile(r"[,;:.?!]|\band (?:how|who|when|where|what|why|which)\b")
_FEW = 3  # a question with no more words of its own leans on what was said before


def understand(
    question: str,
    *,
    history: Sequence[Turn] = (),
    filters: Filters = Filters(),  # noqa: B008 - frozen
    longest: int = 2000,
) -> Query:
    """Make a question searchable.

    A question that leans on the conversation is also searched with the subject of the question
    before it; a complete one is left alone.

    Args:
        question: As it was typed.
        history: Earlier turns, oldest first.
        filters: What the search is limited to.
        longest: In characters.

    Raises:
        QuestionInvalid: It is empty or too long.
    """
    asked = " ".join(question.split())
    if not regex.search(r"[\p{L}\p{N}]", asked):
        raise QuestionInvalid("The question is empty.", hint="Ask in a few words of your own.")
    if len(asked) > longest:
        raise QuestionInvalid(
            f"The question has {len(asked):,} characters, more than {longest:,}.",
            hint="Ask one thing at a time, or raise question_characters.",
        )
    standalone = _standalone(asked, history)
    searches = (asked,) if standalone == asked else (standalone, asked)
    return Query(asked, standalone, searches, filters)


def _standalone(question: str, history: Sequence[Turn]) -> str:
    if not history or not leans_back(question):
        return question
    before = _standalone(" ".join(history[-1].question.split()), history[:-1])
    known = set(search_words(question).lower().split())
    subject = [
        word for word in search_words(before).split()
        if word.lower() not in STOP_WORDS and word.lower() not in known
    ]  # fmt: skip
    if not subject:
        return question
    return f"{question} ({' '.join(dict.fromkeys(subject))})"


def leans_back(question: str) -> bool:
    """Whether a question cannot be understood without what was said before it."""
    if _GOES_ON.match(question):
        return True
    own = [word for word in search_words(question).lower().split() if word not in STOP_WORDS]
    # The first word is capitalised in any case.
    named = _OWN_SUBJECT.search(question.partition(" ")[2]) is not None
    if len(own) < _FEW and not named:
        return True
    back = _POINTS_BACK.search(question)
    if back is None:
        return False
    # "What is the DMZ, and when was it drawn?" names what it points back to.
    before = question[: back.start()]
    return not (_NEW_CLAUSE.search(before) and _OWN_SUBJECT.search(before.partition(" ")[2]))
