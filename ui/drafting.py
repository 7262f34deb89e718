"""`pullquote eval draft`: proposals from an index's posts, or from what readers voted on."""

from __future__ import annotations

from collections.abc import Iterable

from eval.gold import normalise
from eval.proposed import Proposed
from eval.reader_cases import reader_proposals
from rag.assistant import Assistant
from rag.errors import QuestionInvalid, SourceError
from rag.record import record
from ui.calibrating import EASIER, drafted_questions
from ui.feedback import Feedback, votes
from ui.show import count, progress_bar

_OURS = (
    "The sentences are those that are answered with now. Say yes only to those that you have read:"
    " else the program is graded by its own answers."
)


def from_posts(assistant: Assistant, most: int) -> tuple[tuple[Proposed, ...], str]:
    """Questions made of posts, and what to say of them.

    Raises:
        SourceError: The posts give none.
    """
    drafted, by = drafted_questions(assistant, most)
    if not drafted:
        raise SourceError(
            f"The posts of {assistant.settings.index} give no question.",
            hint="They need sentences that tell a time, a number or a name, or headings.",
        )
    told = f"{count(len(drafted), 'question', 'questions')} drafted by {by}. {EASIER}"
    return tuple(map(Proposed.of, drafted)), told


def from_votes(assistant: Assistant, most: int) -> tuple[tuple[Proposed, ...], str]:
    """Questions that readers voted on, the latest first, each asked again.

    A vote holds no answer and no turns before its question, so what is proposed is what the posts
    as they are now say to the question by itself.

    Raises:
        SourceError: There is no vote.
        ModelUnavailable: A model cannot be loaded or does not answer.
    """
    folder = assistant.settings.index
    if not (voted := by_question(votes(folder).all())):
        raise SourceError(
            f"No reader has voted on an answer from {folder}.",
            hint="Votes are kept where the setting keep_feedback is on.",
        )
    chosen = list(voted.values())[:most]
    proposals: list[Proposed] = []
    with progress_bar() as bar:
        task = bar.add_task("Asking", total=len(chosen), of=f"{len(chosen):,} questions")
        for given in chosen:
            question = given[0].question
            try:
                answer = record(assistant.ask(question))
            except QuestionInvalid:  # longer than is taken now, or empty
                continue
            finally:
                bar.advance(task)
            proposals += reader_proposals(question, answer, note=votes_note(given))
    told = f"{count(len(chosen), 'question', 'questions')} that readers voted on. {_OURS}"
    return tuple(proposals), told


def by_question(given: Iterable[Feedback]) -> dict[str, list[Feedback]]:
    """Votes on the same question together, whatever its case and spaces; the latest first."""
    found: dict[str, list[Feedback]] = {}
    for vote in reversed(list(given)):
        found.setdefault(normalise(vote.question), []).append(vote)
    return found


def votes_note(given: Iterable[Feedback]) -> str:
    """How many thought well of an answer and how many did not, with their reasons."""
    given = list(given)
    good = sum(one.good for one in given)
    told = [f"{good} good"] if good else []
    if bad := len(given) - good:
        reasons = ", ".join(dict.fromkeys(one.reason for one in given if one.reason))
        told.append(f"{bad} bad" + (f" ({reasons})" if reasons else ""))
    return f"voted {', '.join(told)}"
