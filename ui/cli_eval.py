"""The commands under `eval`. As in `ui/cli.py`, imports stand inside them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.cli_eval_data import register
from ui.cli_options import Folder, Json

eval_app = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
register(eval_app)


@eval_app.callback()
def evaluate(
    context: typer.Context,
    cases: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, metavar="FILE", help="Cases; else the sample's."),
    ] = None,
    index: Folder = None,
    output: Annotated[
        Path | None,
        typer.Option(file_okay=False, metavar="DIR", help="Write report and answers here."),
    ] = None,
    json: Json = False,
) -> None:
    """Measure how good the answers are.

    Without --cases and --index: the bundled questions on the bundled sample site.
    """
    if context.invoked_subcommand is not None:
        return
    from eval.report import json_report, text_report
    from ui.evaluating import evaluate_cases, write_reports

    result = evaluate_cases(cases, index)
    if output:
        write_reports(result, output)
    typer.echo((json_report if json else text_report)(result).rstrip())
    if result.grades.failed:
        raise typer.Exit(1)
