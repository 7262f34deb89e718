"""The command that shows and deletes what readers think of answers.

As in `ui/cli.py`, what it needs is imported inside it.
"""

from __future__ import annotations

from typing import Annotated

import typer

from ui.cli_options import Folder, Json


def feedback(
    index: Folder = None,
    delete: Annotated[bool, typer.Option("--delete", help="Delete all of it.")] = False,
    json: Json = False,
) -> None:
    """Show what readers think of answers.

    It is kept only where the setting "keep_feedback" is on: the day, the question, the thumb and
    the reason, and nothing about the reader.
    """
    from dataclasses import asdict
    from json import dumps

    from rag.settings import load_settings
    from ui import feedback as votes
    from ui.show import count, print_feedback, say

    folder = load_settings(index=index).index
    if delete:
        say(f"{count(votes.delete(folder), 'vote', 'votes')} deleted.")
        return
    found = list(votes.kept(folder))
    if json:
        for one in found:
            typer.echo(dumps(asdict(one), ensure_ascii=False))
    else:
        print_feedback(found)
