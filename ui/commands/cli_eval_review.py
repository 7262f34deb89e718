"""The commands by which people and models judge answers. Imports stand inside them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.commands.cli_options import ChatModel, Folder, Json, Page, Port, port_of_page


def review(
    report: Annotated[
        Path,
        typer.Argument(
            exists=True, metavar="REPORT", help="A folder of `eval --out`, or its answers.jsonl."
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--out", file_okay=False, metavar="DIR", help="Write sheets for two people."),
    ] = None,
    page: Page = False,
    port: Port = 0,
    questions: Annotated[
        int, typer.Option(min=2, max=5000, metavar="N", help="Draw at most so many answers.")
    ] = 50,
    labels: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True, dir_okay=False, metavar="FILE", help="A sheet that was filled; up to two."
        ),
    ] = None,
    judge: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Put this judge right: words, meaning, shipped or module:function."
        ),
    ] = None,
    cases: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, metavar="FILE", help="Put their gold right."),
    ] = None,
    index: Folder = None,
    json: Json = False,
) -> None:
    """Let two people judge answers, and say how far they agree.

    With --out it writes the sheets, and with --page it shows them on a page that fills them; with
    --labels it reads them back, and corrects a judge's figure over all answers by what people said
    of some. A judge that filtered the answers is refused.
    """
    if (output is None) == (not labels):
        raise typer.BadParameter("Give --out to write sheets, or --labels to read them.")
    if page and not output:
        raise typer.BadParameter("--page needs --out: the folder of the sheets.")
    port_of_page(port, page=page)
    from eval.judging.review_figures import reviews_json, reviews_text
    from rag.settings import load_settings
    from ui.commands.reviewing import review_figures, sheets_for_people, sheets_on_page, then_review
    from ui.show import count

    if output and page:
        colour = load_settings().site_colour
        sheets_on_page(report, output, questions, colour=colour, port=port)
        return
    if output:
        found = count(sheets_for_people(report, output, questions), "sentence", "sentences")
        typer.echo(f"{found} in each of two sheets in {output}. Write yes or no in both columns.")
        typer.echo(f"Then: {then_review(report, output)}")
        return
    reviews = review_figures(
        report, labels or (), load_settings(index=index), judge=judge, cases=cases
    )
    typer.echo((reviews_json if json else reviews_text)(reviews).rstrip())


def citations(
    report: Annotated[
        Path,
        typer.Argument(
            exists=True, metavar="REPORT", help="A folder of `eval --out`, or its answers.jsonl."
        ),
    ],
    judge: Annotated[
        str,
        typer.Option(metavar="NAME", help="words, meaning, shipped, chat or module:function."),
    ],
    at: Annotated[
        float | None,
        typer.Option(metavar="SCORE", help="It passes a sentence from here on; else its own."),
    ] = None,
    cases: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, metavar="FILE", help="Only those that have no gold."
        ),
    ] = None,
    index: Folder = None,
    chat_model: ChatModel = None,
    json: Json = False,
) -> None:
    """Estimate citation recall and precision by a judge, where no gold is marked.

    The figures are ALCE's, as right as the judge is. The one that filtered the answers is refused.
    """
    from eval.judging.alce import judged_json, judged_text
    from rag.settings import load_settings
    from ui.commands.reviewing import citations_by

    settings = load_settings(index=index, chat_model=chat_model)
    found = citations_by(report, settings, judge=judge, at=at, cases=cases)
    typer.echo((judged_json if json else judged_text)(found).rstrip())
