"""The command that shows and deletes what readers ask and think of answers.

As in `ui/cli.py`, what it needs is imported inside it.
"""

from __future__ import annotations

from typing import Annotated

import typer

from ui.commands.cli_options import Folder, Json


def feedback(
    index: Folder = None,
    questions: Annotated[
        bool,
        typer.Option("--questions", help="The questions to which no answer was found, instead."),
    ] = False,
    delete: Annotated[bool, typer.Option("--delete", help="Delete all of it.")] = False,
    json: Json = False,
) -> None:
    """Show what readers think of answers, or what they asked without an answer.

    Votes are kept only where the setting "keep_feedback" is on: the day, the question, the thumb
    and the reason. Questions only with "keep_questions": the day and the question. Nothing is kept
    about the reader, and nothing for longer than "keep_days".
    """
    from dataclasses import asdict
    from json import dumps

    from rag.settings import load_settings
    from ui.feedback import expire, unanswered, votes
    from ui.show import count, print_feedback, print_unanswered, say

    settings = load_settings(index=index)
    expire(settings)
    if delete:
        kept = unanswered(settings.index) if questions else votes(settings.index)
        names = ("question", "questions") if questions else ("vote", "votes")
        say(f"{count(kept.delete(), *names)} deleted.")
        return
    asked, voted = unanswered(settings.index).all(), votes(settings.index).all()
    if json:
        for one in asked if questions else voted:
            typer.echo(dumps(asdict(one), ensure_ascii=False))
    elif questions:
        print_unanswered(asked)
    else:
        print_feedback(voted)
