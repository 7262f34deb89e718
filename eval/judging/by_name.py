"""Judges by name: ours, the trivial ones beside it, a chat model, or anybody's function.

* words: the share of the claim's words that stand in the evidence, stop words left out.
* meaning: the highest cosine of the claim and a sentence of the evidence, by the embedding model.
* shipped: the judge that answers are checked with, at its shipped threshold.
* chat: a chat model is asked for yes or no.
* module:function: called with a claim and a list of sentences, gives a number, more for better
  support.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eval.claims import pointers
from eval.systems.function import load_function
from rag.chat.prompts import judge_messages
from rag.embedding.embedder import PassageText
from rag.errors import ConfigError, ModelUnavailable
from rag.text.sentences import question_words

if TYPE_CHECKING:
    from rag.assistant import Assistant

WORDS, MEANING, SHIPPED, CHAT = "words", "meaning", "shipped", "chat"
JUDGES = (WORDS, MEANING, SHIPPED, CHAT)

Score = Callable[[str, Sequence[str]], float | None]
"""A claim and at least one sentence to how well these support it; None: it could not say."""


@dataclass(frozen=True, slots=True)
class NamedJudge:
    """Who scores claims."""

    name: str
    score: Score
    threshold: float | None = None
    """A claim passes from here on; None where nothing was fitted for it."""
    checks_as: str = ""
    """Its name in the provenance of answers that are checked with it; empty: none are."""
    writes_as: str = ""
    """The same of answers that it writes."""


def needs_models(name: str) -> bool:
    """Whether a judge takes anything from an assistant."""
    return name in (MEANING, SHIPPED, CHAT)


def load_judge(name: str, assistant: Assistant | None = None) -> NamedJudge:
    """A judge by name.

    Args:
        name: One of `JUDGES`, or "module:function".
        assistant: Whose judge, models and weights of words are taken, for those that need them.

    Raises:
        ConfigError: There is no such judge, or no chat model is set.
        ModelUnavailable: A model cannot be loaded.
    """
    if name == WORDS:
        return NamedJudge(WORDS, word_coverage)
    if assistant is None or not needs_models(name):
        return NamedJudge(name, _named(name))
    if name == MEANING:
        return NamedJudge(MEANING, _meaning(assistant))
    if name == SHIPPED:
        check = assistant.pipeline.check

        def shipped(claim: str, evidence: Sequence[str]) -> float:
            return check.judge.support(claim, pointers(evidence))

        own = check.judge.name
        score = _or_none(shipped)  # it may be a chat model as well
        return NamedJudge(f"{SHIPPED} ({own})", score, check.min_support, checks_as=own)
    return _chat(assistant)


def word_coverage(claim: str, evidence: Sequence[str]) -> float:
    """The share of the claim's words, without stop words, that stand in the evidence."""
    said = set(question_words(claim))
    known = {word for one in evidence for word in question_words(one)}
    return len(said & known) / len(said) if said else 0.0


def _meaning(assistant: Assistant) -> Score:
    embedder = assistant.pipeline.embedder

    def score(claim: str, evidence: Sequence[str]) -> float:
        vector = embedder.embed_question(claim).question
        found = embedder.embed_passages([PassageText(one, ((0, len(one)),)) for one in evidence])
        return float(np.max([one.passage @ vector for one in found]))

    return score


def _chat(assistant: Assistant) -> NamedJudge:
    """Yes counts 1 and no 0; .5 lies between the two."""
    from rag.chat.model import stream_text
    from rag.checking.by_name import said_yes
    from rag.writing.with_chat import ChatWriter

    writer = assistant.pipeline.writer
    if not isinstance(writer, ChatWriter):
        raise ConfigError(
            "No chat model is set that could judge.", hint="Name one with --chat-model."
        )

    def asked(claim: str, evidence: Sequence[str]) -> float | None:
        messages = judge_messages(claim, evidence)
        pieces = stream_text(
            writer.model, messages, name=writer.name, seconds=writer.seconds, meter=writer.meter
        )
        said = said_yes("".join(pieces))
        return None if said is None else float(said)

    own = writer.name
    return NamedJudge(f"{CHAT} ({own})", _or_none(asked), 0.5, f"{CHAT}:{own}", writes_as=own)


def _or_none(ask: Score) -> Score:
    """The same; None where a model fails that has answered before."""
    asked_before = False

    def score(claim: str, evidence: Sequence[str]) -> float | None:
        nonlocal asked_before
        try:
            found = ask(claim, evidence)
        except ModelUnavailable:
            if not asked_before:  # it would fail every claim alike
                raise
            return None
        asked_before = True
        return found

    return score


def _named(name: str) -> Score:
    found = load_function(name, "judge", JUDGES)

    def score(claim: str, evidence: Sequence[str]) -> float:
        return float(found(claim, list(evidence)))

    return score
