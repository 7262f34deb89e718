"""`pullquote calibrate`: questions from the posts, the refusal fitted on them, before and after."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from eval.cases.cases import load_cases
from eval.cases.draft import Drafted, draft, draft_with, sampled_posts
from eval.fit.hide import Hiding
from eval.fit.near_words import NearWords
from eval.fit.refit import Compared, Measured, Refit, measure, measure_drafted, refit
from rag.assistant import Assistant
from rag.backends import load_condenser
from rag.chat.condense import ChatCondenser
from rag.index.own_calibration import keep
from rag.place import Where
from rag.settings import Settings
from ui.show import progress_bar, say

SPARE = 2  # posts that are looked at for each question that is wanted
EASIER = "Drafted questions use the posts' own words and are easier than readers' questions."
_DRAFTED_ALONE = "These figures say how drafted ones are told apart, and nothing about readers."


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What came of it."""

    refit: Refit
    kept: bool


def calibrate(settings: Settings, *, questions: int, cases: Path | None, force: bool) -> Calibrated:
    """Fit the refusal for the settings' index, and keep it where nothing speaks against it.

    Args:
        settings: All of them; a chat model, where one is set, drafts the questions.
        questions: So many are drafted, at most.
        cases: Labelled questions of readers, which are graded and not fitted on.
        force: Keep it whatever speaks against it.

    Raises:
        SourceError: The posts give too few questions, or the cases cannot be read.
        IndexMissing, IndexMismatch, IndexDamaged, IndexBusy, IndexUnwritable: As they say.
        ModelUnavailable: A model cannot be loaded or does not answer.
    """
    labelled = load_cases(cases) if cases else ()
    with Assistant(settings) as assistant, progress_bar() as bar:
        pipeline = assistant.pipeline
        task = bar.add_task("Drafting", total=None, of="…")

        def show(done: int, total: int) -> None:
            bar.update(
                task, description="Asking", completed=done, total=total, of=f"{total:,} questions"
            )

        drafted, drafted_by = drafted_questions(assistant, questions, reworded=True)
        hiding = Hiding(assistant.index, pipeline.embedder)
        pairs = measure_drafted(drafted, pipeline, hiding, on_progress=show)
        graded: list[Measured] = []
        for done, case in enumerate(labelled, 1):
            one = measure(case.question, pipeline, answerable=case.answerable, history=case.history)
            graded += [one] if one else []
            show(done, len(labelled))
        found = refit(pairs, pipeline, drafted_by=drafted_by, cases=graded)
    kept = force or not found.objection
    if kept:
        keep(settings.place, found.own)
    return Calibrated(found, kept)


def drafted_questions(
    assistant: Assistant, n: int, *, reworded: bool
) -> tuple[tuple[Drafted, ...], str]:
    """At most so many questions made of the posts, and who made them.

    Args:
        assistant: Its posts; its chat model, where it has one, writes the questions.
        n: How many.
        reworded: Without a chat model, in other words than the post's; else as a person mends them.
    """
    pipeline = assistant.pipeline
    posts = sampled_posts(assistant.index, SPARE * n)
    chat = load_condenser(pipeline.writer)
    if isinstance(chat, ChatCondenser):
        return draft_with(posts, n, chat.draft), chat.name
    near = NearWords(posts, pipeline.embedder) if reworded else None
    return draft(posts, n, near), "rules"


def print_calibrated(done: Calibrated, place: Where) -> None:
    """Before and after, what was not measured, and what counts now."""
    own = done.refit.own
    say(
        f"{own.questions // 2:,} questions drafted by {own.drafted_by}, each asked with the post"
        " that it was made of and with that post hidden."
    )
    say(f"\nOn drafted questions that were not fitted on ({own.questions:,}):")
    _print_figures(done.refit.drafted)
    say(f"{EASIER} {_DRAFTED_ALONE}")
    if done.refit.cases:
        say("\nOn your cases, none of which was fitted on:")
        _print_figures(done.refit.cases)
    if done.refit.objection:
        say(f"\nAgainst it: {done.refit.objection}")
    if done.kept:
        say(f"\nKept: {place} now refuses as fitted here. `--reset` takes it away.")
    else:
        say("\nNot kept: what is shipped still counts. `--force` keeps it nevertheless.")


def _print_figures(figures: tuple[Compared, ...]) -> None:
    width = max(len(one.name) for one in figures)
    say(f"  {'':<{width}}  {'before':<20} {'after':<20} change")
    for one in figures:
        n = f"  (n {one.before.n:,})" if one.before else ""
        cells = [
            f"{e.value:{s}.3f} [{e.low:{s}.3f}, {e.high:{s}.3f}]" if e else "not defined"
            for e, s in ((one.before, ""), (one.after, ""), (one.change, "+"))
        ]
        say(f"  {one.name:<{width}}  {cells[0]:<20} {cells[1]:<20} {cells[2]}{n}")
