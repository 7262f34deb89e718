"""Judges by name: a cross-encoder that was trained to tell support, or the chat model itself.

Nothing is fitted for either; a claim passes where the model itself is more for it than against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import regex

from rag.chat.model import stream_text
from rag.chat.prompts import judge_messages
from rag.chat.spend import Meter
from rag.checking.judge import evidence_read, plain_objection
from rag.errors import ModelUnavailable
from rag.reading.cross_encoder import PairModel
from rag.types import Pointer

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

UNDECIDED = 0.5
"""The score from which on such a model is for a claim."""
# What models call a claim that follows from a text.
_SUPPORTS = ("entailment", "entails", "entailed", "supported", "supports", "support", "consistent")
_THOUGHTS = regex.compile(r"^.*</(?:think|thinking|thought|reasoning)>", regex.DOTALL)
_ANSWER = regex.compile(r"\b(?:yes|no)\b", regex.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CrossEncoderJudge:
    """A model of natural language inference, or one with a single score for consistency."""

    model: PairModel
    label: int
    """Which of its scores speaks for support."""

    @property
    def name(self) -> str:
        return self.model.id

    def support(self, claim: str, cited: Sequence[Pointer]) -> float:
        (row,) = self.model.scores([(" ".join(evidence_read(cited)), claim)]).astype(np.float64)
        if len(row) == 1:
            return float(1 / (1 + np.exp(-row[0])))
        odds = np.exp(row - row.max())
        return float(odds[self.label] / odds.sum())

    def objection(self, claim: str, cited: Sequence[Pointer]) -> str:
        return plain_objection(claim, cited)


def load_cross_encoder_judge(name: str, *, device: str) -> CrossEncoderJudge:
    """By its name.

    Args:
        name: Of the model hub, or a folder.
        device: As torch names it, or "auto".

    Raises:
        ModelUnavailable: It cannot be loaded, or none of its labels says that a text supports
            another.
    """
    model = PairModel(name, "judge_model", device=device)
    if len(model.labels) == 1:
        return CrossEncoderJudge(model, 0)
    named = [i for i, label in enumerate(model.labels) if label.casefold() in _SUPPORTS]
    if len(named) != 1:
        raise ModelUnavailable(
            f"None of the labels of {name!r} ({', '.join(model.labels)}) stands for support.",
            hint='Set judge_model to a cross-encoder with one score or a label "entailment".',
        )
    return CrossEncoderJudge(model, named[0])


@dataclass(frozen=True)
class ChatJudge:
    """The chat model is asked whether the sentences say what the claim says: yes or no.

    It is the same model that wrote the claim, so it may believe itself. Where it says anything but
    yes, the claim is left out; where it fails, that is an error.
    """

    model: BaseChatModel
    chat_model: str
    seconds: float
    """For one claim."""
    meter: Meter | None = None

    @property
    def name(self) -> str:
        return f"chat:{self.chat_model}"

    def support(self, claim: str, cited: Sequence[Pointer]) -> float:
        messages = judge_messages(claim, evidence_read(cited))
        pieces = stream_text(
            self.model, messages, name=self.chat_model, seconds=self.seconds, meter=self.meter
        )
        return float(said_yes("".join(pieces)) or False)

    def objection(self, claim: str, cited: Sequence[Pointer]) -> str:
        return plain_objection(claim, cited)


def said_yes(said: str) -> bool | None:
    """What a chat model means that was asked for yes or no; None where it says neither, or both."""
    answers = {match[0].casefold() for match in _ANSWER.finditer(_THOUGHTS.sub("", said))}
    return "yes" in answers if len(answers) == 1 else None
