"""A chat model's words as they come, within a time, and its failures in plain words.

Every provider's package has errors of its own and times of its own, which bound a silence or one
try of several; what a reader waits for is the whole answer, so that is what is bounded here.
"""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from rag.chat.loop import run_in_loop
from rag.chat.spend import ANSWER_TOKENS, Meter, tokens_of
from rag.chat.trouble import Cut, Endless, Late, Refused, in_plain_words
from rag.errors import Stopped
from rag.stopping import called_off_by

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessageChunk

Messages = Sequence[tuple[str, str]]
"""Role, "system", "human" or "ai", and text."""
_MOST = 100_000  # characters; what is longer is no answer of four sentences, whatever was thought
# Where providers put why a model stopped, and what they say.
_WHY = ("finish_reason", "stop_reason", "done_reason")
_CUT = {"length", "max_tokens", "model_context_window_exceeded"}
_REFUSED = {
    "content_filter", "content_filtered", "refusal", "safety", "recitation", "blocklist",
    "prohibited_content", "spii", "guardrail_intervened",
}  # fmt: skip


def stream_text(
    model: BaseChatModel,
    messages: Messages,
    *,
    name: str,
    seconds: float,
    meter: Meter | None = None,
) -> Iterator[str]:
    """What the model says, in pieces.

    When the time is over, when the reader of the pieces goes, and when nobody waits for the answer
    any more (`rag.stopping`), the request is called off: the provider sees the connection end.

    Args:
        model: Any chat model of LangChain.
        messages: What it is told.
        name: What errors call it.
        seconds: For the whole of it, from the request to the last piece.
        meter: Counts the tokens, and may refuse to spend any.

    Raises:
        ModelUnavailable: It fails, refuses, stops in the middle, or takes longer.
        Stopped: Nobody waits for the answer any more.
    """
    asked = sum(tokens_of(text) for _, text in messages)
    held = meter.hold(asked) if meter else 0
    reading = _Reading()
    deadline = monotonic() + seconds
    try:
        with called_off_by(partial(reading.pieces.put, Stopped())):
            reading.end = _End.CALLED_OFF  # until the model's own end is heard
            task = run_in_loop(reading.read(model, messages, seconds))
            try:
                while True:
                    piece = reading.pieces.get(timeout=max(0.0, deadline - monotonic()))
                    if piece is None:
                        return
                    if isinstance(piece, Exception):
                        raise piece
                    yield piece
            finally:
                task.cancel()
    except Stopped:
        raise
    except queue.Empty:
        raise in_plain_words(Late(), name) from None
    except Exception as error:
        raise in_plain_words(error, name, begun=reading.begun) from error
    finally:
        if meter:
            meter.settle(held, reading.spent(asked))


class _End(Enum):
    """How a request ended, as far as it matters for what it cost."""

    NEVER_SENT = 0
    CALLED_OFF = 1
    """By us: the time was over, or nobody waited any more."""
    FAILED = 2
    WHOLE = 3


@dataclass(frozen=True, slots=True)
class _Usage:
    """What a provider says that it counted."""

    asked: int = 0
    said: int = 0


class _Reading:
    """What a model says, from the loop that listens to it."""

    def __init__(self) -> None:
        self.pieces: queue.SimpleQueue[str | Exception | None] = queue.SimpleQueue()
        """None is the end. Bounded by the time that the model has."""
        self.end = _End.NEVER_SENT
        self._said: list[str] = []
        self._heard = False
        self._usage: _Usage | None = None

    @property
    def begun(self) -> bool:
        return bool(self._said)

    def spent(self, asked: int) -> tuple[int, int]:
        """Tokens of the request and of the answer, by the provider's count or else an estimate."""
        if self.end is _End.WHOLE and self._usage:
            return self._usage.asked, self._usage.said
        # What fails before the first chunk was, as a rule, not counted either.
        if self.end is _End.NEVER_SENT or (self.end is _End.FAILED and not self._heard):
            return 0, 0
        told = self._usage or _Usage()
        said = tokens_of("".join(self._said)) if self._said else 0
        # A model may have thought in silence until it was called off: what was held stays counted.
        least = ANSWER_TOKENS if self.end is _End.CALLED_OFF else 0
        return told.asked or asked, max(told.said, said, least)

    async def read(self, model: BaseChatModel, messages: Messages, seconds: float) -> None:
        why: set[str] = set()
        try:
            async with asyncio.timeout(seconds):
                await self._read(model, messages, why)
        except TimeoutError:
            self.pieces.put(Late())
        # Chat models of every provider come through here, without a common class of errors.
        except Exception as error:
            self.end = _End.FAILED
            self.pieces.put(error)
        else:
            self.end = _End.WHOLE
            trouble = Refused() if why & _REFUSED else Cut() if why & _CUT else None
            self.pieces.put(trouble)

    async def _read(self, model: BaseChatModel, messages: Messages, why: set[str]) -> None:
        length = 0
        chunks = model.astream(list(messages))
        try:
            async for chunk in chunks:
                length += len(chunk.text)
                if length > _MOST:
                    raise Endless
                self._hear(chunk, why)
        finally:  # the connection ends now, and not when somebody collects the garbage
            close = getattr(chunks, "aclose", None)
            if close:
                await close()

    def _hear(self, chunk: AIMessageChunk, why: set[str]) -> None:
        self._heard = True
        if chunk.text:
            self._said.append(chunk.text)
            self.pieces.put(chunk.text)
        why |= _reasons(chunk)
        counted = getattr(chunk, "usage_metadata", None)
        if counted:  # each chunk tells its own part: LangChain adds them up as well
            told = self._usage or _Usage()
            self._usage = _Usage(
                told.asked + counted["input_tokens"], told.said + counted["output_tokens"]
            )


def _reasons(chunk: AIMessageChunk) -> set[str]:
    found = {str(chunk.response_metadata.get(key) or "").casefold() for key in _WHY}
    return found | ({"refusal"} if chunk.additional_kwargs.get("refusal") else set())
