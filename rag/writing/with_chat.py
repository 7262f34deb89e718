"""Hits to a draft with a chat model: the model points, we copy.

It is shown numbered sentences and ends each sentence of its own with numbers; the sentences are
looked up here. A quote can be ill chosen; it cannot be invented.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, Protocol

import regex

from rag.chat.marks import Marked, marked_sentences
from rag.chat.model import Messages, stream_text
from rag.chat.prompts import NO_ANSWER, again_messages, answer_messages
from rag.chat.room import CONTEXT_TOKENS, fit
from rag.chat.spend import ANSWER_TOKENS, Meter, tokens_of
from rag.errors import ModelUnavailable
from rag.types import Claim, Draft, Found, Pointer, Query, Rejected, Remark

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

_LEAST = 1.0  # seconds that must be left of the time for a second try to make sense
_SPACE = regex.compile(r"\s+")


class _Writer(Protocol):
    def write(self, query: Query, found: Found) -> Draft: ...


@dataclass(frozen=True)
class ChatWriter:
    """Any chat model that LangChain can name."""

    model: BaseChatModel
    name: str
    sections: int
    """Passages whose sentences are shown, at most."""
    seconds: float = 60.0
    """For one answer, all that is asked of the model taken together."""
    instead: _Writer | None = None
    """Who writes when the model fails before a sentence is shown; None: that is an error."""
    context_tokens: int = CONTEXT_TOKENS
    """What it can read and write at once."""
    instructions: str = ""
    """The owner's, of tone, language and length."""
    meter: Meter | None = None
    """Counts what is spent."""

    def write(self, query: Query, found: Found) -> Draft:
        return _Writing(self, query, found).draft()


class _Writing:
    """One answer in the making."""

    def __init__(self, writer: ChatWriter, query: Query, found: Found) -> None:
        self._writer, self._query, self._found = writer, query, found
        self._shown = fit(
            query,
            found,
            passages=writer.sections,
            tokens=writer.context_tokens,
            instructions=writer.instructions,
        )
        self._messages: Messages = answer_messages(
            query, list(self._shown.numbered.items()), instructions=writer.instructions
        )
        self._said: list[str] = []
        self._started = monotonic()

    def draft(self) -> Draft:
        found, warning = self._found, self._shown.warning
        if warning:
            found = replace(found, warnings=(*found.warnings, warning))
        instead = self._instead if self._writer.instead else None
        return Draft(self._query, found, self._claims(), self._writer.name, self._again, instead)

    def _claims(self) -> Iterator[Claim | Remark]:
        self._started = monotonic()
        said = False
        try:
            for claim in self._first_try():
                yield claim
                said = True
        except ModelUnavailable as error:
            if said or self._writer.instead is None:
                raise
            yield from self._instead(error.problem)

    def _instead(self, problem: str) -> Iterator[Claim | Remark]:
        """Quotes in the place of what the model did not say, or said in vain."""
        assert self._writer.instead is not None
        yield Remark(f"{problem} Quoted from the posts instead.")
        yield from self._writer.instead.write(self._query, self._found).claims

    def _first_try(self) -> Iterator[Claim]:
        name = self._writer.name
        if not self._shown.numbered:
            raise ModelUnavailable(
                f"No section fits into what the chat model {name} can read at once.",
                hint="Raise chat_context_tokens, or take a model that can read more.",
            )
        claimed = False
        for claim in self._read(self._messages):
            yield claim
            claimed = True
        if not claimed and NO_ANSWER not in _SPACE.sub(" ", "".join(self._said)).upper():
            raise ModelUnavailable(
                f"The chat model {name} said nothing.",
                hint="It may be too small, or refuse: try another, or ask without chat_model.",
            )

    def _again(self, rejected: Sequence[Rejected]) -> Iterator[Claim | Remark]:
        """A second try for what did not pass; a model that fails at it has had its say."""
        pointing = [one for one in rejected if one.claim.pointers]
        if not pointing or self._left < _LEAST:
            return
        messages = again_messages(self._messages, "".join(self._said), pointing)
        wanted = sum(tokens_of(text) for _, text in messages) + ANSWER_TOKENS
        if wanted > self._writer.context_tokens:
            yield Remark("No second try for what was left out: it is too long for the chat model.")
            return
        try:
            yield from self._read(messages)
        except ModelUnavailable as error:
            yield Remark(f"No second try for what was left out: {error.problem}")

    @property
    def _left(self) -> float:
        return self._writer.seconds - (monotonic() - self._started)

    def _read(self, messages: Messages) -> Iterator[Claim]:
        self._said.clear()

        def heard() -> Iterator[str]:
            writer = self._writer
            stream = stream_text(
                writer.model, messages, name=writer.name, seconds=self._left, meter=writer.meter
            )
            for piece in stream:
                self._said.append(piece)
                yield piece

        for sentence in marked_sentences(heard()):
            claim = _claim(sentence, self._shown.numbered)
            if claim:
                yield claim


def _claim(sentence: Marked, numbered: Mapping[int, Pointer]) -> Claim | None:
    if NO_ANSWER in sentence.text.upper() or not regex.search(r"[\p{L}\p{N}]", sentence.text):
        return None
    known = [numbered[n] for n in sentence.numbers if n in numbered]
    if not sentence.numbers:  # small models copy a sentence and forget its number
        plain = _plain(sentence.text)
        known = [p for p in numbered.values() if _plain(p.sentence.text) == plain][:1]
    return Claim(sentence.text, tuple(known))


def _plain(text: str) -> str:
    return _SPACE.sub(" ", text).strip(" .\"“”'’").casefold()
