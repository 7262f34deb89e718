"""A question that leans on the conversation, said by itself by a chat model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import regex

from rag.chat import stream_text
from rag.chat_spend import Meter
from rag.errors import ModelUnavailable
from rag.prompts import condense_messages
from rag.types import Turn

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

    def condense(self, question: str, history: Sequence[Turn]) -> str | None:
        """The question by itself; None where the model fails or says something else."""
        messages = condense_messages(question, history)
        said = ""
        try:
            for piece in stream_text(
                self.model, messages, name=self.name, seconds=self.seconds, meter=self.meter
            ):
                said += piece
        except ModelUnavailable:  # the rules' rewriting is there; the answer will tell if it lasts
            return None
        return _question(said)


def _question(said: str) -> str | None:
    spoken = regex.sub(r"^.*</(?:think|thinking|thought|reasoning)>", "", said, flags=regex.DOTALL)
    lines = [line for line in spoken.splitlines() if line.strip()]
    if len(lines) != 1:
        return None
    found = " ".join(_AROUND.sub("", _LABEL.sub("", lines[0].strip())).split())
    return found if 0 < len(found) <= _LONGEST and regex.search(r"\p{L}", found) else None
