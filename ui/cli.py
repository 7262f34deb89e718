"""The command line: what may be typed, and errors as two lines. The home of Typer, with `cli_*`.

What a command needs is imported inside it: `pullquote --help` must not wait for torch.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from rag.errors import PullquoteError
from ui.commands.cli_calibrate import calibrate
from ui.commands.cli_doors import key, mcp
from ui.commands.cli_eval import eval_app
from ui.commands.cli_feedback import feedback
from ui.commands.cli_index import COMMANDS
from ui.commands.cli_ingest import complain, ingest
from ui.commands.cli_options import ChatModel, Folder, Json

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.types import Filters


class _Commands(TyperGroup):
    """Ends every command's failure with two lines and an exit code, never with a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except PullquoteError as error:
            complain(error.problem, error.hint)
            raise typer.Exit(1) from error
        except KeyboardInterrupt:
            typer.echo("Interrupted.", err=True)
            raise typer.Exit(130) from None
        except BrokenPipeError:  # Typer ends quietly when `| head` has seen enough
            raise
        except OSError as error:
            complain(f"{error.strerror or error}.", f"Look at {error.filename or 'the disk'}.")
            raise typer.Exit(1) from error


app = typer.Typer(
    cls=_Commands,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_DAY = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]
Names = list[str] | None  # an option that may stand several times
Author = Annotated[Names, typer.Option(metavar="NAME", help="Only this author; repeatable.")]
Category = Annotated[Names, typer.Option(metavar="NAME", help="Only this category; repeatable.")]
Tag = Annotated[Names, typer.Option(metavar="NAME", help="Only this tag; repeatable.")]
Day = datetime | None
Since = Annotated[
    Day, typer.Option(formats=_DAY, metavar="DATE", help="Only posts of this day (UTC) or later.")
]
Until = Annotated[
    Day, typer.Option(formats=_DAY, metavar="DATE", help="Only posts from before this day (UTC).")
]
File = Path | None
Host = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help='Listen here; else the setting "host".')
]
Port = Annotated[
    int | None,
    typer.Option(min=1, max=65535, metavar="PORT", help='Listen here; else the setting "port".'),
]


def _print_version(wanted: bool = True) -> None:
    from importlib.metadata import PackageNotFoundError, version

    if wanted:
        try:
            number = version("pullquote")
        except PackageNotFoundError:
            number = "of a folder that was not installed"
        typer.echo(f"pullquote {number}")
        raise typer.Exit


@app.callback()
def pullquote(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Print the version and stop."
        ),
    ] = False,
) -> None:
    """Ask a WordPress site. Every sentence of the answer points at a sentence of a post."""


app.command()(ingest)


@app.command()
def ask(
    question: Annotated[str | None, typer.Argument(help="The question.")] = None,
    json: Json = False,
    index: Folder = None,
    chat_model: ChatModel = None,
    author: Author = None,
    category: Category = None,
    tag: Tag = None,
    since: Since = None,
    until: Until = None,
    as_asked: Annotated[
        bool,
        typer.Option("--as-asked", help="Take nothing in the question for a filter."),
    ] = False,
    input: Annotated[  # noqa: A002 - the option's name
        File,
        typer.Option(
            exists=True,
            dir_okay=False,
            metavar="FILE",
            help="Questions, one a line, as they are or as JSON objects.",
        ),
    ] = None,
    output: Annotated[
        File,
        typer.Option(dir_okay=False, metavar="FILE", help="Answers to --input, one a line; or -."),
    ] = None,
) -> None:
    """Answer a question, or a file of them.

    One question prints an answer. With --input and --output, a file of questions becomes a file of
    answers; a run that was stopped goes on where it was.
    """
    if (question is None) == (input is None):
        raise typer.BadParameter("Give either one question or --input.")
    if (input is None) != (output is None):
        raise typer.BadParameter("--input and --output go together.")
    from rag.asked import filters_of
    from rag.assistant import Assistant
    from rag.backends import for_one_question
    from rag.settings import load_settings

    filters = filters_of(author, category, tag, since=since, until=until)
    settings = load_settings(index=index, chat_model=chat_model)
    if input and output:
        with Assistant(settings) as assistant:
            _batch(assistant, input, output, filters=filters, recognise=not as_asked)
    from rag.record import record
    from ui.show import print_answer, waiting

    with Assistant(for_one_question(settings)) as assistant, waiting("Looking"):
        answer = assistant.ask(question or "", filters=filters, recognise=not as_asked)
    if json:
        typer.echo(record(answer).to_json())
    else:
        print_answer(answer)


def _batch(
    assistant: Assistant, questions: Path, answers: Path, *, filters: Filters, recognise: bool
) -> NoReturn:
    from rag.record import NOT_ASKED
    from ui.commands.batch import answer_file, answer_lines
    from ui.show import count

    if answers == Path("-"):
        failed = answer_lines(
            assistant, questions, sys.stdout, filters=filters, recognise=recognise
        )
    else:
        failed = answer_file(assistant, questions, answers, filters=filters, recognise=recognise)

    if failed:
        complain(
            f"{count(failed, 'question', 'questions')} could not be asked.",
            f"A warning that begins with “{NOT_ASKED.strip()}” says why in each such answer.",
        )
    raise typer.Exit(bool(failed))


@app.command()
def serve(
    host: Host = None,
    port: Port = None,
    index: Folder = None,
    chat_model: ChatModel = None,
    sync: Annotated[
        Names,
        typer.Option(
            "--sync",
            metavar="SOURCE",
            help="Read this when asked to sync; repeatable; with --site give NAME=SOURCE;"
            ' else the setting "sync_sources".',
        ),
    ] = None,
    password: Annotated[
        bool, typer.Option("--password", help='Ask for a password; else the setting "password".')
    ] = False,
    owner_password: Annotated[
        bool,
        typer.Option(
            "--owner-password", help='Ask for the owner\'s; else the setting "owner_password".'
        ),
    ] = False,
    everyone: Annotated[
        bool, typer.Option("--open", help="Let strangers in without a password.")
    ] = False,
    site: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=INDEX", help="Serve this index at /NAME/; repeatable."),
    ] = None,
) -> None:
    """Open the chat page and the API for an index, or for several, until Ctrl-C."""
    from rag.settings import load_settings
    from ui.commands.serving import (
        named_sites,
        require_lock,
        serve_page,
        serve_sites,
        typed_password,
    )
    from ui.ports import require_free

    if site and index:
        raise typer.BadParameter("--site names the indexes; leave out --index.")
    given: dict[str, Any] = {"index": index, "host": host, "port": port, "chat_model": chat_model}
    given["sync_sources"] = tuple(sync) if sync else None
    settings = load_settings(**given)
    if password and settings.password is None:
        given["password"] = typed_password()
    if owner_password and settings.owner_password is None:
        given["owner_password"] = typed_password("owner_password")
    settings = load_settings(**given)
    require_lock(settings, everyone=everyone)
    require_free(settings.host, settings.port)
    if site:
        serve_sites(settings, named_sites(site), everyone=everyone)
    else:
        serve_page(settings, everyone=everyone)


@app.command()
def demo(
    port: Port = None,
    index: Folder = None,
    open_browser: Annotated[
        bool | None,
        typer.Option(
            "--open/--no-open", help="Open the page in the browser; else only from a terminal."
        ),
    ] = None,
) -> None:
    """Try it on the bundled sample site.

    Ingests the sample and opens its chat page: no set-up, no network.
    """
    from ui.commands.demo_site import BASE, demo_pages
    from ui.commands.sample import EXAMPLES, ingest_sample, sample_settings, sample_source
    from ui.commands.serving import serve_page
    from ui.ports import page_address

    settings = sample_settings(index, port)
    ingest_sample(settings)
    # The sample's own address is nobody's: its links lead to pages that are served here.
    base = page_address(settings.host, settings.port) + BASE
    own = {"link_base": base, "site_name": "Peninsula Notes", "sync_sources": (sample_source(),)}
    settings = settings.model_copy(update=own)
    serve_page(settings, open_browser=open_browser, pages=demo_pages(), examples=EXAMPLES)


app.add_typer(eval_app, name="eval")

app.command()(key)
app.command()(mcp)
for command in (calibrate, *COMMANDS):
    app.command()(command)
app.command()(feedback)


@app.command()
def version() -> None:
    """Print the version."""
    _print_version()


def main() -> None:
    app()


if __name__ == "__main__":
    main()
