"""Single questions by a chat model: a follow-up said by itself, or one that a section answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import regex

from rag.chat.model import stream_text
from rag.chat.prompts import condense_messages, draft_messages
from rag.chat.room import CONTEXT_TOKENS
from rag.chat.spend import ANSWER_TOKENS, Meter, tokens_of
from rag.types import Section, Turn

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

_LONGEST = 300  # characters; what is longer is no question but an answer
_AROUND = regex.compile(r"^[\s\"“”'*]+|[\s\"“”'*]+$")
_LABEL = regex.compile(r"^(?:standalone |rewritten )?question:\s*", regex.IGNORECASE)


@dataclass(frozen=True)
class ChatCondenser:
    """Any chat model that LangChain can name."""

    model: BaseChatModel
    name: str
    seconds: float
    """It may take so long; after that the question is rewritten by rules."""
    meter: Meter | None = None
    """Counts what is spent."""
    context_tokens: int = CONTEXT_TOKENS
    """What it can read and write at once."""

    def condense(self, question: str, history: Sequence[Turn]) -> str | None:
        """The question by itself; None where the model says something else.

        Raises:
            ModelUnavailable: The model does not answer.
        """
        messages = self._that_fit(question, history)
        return self._asked(messages) if messages else None

    def _that_fit(self, question: str, history: Sequence[Turn]) -> list[tuple[str, str]]:
        """What the model is told, of the last turns that it has room for; empty for none."""
        for first in range(len(history)):
            messages = condense_messages(question, history[first:])
            wanted = sum(tokens_of(text) for _, text in messages) + ANSWER_TOKENS
            if wanted <= self.context_tokens:
                return messages
        return []

    def draft(self, title: str, section: Section) -> str | None:
        """A question that a section answers; None where the model says something else.

        Raises:
            ModelUnavailable: The model does not answer.
        """
        return self._asked(draft_messages(title, section))

    def _asked(self, messages: list[tuple[str, str]]) -> str | None:
        pieces = stream_text(
            self.model, messages, name=self.name, seconds=self.seconds, meter=self.meter
        )
        return _question("".join(pieces))


def _question(said: str) -> str | None:
    spoken = regex.sub(r"^.*</(?:think|thinking|thought|reasoning)>", "", said, flags=regex.DOTALL)
    lines = [line for line in spoken.splitlines() if line.strip()]
    if len(lines) != 1:
        return None
    found = " ".join(_AROUND.sub("", _LABEL.sub("", lines[0].strip())).split())
    return found if 0 < len(found) <= _LONGEST and regex.search(r"\p{L}", found) else None
