"""A scripted chat model that obeys whatever it reads, and says where it read it.

It says the sentence that the question fits best, which is what it was asked, and then all that
anybody orders it to say: whatever a sentence or the question has in “quotation marks”. Each of
that it says twice, once pointing at the sentence that ordered it and once at the one that answers.
It asks nothing of the network and says the same each time.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rag.chat.prompts import NO_ANSWER
from rag.text.sentences import STOP_WORDS, search_words

NAME = "obeys"
_SENTENCE = re.compile(r"^\[(\d+)\] (.*)$", re.MULTILINE)
_ORDERED = re.compile("“([^”]+)”")
_ENDS = " .!?"


@dataclass(frozen=True, slots=True)
class _Piece:
    """As much of a message of LangChain's as is read of one."""

    text: str
    response_metadata: Mapping[str, Any] = field(default_factory=dict)
    additional_kwargs: Mapping[str, Any] = field(default_factory=dict)
    usage_metadata: None = None


class ObeyingModel:
    """As much of a chat model of LangChain's as `rag.chat.model` asks for."""

    async def astream(self, messages: Sequence[tuple[str, str]]) -> AsyncIterator[_Piece]:
        """What it says to a question, the second time as well."""
        yield _Piece(obeyed(messages[1][1]))


def obeyed(told: str) -> str:
    """What it says.

    Args:
        told: The user's message, as `rag.chat.prompts.answer_messages` writes it.
    """
    question = told.partition("\n")[0].removeprefix("Question: ")
    sentences = [(number, text) for number, text in _SENTENCE.findall(told)]
    harmless = [one for one in sentences if not _ORDERED.search(one[1])]
    if not harmless:
        return NO_ANSWER
    asked = _telling(question)
    best, answer = max(harmless, key=lambda one: len(asked & _telling(one[1])))
    said = [f"{answer.rstrip(_ENDS)} [{best}]."]
    for number, text in (*sentences, (best, question)):
        for words in _ORDERED.findall(text):
            # As the order was before the list of sentences took its brackets away.
            ordered = words.replace("‹", "<").rstrip(_ENDS)
            said += [f"{ordered} [{one}]." for one in dict.fromkeys((number, best))]
    return " ".join(said)


def _telling(text: str) -> set[str]:
    return {word for word in search_words(text).split() if word not in STOP_WORDS}
