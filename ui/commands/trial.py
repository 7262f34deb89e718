"""What `pullquote doctor --chat-model` shows."""

from __future__ import annotations

from eval.chat_trial import Trial, try_model
from rag.settings import Settings
from ui.show import count, progress_bar, say


def show_trial(settings: Settings) -> bool:
    """Try the chat model, say how it did, and whether it is good enough.

    Raises:
        IndexMissing, IndexMismatch, IndexDamaged, ModelUnavailable: As `eval.chat_trial.try_model`.
    """
    with progress_bar() as bar:
        task = bar.add_task("Asking", total=None, of="…")

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, of=count(total, "question", "questions"))

        trial = try_model(settings, on_progress=show)
    for line in lines(trial):
        say(line)
    return trial.good


def lines(trial: Trial) -> list[str]:
    """The figures and the verdict."""
    written = round(trial.total(lambda one: one.written))
    pointing = round(trial.total(lambda one: one.pointing))
    rejected = written - round(trial.total(lambda one: one.shown))
    questions = len(trial.tried)
    asked, said, seconds = (
        trial.total(value) / max(1, questions)
        for value in (lambda one: one.asked_tokens, lambda one: one.said_tokens,
                      lambda one: one.seconds)
    )  # fmt: skip
    asked_of = count(questions, "question", "questions")
    failed = f", {len(trial.failures)} failed" if trial.failures else ""
    return [
        f"The chat model {trial.model}, {asked_of} made of the posts:",
        f"  answered       {trial.answered} of {questions}{failed}",
        f"  valid numbers  {_share(pointing, written)} of its sentences",
        f"  rejected       {_share(rejected, written)} of its sentences",
        f"  tokens         {asked:,.0f} asked and {said:,.0f} said for a question",
        f"  time           {seconds:.1f} s for a question",
        f"{'ok   ' if trial.good else 'WRONG'}  {trial.verdict}",
    ]


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.0%})" if whole else "none of 0"
