"""What `eval` does with files of data. As in `ui/cli.py`, imports stand inside the commands."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from ui.commands.cli_eval_review import citations, review
from ui.commands.cli_options import ChatModel, Folder, Json, Page, Port, port_of_page


def register(eval_app: typer.Typer) -> None:
    """Put the commands of this file under `eval`."""
    for command in (judge, check, draft, accept, review, citations):
        eval_app.command()(command)


def judge(
    datasets: Annotated[
        list[str],
        typer.Argument(
            metavar="DATASET...",
            help="wice, expertqa, attributionbench, faithbench, begin, qags, mtrag.",
        ),
    ],
    folder: Annotated[
        Path,
        typer.Argument(exists=True, file_okay=False, metavar="FOLDER", help="Where its files lie."),
    ],
    judges: Annotated[
        list[str] | None,
        typer.Option(
            "--judge",
            metavar="NAME",
            help="words, meaning, shipped, chat or module:function; repeatable.",
        ),
    ] = None,
    index: Folder = None,
    chat_model: ChatModel = None,
    output: Annotated[
        Path | None,
        typer.Option("--out", dir_okay=False, metavar="FILE", help="Write the JSON here as well."),
    ] = None,
    json: Json = False,
) -> None:
    """Hold judges of support against people's labels.

    The sets are read as they were published, from a folder of yours. A set leaves out what stands
    in one that is named before it.
    """
    from eval.judging.report import judges_json, judges_text
    from rag.settings import load_settings
    from ui.commands.judging import judge_sets

    settings = load_settings(index=index, chat_model=chat_model)
    wanted = judges or ["words", "meaning", "shipped"]
    grades = judge_sets(datasets, folder, wanted, settings, index=index)
    if output:
        output.write_text(judges_json(grades, settings), encoding="utf-8", newline="\n")
    typer.echo((judges_json if json else judges_text)(grades, settings).rstrip())


def check(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, metavar="FILE", help="Cases.")
    ],
    index: Folder = None,
) -> None:
    """Say what is wrong with a file of cases, line by line.

    With --index also which gold sentences that index does not hold.
    """
    from eval.cases.check import check_cases
    from ui.show import count

    checked = check_cases(file)
    remarks = list(checked.remarks)
    if index:
        from contextlib import closing

        from eval.cases.in_index import check_gold
        from rag.index.index import Index
        from rag.settings import load_settings

        with closing(Index(load_settings(index=index).place)) as opened:
            remarks += check_gold(checked.cases, opened)
    for one in sorted(remarks, key=lambda one: one.line):
        typer.echo(f"{file}:{one.line}: {'' if one.mistake else '(perhaps) '}{one.told}")
    mistakes = sum(one.mistake for one in remarks)
    if mistakes:
        typer.echo(f"{count(mistakes, 'mistake', 'mistakes')}.")
        raise typer.Exit(1)
    typer.echo(f"{count(len(checked.cases), 'case', 'cases')}, no mistake.")


def draft(
    index: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, metavar="INDEX", help="Its folder.")
    ],
    output: Annotated[
        Path, typer.Option("--out", dir_okay=False, metavar="FILE", help="The sheet, as CSV.")
    ],
    questions: Annotated[
        int, typer.Option(min=1, max=5000, metavar="N", help="Draft at most so many.")
    ] = 100,
    from_feedback: Annotated[
        bool,
        typer.Option(
            "--from-feedback", help="Take what readers voted on or asked in vain, the latest first."
        ),
    ] = False,
    chat_model: ChatModel = None,
    page: Page = False,
    port: Port = 0,
) -> None:
    """Propose cases from an index's own posts, or from readers' questions, for a person to accept.

    The sheet opens in any spreadsheet, or with --page in the browser. Nothing in it counts until
    yes stands under `accept`.
    """
    port_of_page(port, page=page)
    from eval.cases.proposed import write_proposals
    from rag.assistant import Assistant
    from rag.errors import SourceError
    from rag.settings import load_settings
    from ui.commands.drafting import from_posts, from_readers, proposals_on_page

    if output.exists() and not page:
        raise SourceError(
            f"{output} is there already.",
            hint="What was accepted in it would be lost; --page goes on with it.",
        )
    settings = load_settings(index=index, chat_model=chat_model)
    if not output.exists():
        propose = from_readers if from_feedback else from_posts
        with Assistant(settings) as assistant:
            proposals, told = propose(assistant, questions)
        write_proposals(proposals, output)
        typer.echo(told)
    then = shlex.join(["pullquote", "eval", "accept", str(output), "--out", "cases.jsonl"])
    if page:
        proposals_on_page(output, then, colour=settings.site_colour, port=port)
    else:
        typer.echo(f"Write yes under `accept` in {output}, then: {then}")


def accept(
    sheet: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, metavar="SHEET", help="Of `eval draft`.")
    ],
    output: Annotated[
        Path, typer.Option("--out", dir_okay=False, metavar="FILE", help="The cases.")
    ],
) -> None:
    """Make cases of the accepted lines of a sheet, and check them."""
    from eval.cases.check import check_cases
    from eval.cases.proposed import accepted_lines
    from rag.errors import SourceError
    from ui.show import count

    lines = accepted_lines(sheet)
    if not lines:
        raise SourceError(f"Nothing in {sheet} is accepted.", hint="Write yes under accept.")
    output.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
    checked = check_cases(output)
    for one in checked.remarks:
        typer.echo(f"{output}:{one.line}: {'' if one.mistake else '(perhaps) '}{one.told}")
    typer.echo(f"{count(len(lines), 'case', 'cases')} written to {output}.")
    if checked.mistakes:
        raise typer.Exit(1)
