"""The command that fits the refusal to an index. As in `ui/cli.py`, imports stand inside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.commands.cli_options import Folder


def calibrate(
    index: Folder = None,
    cases: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            metavar="FILE",
            help="Labelled questions of readers, to grade it by; as `eval` takes them.",
        ),
    ] = None,
    questions: Annotated[
        int, typer.Option(min=40, max=5000, metavar="N", help="Draft at most so many.")
    ] = 200,
    force: Annotated[
        bool, typer.Option("--force", help="Keep what was fitted whatever speaks against it.")
    ] = False,
    reset: Annotated[
        bool, typer.Option("--reset", help="Take away what was fitted for the index, and stop.")
    ] = False,
    chat_model: Annotated[
        str | None,
        typer.Option(metavar="PROVIDER:MODEL", help="Let this chat model draft the questions."),
    ] = None,
) -> None:
    """Fit to an index when a question is refused.

    Questions are drafted from its posts, and asked with the post and with it hidden. What is
    fitted on them is kept only where cases show that it is no worse for readers.
    """
    from rag.settings import load_settings

    settings = load_settings(index=index, chat_model=chat_model)
    if reset:
        from rag.index.own_calibration import reset as take_away

        there = take_away(settings.place)
        typer.echo("Taken away: what is shipped counts." if there else "There was nothing of it.")
        return
    from ui.commands.calibrating import calibrate as fit
    from ui.commands.calibrating import print_calibrated

    done = fit(settings, questions=questions, cases=cases, force=force)
    print_calibrated(done, settings.place)
    if not done.kept:
        raise typer.Exit(1)
