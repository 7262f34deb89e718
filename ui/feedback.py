"""What readers ask and think of answers, where the owner wants to keep it: files of the index.

Nothing of a post is kept with it, so that what is forgotten of an index is forgotten here too.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

from rag.settings import Settings
from rag.types import Answer
from ui.kept import Kept, today

_VOTES, _QUESTIONS = "feedback.jsonl", "unanswered.jsonl"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Feedback:
    """One vote. Nothing in it says who gave it."""

    day: str
    """UTC, such as "2026-05-03"; not the hour."""
    question: str
    good: bool
    reason: str = ""
    turn: str = field(default="", compare=False)
    """The browser's name for the answer, made up for it; a later vote of the same name counts."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question that the posts do not answer. Nothing in it says who asked it."""

    day: str
    """UTC; not the hour."""
    question: str


def votes(folder: Path) -> Kept[Feedback]:
    """Those of an index."""
    return Kept(folder / _VOTES, Feedback, same=lambda one: one.turn)


def unanswered(folder: Path) -> Kept[Unanswered]:
    """Those that were asked of an index."""
    return Kept(folder / _QUESTIONS, Unanswered)


def note_unanswered(answer: Answer, settings: Settings) -> None:
    """Keep the question of a complete answer that says nothing, where the owner wants it kept."""
    if not settings.keep_questions or not answer.complete or answer.answered:
        return
    try:
        one = Unanswered(today(), answer.query.question.strip())
        unanswered(settings.index).add(one)
    except OSError as error:  # the reader has an answer all the same
        _log.warning("A question could not be kept: %s", error)


def expire(settings: Settings) -> int:
    """Delete what was kept for as long as the owner wants it kept; how much that was."""
    folder, days = settings.index, settings.keep_days
    return votes(folder).expire(days) + unanswered(folder).expire(days)
