"""`pullquote eval draft`: proposals from an index's posts, or from what readers asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from eval.cases.draft import sampled_posts
from eval.cases.from_readers import reader_proposals
from eval.cases.gold import normalise
from eval.cases.proposed import Proposed
from eval.cases.swapped import near_proposals
from rag.assistant import Assistant
from rag.errors import QuestionInvalid, SourceError
from rag.record import record
from rag.understanding.pointing import leans_back
from ui.commands.calibrating import EASIER, SPARE, drafted_questions
from ui.feedback import Feedback, Unanswered, unanswered, votes
from ui.show import count, progress_bar

_Kept = Feedback | Unanswered
_NEAR = 4  # of so many questions one is close to what the posts say, and not answered by them
_POINTS_BACK = (
    "it may point back at turns that are not kept: word it so that it stands by itself, or write"
    " what was asked before under history"
)
_OURS = (
    "The sentences are those that are answered with now. Say yes only to those that you have read:"
    " else the program is graded by its own answers."
)


def from_posts(assistant: Assistant, most: int) -> tuple[tuple[Proposed, ...], str]:
    """Questions made of posts, and what to say of them.

    Raises:
        SourceError: The posts give none.
    """
    near = near_proposals(sampled_posts(assistant.index, SPARE * most), most // _NEAR)
    drafted, by = drafted_questions(assistant, most - len(near), reworded=False)
    if not drafted:
        raise SourceError(
            f"The posts of {assistant.settings.index} give no question.",
            hint="They need sentences that tell a time, a number or a name, or headings.",
        )
    told = (
        f"{count(len(drafted), 'question', 'questions')} drafted by {by}. {EASIER} {_none_of(near)}"
    )
    return (*map(Proposed.of, drafted), *near), told


def _none_of(near: Sequence[Proposed]) -> str:
    mend = (
        "Mend their wording, and add some that the posts do not answer, with false under"
        " `answerable`."
    )
    if not near:
        return mend
    made = count(len(near), "more is", "more are")
    return (
        f"{made} close to what a post says, with a name or a year of another one, and perhaps"
        f" answered by none: look before you accept those. {mend}"
    )


def from_readers(assistant: Assistant, most: int) -> tuple[tuple[Proposed, ...], str]:
    """Questions that readers voted on or asked in vain, the latest first, each asked again.

    No answer is kept with them and no turn before, so what is proposed is what the posts as they
    are now say to the question by itself. Where it may point back at what was said before,
    the note says so.

    Raises:
        SourceError: None is kept.
        ModelUnavailable: A model cannot be loaded or does not answer.
    """
    folder = assistant.settings.index
    kept = by_question([*votes(folder).all(), *unanswered(folder).all()])
    if not kept:
        raise SourceError(
            f"No reader has voted on an answer from {folder}, or asked in vain.",
            hint="Votes are kept with the setting keep_feedback, such questions with"
            " keep_questions.",
        )
    chosen = list(kept.values())[:most]
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
            proposals += reader_proposals(
                question, answer, note=note_of(given) + _leaning(question)
            )
    told = f"{count(len(chosen), 'question', 'questions')} of readers. {_OURS}"
    return tuple(proposals), told


def _leaning(question: str) -> str:
    return f"; {_POINTS_BACK}" if leans_back(question) else ""


def proposals_on_page(sheet: Path, then: str, *, colour: str, port: int) -> None:
    """Let somebody mend and accept proposals on a page, until Ctrl-C.

    Args:
        sheet: Of `eval.cases.proposed`.
        then: The command that makes cases of it.
        colour: Of the page.
        port: Of the page, where it is free.

    Raises:
        SourceError: It cannot be read.
    """
    from ui.marking.kinds import DRAFT, Sheet
    from ui.marking.server import on_page

    on_page([Sheet("proposals", sheet, DRAFT)], then, colour=colour, port=port)


def by_question(given: Iterable[_Kept]) -> dict[str, list[_Kept]]:
    """What is kept of the same question, whatever its case and spaces; the latest first."""
    found: dict[str, list[_Kept]] = {}
    for one in sorted(given, key=lambda one: one.day, reverse=True):
        found.setdefault(normalise(one.question), []).append(one)
    return found


def note_of(given: Iterable[_Kept]) -> str:
    """What readers thought of the answers, with their reasons, and how often there was none."""
    given = list(given)
    voted = [one for one in given if isinstance(one, Feedback)]
    good = sum(one.good for one in voted)
    told = [f"voted good: {good}"] if good else []
    if bad := len(voted) - good:
        reasons = ", ".join(dict.fromkeys(one.reason for one in voted if one.reason))
        told.append(f"voted bad: {bad}" + (f" ({reasons})" if reasons else ""))
    if vain := len(given) - len(voted):
        told.append(f"asked in vain: {vain}")
    return "; ".join(told)
