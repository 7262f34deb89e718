"""The commands that grade answers. As in `ui/cli.py`, imports stand inside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ui.commands.cli_eval_data import register
from ui.commands.cli_options import Folder, Json

if TYPE_CHECKING:
    from eval.gate import Kept, Threshold

eval_app = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
register(eval_app)

Cases = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, metavar="FILE", help="Cases; else the sample's."),
]
BundledSet = Annotated[
    Literal["sample", "hostile"],
    typer.Option(
        "--bundled",
        help="Which bundled questions, where no --cases are given: about the sample site, or about"
        " posts that give orders.",
    ),
]
Corpus = Annotated[
    Literal["site", "clapnq", "xquad", "mtrag", "beir"] | None,
    typer.Option(help="Ask the questions of a public collection about its texts, from --data."),
]
Data = Annotated[
    Path | None,
    typer.Option(exists=True, metavar="PATH", help="The collection's folder, or a site's file."),
]
Cache = Annotated[
    Path,
    typer.Option(file_okay=False, metavar="DIR", help="Where a collection's index is kept."),
]
Split = Annotated[
    str, typer.Option(metavar="NAME", help="Of beir: the name of the file with judgments.")
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", "--output", file_okay=False, metavar="DIR", help="Write reports and answers here."
    ),
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with the run that was stopped in --out.")
]
Under = Annotated[
    list[str] | None,
    typer.Option(
        "--fail-under",
        metavar="METRIC=VALUE",
        help="End with 1 where the figure is lower; repeatable.",
    ),
]
Over = Annotated[
    list[str] | None,
    typer.Option(
        "--fail-over",
        metavar="METRIC=VALUE",
        help="End with 1 where the figure is higher, for those of which lower is better;"
        " repeatable.",
    ),
]
System = Annotated[
    str | None,
    typer.Option(
        metavar="SYSTEM",
        help="Grade this instead: words, meaning, langchain-default, llamaindex-default,"
        " module:function, or an address, such as http://127.0.0.1:11434/v1.",
    ),
]
Model = Annotated[
    str | None, typer.Option(metavar="NAME", help="What a /v1 server is asked for; else its only.")
]
Timeout = Annotated[
    float,
    typer.Option(min=0.1, max=86_400, metavar="SECONDS", help="Until a system's answer fails."),
]
RefusedWhen = Annotated[
    list[str] | None,
    typer.Option(
        "--refused-when", metavar="TEXT", help="A system's answer with it is a refusal; repeatable."
    ),
]
Workers = Annotated[
    int,
    typer.Option(min=1, max=64, metavar="N", help="Ask an address so many cases at once."),
]
Baselines = Annotated[
    bool,
    typer.Option(
        help="Grade words alone, meaning alone, cite everything and cite nothing beside it."
    ),
]
Report = Annotated[
    Path,
    typer.Argument(exists=True, metavar="REPORT", help="A report.json, or the folder it is in."),
]


@eval_app.callback()
def evaluate(
    context: typer.Context,
    cases: Cases = None,
    index: Folder = None,
    bundled: BundledSet = "sample",
    corpus: Corpus = None,
    data: Data = None,
    cache: Cache = Path("corpora"),
    split: Split = "test",
    out: Out = None,
    resume: Resume = False,
    fail_under: Under = None,
    fail_over: Over = None,
    system: System = None,
    model: Model = None,
    timeout: Timeout = 120,
    refused_when: RefusedWhen = None,
    workers: Workers = 1,
    baselines: Baselines = True,
    json: Json = False,
) -> None:
    """Measure how good the answers are.

    Without --cases and --index: bundled questions on a bundled site.
    """
    if context.invoked_subcommand:
        return
    if resume and not out:
        raise typer.BadParameter("--resume needs --out: the folder of the run that was stopped.")
    if system and not (cases or corpus):
        raise typer.BadParameter("--system needs --cases or --corpus: it does not know the sample.")
    if bundled != "sample" and (cases or index or corpus):
        raise typer.BadParameter("--bundled has cases and an index of its own.")
    _refuse_half_a_collection(corpus, data, cases, index)
    from eval.systems.by_name import Asking, is_address
    from ui.commands.evaluating import evaluate_cases, open_collection, report_text

    if workers > 1 and not (system and is_address(system)):
        raise typer.BadParameter("--workers is for a --system with an address.")
    thresholds = _thresholds(fail_under, fail_over)
    asking = Asking(timeout, model, tuple(refused_when or ()))
    collection = None
    if corpus and data:
        collection = open_collection(corpus, data, cases=cases, split=split, cache=cache)
        typer.echo(collection.provenance, err=True)
    result, kept = evaluate_cases(
        cases, index, out=out, resume=resume, thresholds=thresholds, system=system, asking=asking,
        bundled=bundled, collection=collection, workers=workers, baselines=baselines,
    )  # fmt: skip
    typer.echo(report_text(result, json=json))
    _tell_missed(kept)
    if result.grades.failed or not all(one.ok for one in kept):
        raise typer.Exit(1)


def _refuse_half_a_collection(
    corpus: str | None, data: Path | None, cases: Path | None, index: Path | None
) -> None:
    if (corpus is None) != (data is None):
        raise typer.BadParameter("--corpus and --data belong together.")
    if corpus and index:
        raise typer.BadParameter("--corpus has an index of its own, in --cache.")
    if corpus and (corpus == "site") == (cases is None):
        raise typer.BadParameter("--cases go with --corpus site, which needs them, and no other.")


@eval_app.command()
def again(
    cases: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, metavar="CASES", help="What is asked.")
    ],
    out: Annotated[
        Path,
        typer.Argument(
            file_okay=False, metavar="REPORT", help="The folder of the report; made the first time."
        ),
    ],
    index: Folder = None,
    fail_under: Under = None,
    fail_over: Over = None,
) -> None:
    """Ask cases again, as after a sync, and say which answers changed or lost their source.

    The report in the folder is what they are compared with, and is replaced. Ends with 1 where an
    answer got worse, a case has lost its gold or failed, or a threshold was missed.
    """
    from ui.commands.rerun import ask_again

    done = ask_again(cases, index, out, thresholds=_thresholds(fail_under, fail_over))
    typer.echo(done.told)
    _tell_missed(done.kept)
    if not done.ok:
        raise typer.Exit(1)


def _thresholds(under: Sequence[str] | None, over: Sequence[str] | None) -> list[Threshold]:
    from eval.gate import threshold

    return [
        *(threshold(one, "under") for one in under or ()),
        *(threshold(one, "over") for one in over or ()),
    ]


def _tell_missed(kept: Sequence[Kept]) -> None:
    for one in kept:
        if not one.ok:
            typer.echo(f"Threshold missed: {one.told}.", err=True)


@eval_app.command()
def compare(
    before: Report,
    now: Report,
    shared: Annotated[
        bool, typer.Option("--shared", help="Where the cases differ, compare those in both.")
    ] = False,
    json: Json = False,
) -> None:
    """Say what got better and what got worse from one report to another.

    Nothing is called better or worse that may be chance.
    """
    from eval.compare_text import comparison_json, comparison_text
    from ui.commands.evaluating import compare_folders

    found = compare_folders(before, now, shared_only=shared)
    typer.echo((comparison_json if json else comparison_text)(found).rstrip())
