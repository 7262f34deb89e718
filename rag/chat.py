"""A chat model's words as they come, within a time, and its failures in plain words.

Every provider's package has errors of its own and times of its own, which bound a silence or one
try of several; what a reader waits for is the whole answer, so that is what is bounded here.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from contextvars import copy_context
from time import monotonic
from typing import TYPE_CHECKING

from rag.errors import ModelUnavailable

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

Messages = Sequence[tuple[str, str]]
"""Role, "system", "human" or "ai", and text."""
_AHEAD = 1000  # pieces kept for a reader who is slower than the model
_CUT = {"length", "max_tokens", "MAX_TOKENS"}  # why a model stopped, in the words of several
_HINTS = {
    400: "It may be too long a request: lower chat_sections.",
    401: "Its key is missing or wrong: set the one that its LangChain package documents.",
    402: "Its account has no credit left.",
    403: "Its key may not use this model.",
    404: "Its server knows no such model: check the name in chat_model.",
    413: "The request is too long: lower chat_sections.",
    429: "It refuses more requests for now: wait, or raise its limit.",
}


def stream_text(
    model: BaseChatModel, messages: Messages, *, name: str, seconds: float
) -> Iterator[str]:
    """What the model says, in pieces.

    Args:
        model: Any chat model of LangChain.
        messages: What it is told.
        name: What errors call it.
        seconds: For the whole of it, from the request to the last piece.

    Raises:
        ModelUnavailable: It fails, stops in the middle, or takes longer.
    """
    reading = _Reading()
    # A model that is silent cannot be interrupted: it is left behind in a thread of its own.
    threading.Thread(
        target=copy_context().run,
        args=(reading.read, model, messages),
        daemon=True,
        name="pullquote-chat",
    ).start()
    deadline = monotonic() + seconds
    try:
        while (piece := reading.pieces.get(timeout=max(0.0, deadline - monotonic()))) is not None:
            if isinstance(piece, Exception):
                raise _plain(piece, name) from piece
            yield piece
    except queue.Empty:
        raise ModelUnavailable(
            f"The chat model {name} did not finish in time.",
            hint="Raise chat_timeout, or ask without chat_model.",
        ) from None
    finally:
        reading.wanted = False


class _Reading:
    """What a model says, from the thread that listens to it."""

    def __init__(self) -> None:
        self.pieces: queue.Queue[str | Exception | None] = queue.Queue(_AHEAD)
        """None is the end."""
        self.wanted = True

    def read(self, model: BaseChatModel, messages: Messages) -> None:
        why = None
        try:
            for chunk in model.stream(list(messages)):
                self._put(chunk.text)
                why = chunk.response_metadata.get("finish_reason") or why
                if not self.wanted:
                    return
        # Chat models of every provider come through here, without a common class of errors.
        except Exception as error:
            self._put(error)
        else:
            self._put(_Cut() if why in _CUT else None)

    def _put(self, piece: str | Exception | None) -> None:
        while self.wanted:
            with suppress(queue.Full):
                self.pieces.put(piece, timeout=0.5)
                return


class _Cut(Exception):
    """The model reached its own limit of length."""


def _plain(error: Exception, name: str) -> ModelUnavailable:
    if isinstance(error, _Cut):
        return ModelUnavailable(
            f"The chat model {name} stopped at its limit of length.",
            hint="Raise the limit of its answers, or lower chat_sections.",
        )
    said = str(error).strip().splitlines()
    status = getattr(error, "status_code", None) or getattr(error, "code", None)
    hint = "Check its server, key and name, or ask without chat_model."
    if "context" in str(error).casefold() and "length" in str(error).casefold():
        hint = "The request is longer than it can read: lower chat_sections."
    elif isinstance(status, int) and status in _HINTS:
        hint = _HINTS[status]
    elif isinstance(status, int) and status >= 500:
        hint = "Its server has trouble: try again later, or ask without chat_model."
    return ModelUnavailable(
        f"The chat model {name} did not answer: {type(error).__name__}: "
        f"{said[0][:300] if said else 'no reason given'}",
        hint=hint,
    )
