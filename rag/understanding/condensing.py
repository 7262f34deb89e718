"""A question said by itself by a chat model: where one is asked for that, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import regex

from rag.errors import ModelUnavailable
from rag.text.language import is_in_none
from rag.text.sentences import search_words
from rag.types import Turn
from rag.understanding.pointing import leans_back

_OF_THE_RULES = ("en",)
_ASKS = regex.compile(r"[?？؟;]")
_WORDS = 3  # fewer that ask nothing are a name, and names are in no language


class Condenser(Protocol):
    """Says what a question that leans on the conversation asks, in words of its own."""

    def condense(self, question: str, history: Sequence[Turn]) -> str | None:
        """The question by itself; None where nothing came of it.

        Raises:
            ModelUnavailable: A model that is asked for it does not answer.
        """


def said_by_itself(
    condenser: Condenser,
    question: str,
    turns: Sequence[Turn],
    *,
    longest: int,
    faults: list[str] | None = None,
) -> str | None:
    """What a question asks in its conversation; None where the rules' reading of it stands.

    Args:
        condenser: Is asked where the rules see that the question leans on others, and where it is
            in a language that they cannot read.
        question: The last one.
        turns: Before it.
        longest: Characters that a question may have.
        faults: Takes what kept the condenser from it.
    """
    leans = leans_back(question)
    if not (leans or _is_unread(question)):
        return None
    try:
        whole = condenser.condense(question, turns)
    except ModelUnavailable as error:
        done = "put into the conversation by rules" if leans else "taken without the conversation"
        if faults is not None:
            faults.append(f"The question was {done}: {error.problem}")
        return None
    return whole if whole and len(whole) <= longest else None


def _is_unread(question: str) -> bool:
    """Whether it is in a language that the rules cannot read."""
    if len(search_words(question).split()) < _WORDS and not _ASKS.search(question):
        return False
    return is_in_none(question, _OF_THE_RULES)
