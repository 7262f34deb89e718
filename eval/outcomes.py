"""What became of a case in one word, for lists of questions, and for follow-up accuracy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

from eval.figures import CaseGrade


class Outcome(StrEnum):
    """In the order from best to worst."""

    RIGHT = "right"
    """Cites a gold sentence of each part, says what it must and nothing that it must not."""
    REFUSED = "rightly refused"
    UNGRADED = "answered, not graded"
    """The posts answer it, and the case says nothing of how: neither gold nor what must be said."""
    PARTLY = "partly right"
    """Cites a gold sentence or a gold section of a part, or says what it must; not all of it."""
    WRONG = "wrong"
    """Answered, with nothing of the gold, or with what it must not say."""
    FALSE_REFUSAL = "wrongly refused"
    """The posts answer it."""
    FALSE_ANSWER = "wrongly answered"
    """The posts do not answer it."""
    FAILED = "failed"
    """There is no answer to grade."""


GOOD = frozenset({Outcome.RIGHT, Outcome.REFUSED, Outcome.UNGRADED})
"""Against which nothing is known."""
_WORTH = {
    Outcome.RIGHT: 3, Outcome.REFUSED: 3, Outcome.UNGRADED: 3, Outcome.PARTLY: 2, Outcome.WRONG: 1,
    Outcome.FALSE_REFUSAL: 1, Outcome.FALSE_ANSWER: 1, Outcome.FAILED: 0,
}  # fmt: skip


def outcome(one: CaseGrade) -> Outcome:
    """Of a graded case."""
    if one.failed is not None:
        return Outcome.FAILED
    if not one.answerable:
        return Outcome.FALSE_ANSWER if one.answered else Outcome.REFUSED
    if not one.answered:
        return Outcome.FALSE_REFUSAL
    if one.avoids == 0:
        return Outcome.WRONG
    cited = one.citations
    says = one.says is None or one.says == 1
    if cited is None:
        return Outcome.UNGRADED if one.says is None else Outcome.RIGHT if says else Outcome.WRONG
    if cited.recall == 1:
        return Outcome.RIGHT if says else Outcome.PARTLY
    some = cited.recall > 0 or cited.section_recall > 0 or one.says == 1
    return Outcome.PARTLY if some else Outcome.WRONG


def outcomes(graded: Sequence[CaseGrade]) -> dict[Outcome, int]:
    """How many cases had each outcome, best first; those that none had are there with 0.

    "Not graded" is there only where a case has it.
    """
    found = Counter(map(outcome, graded))
    return {one: found[one] for one in Outcome if found[one] or one is not Outcome.UNGRADED}


def changed(before: Outcome, now: Outcome) -> int:
    """1 where a case's outcome became better, -1 where it became worse, else 0.

    The four grades are right, partly right, not right, failed: whether a wrong answer is worse
    than a wrong refusal is for people to say.
    """
    return (_WORTH[now] > _WORTH[before]) - (_WORTH[now] < _WORTH[before])
