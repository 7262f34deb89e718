"""Whoever is graded may break in any way: which failures count alone, and how they are told."""

from __future__ import annotations

import logging

from rag.errors import ModelUnavailable, PullquoteError, QuestionInvalid

_log = logging.getLogger(__name__)


def why_failed(error: Exception, id_: str) -> str:
    """Why a question alone came to nothing, in words.

    Args:
        error: What it ended with. One that would fail every question alike is raised again.
        id_: Of the question, for the log.

    Raises:
        PullquoteError: The index is damaged, of another model, and the like.
    """
    if isinstance(error, QuestionInvalid | ModelUnavailable):
        return error.problem
    if isinstance(error, PullquoteError):
        raise error
    _log.warning("Case %s broke.", id_, exc_info=error)
    return f"{type(error).__name__}: {error}"
