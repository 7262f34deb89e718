"""A chat model's failures in plain words.

What a provider says goes to the log and not into the message: readers of a public page see that,
and it may hold addresses, markup, or parts of a key.
"""

from __future__ import annotations

import logging
import re

from rag.errors import ModelUnavailable

_log = logging.getLogger(__name__)
_CHECK = "Check its server, key and name; the log has its words."
_SHORTER = "Set chat_context_tokens to what it can read at once, or lower chat_sections."
_STATUS = {  # of HTTP: what it means here, and what to do
    400: ("it does not take the request", f"{_CHECK} If it is too long, lower chat_sections."),
    401: ("its key is missing or wrong", "Set the key that its LangChain package documents."),
    402: ("its account has no credit left", "Top up its account, or ask without chat_model."),
    403: ("its key may not use this model", "Use a key that may, or another chat_model."),
    404: ("its server knows no such model", "Check the name in chat_model."),
    408: ("it took too long", "Try again, or ask without chat_model."),
    413: ("the request is longer than it can read", _SHORTER),
    429: ("it refuses more requests for now", "Wait, or raise its limit."),
}
_TOO_LONG = re.compile(
    r"context.{0,20}(?:length|window|size)|(?:prompt|input|request) is too (?:long|large)"
    r"|too many tokens|token count.{0,40}exceed|too large for model",
    re.IGNORECASE | re.DOTALL,
)
_CONNECTION = re.compile("Connect|RemoteProtocol|ReadError")  # in names of errors' classes
_NO_KEY = re.compile(r"api[ _]?key|credential|token.{0,20}environment", re.IGNORECASE)


class Late(Exception):
    """The time is over."""


class Cut(Exception):
    """The model reached its own limit of length."""


class Endless(Exception):
    """The model writes on and on."""


class Refused(Exception):
    """The model, or a filter in front of it, refuses to answer."""


_OURS: dict[type[Exception], tuple[str, str]] = {  # what it did, and what to do
    Late: ("did not finish in time", "Raise chat_timeout, or ask without chat_model."),
    Cut: (
        "stopped at its limit of length",
        "Raise the limit of its answers, or lower chat_sections.",
    ),
    Endless: (
        "did not stop writing",
        "It may be too small, or something makes it: ask without chat_model.",
    ),
    Refused: (
        "refused to answer",
        "Its maker or its server filters what it says: ask without chat_model.",
    ),
}


def in_plain_words(error: Exception, name: str, *, begun: bool = False) -> ModelUnavailable:
    """What happened and what to do.

    Args:
        error: `Late`, `Cut`, `Endless`, `Refused`, or whatever a provider's package raises.
        name: Of the chat model.
        begun: Whether it had said something by then.
    """
    if type(error) in _OURS:
        happened, hint = _OURS[type(error)]
        return ModelUnavailable(f"The chat model {name} {happened}.", hint=hint)
    _log.warning("The chat model %s: %s: %s", name, type(error).__name__, error)
    why, hint = _cause(error, begun)
    return ModelUnavailable(f"The chat model {name} did not answer: {why}.", hint=hint)


def unusable(error: Exception, name: str) -> ModelUnavailable:
    """Why a chat model cannot even be asked: its package, its key or its name."""
    said = next(iter(str(error).strip().splitlines()), "")
    hint = "Write it as provider:model, with a provider that LangChain knows."
    if isinstance(error, ImportError):
        hint = "Install its LangChain package."
    elif _NO_KEY.search(said):
        hint = "Set its key in the environment, as its LangChain package documents."
    return ModelUnavailable(f"The chat model {name!r} cannot be used: {said}", hint=hint)


def _cause(error: Exception, begun: bool) -> tuple[str, str]:
    status = getattr(error, "status_code", None) or getattr(error, "code", None)
    if _TOO_LONG.search(str(error)):
        return _STATUS[413]
    if isinstance(status, int) and status in _STATUS:
        return _STATUS[status]
    if isinstance(status, int) and status >= 500:
        return "its server has trouble", "Try again later, or ask without chat_model."
    lost = isinstance(error, ConnectionError) or _CONNECTION.search(type(error).__name__)
    if lost and begun:
        return "its connection broke off in the middle", "Try again, or ask without chat_model."
    if lost:
        return "its server cannot be reached", "Check chat_base_url, and whether it runs."
    if _NO_KEY.search(str(error)):
        return _STATUS[401]
    return f"an error of the kind {type(error).__name__}", _CHECK
