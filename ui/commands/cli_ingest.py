"""The command that reads posts into an index.

As in `ui/cli.py`, what a command needs is imported inside it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from ui.commands.cli_options import Folder

Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE...",
        help="The address of a WordPress site; files, folders, patterns or archives of its posts;"
        " or - for standard input.",
    ),
]
Types = Annotated[
    str | None,
    typer.Option(metavar="TYPES", help='Types to read from a site: "post,page"; else posts.'),
]
Full = Annotated[
    bool, typer.Option("--full", help="Fetch every post of a site again, changed or not.")
]
Watch = Annotated[
    str | None, typer.Option(metavar="TIME", help="Do it again each 15m, 2h or 1d, until Ctrl-C.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only print what would be done.")]
Prune = Annotated[bool, typer.Option("--prune", help="Remove posts that the files no longer hold.")]
WholeSite = Annotated[
    bool,
    typer.Option(
        "--whole-site",
        help="The files are all of their site: also remove its posts that other files gave before.",
    ),
]
MassDelete = Annotated[
    bool, typer.Option("--allow-mass-delete", help="Also when more than a fifth would go.")
]
Cases = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        dir_okay=False,
        metavar="FILE",
        help="After a sync that changed anything, ask these cases again.",
    ),
]
Report = Annotated[
    Path | None,
    typer.Option(
        file_okay=False, metavar="DIR", help="Where the report of --cases is; made the first time."
    ),
]
Ray = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help='Read and embed with the workers of a Ray: "auto" or HOST:PORT; or "local", here.',
    ),
]
Private = Annotated[
    bool | None,
    typer.Option(
        "--allow-private-network",
        help="Also read sites in the own network or on the own machine.",
    ),
]

_RAY = re.compile(r"local|auto|(\[[0-9a-fA-F:.]+\]|[\w.-]+):[0-9]{1,5}")


def ingest(
    sources: Sources,
    index: Folder = None,
    types: Types = None,
    full: Full = False,
    watch: Watch = None,
    dry_run: DryRun = False,
    prune: Prune = False,
    whole_site: WholeSite = False,
    allow_mass_delete: MassDelete = False,
    allow_private_network: Private = None,
    cases: Cases = None,
    report: Report = None,
    ray: Ray = None,
) -> None:
    """Make the index match WordPress posts.

    New and changed posts are added, what has not changed is left alone, what a site no longer shows
    is removed, and a report says what was done and what was skipped.
    """
    from ingest.sync import Options, sync
    from rag.settings import load_settings
    from ui.commands.show_sync import print_report
    from ui.commands.watching import keep_doing, time_span
    from ui.show import sync_progress

    _check(sources, cases=cases, report=report, whole_site=whole_site, ray=ray, dry_run=dry_run)
    settings = load_settings(index=index, allow_private_network=allow_private_network)
    every = time_span(watch) if watch else None
    if every and "-" in sources:
        raise typer.BadParameter("Standard input can be read only once, without --watch.")
    options = Options(
        prune=prune,
        whole_site=whole_site,
        allow_mass_delete=allow_mass_delete,
        types=tuple(filter(None, (name.strip() for name in (types or "").split(",")))),
        full=full,
        dry_run=dry_run,
        ray=ray or "",
    )

    def once() -> bool:
        """Whether the answers are as good as before, where they are looked at."""
        with sync_progress() as on_progress:
            done = sync(sources, settings, options=options, on_progress=on_progress)
        print_report(done, settings.place)
        if cases is None or report is None or done.dry_run:
            return True
        from ui.commands.rerun import ask_again, has_report

        if not done.differences and has_report(report):
            return True
        again = ask_again(cases, index, report)
        typer.echo(again.told)
        return again.ok

    if every is not None:
        keep_doing(once, every, complain)
    elif not once():
        raise typer.Exit(1)


def _check(
    sources: list[str],
    *,
    cases: Path | None,
    report: Path | None,
    whole_site: bool,
    ray: str | None,
    dry_run: bool,
) -> None:
    """Refuse options that do not go together, before anything is read."""
    from ingest.live.wordpress_api import is_address

    if (cases is None) != (report is None):
        raise typer.BadParameter("--cases needs --report, and --report needs --cases.")
    if whole_site and all(map(is_address, sources)):
        raise typer.BadParameter("--whole-site is about files; a live site says what is gone.")
    if ray is not None and not _RAY.fullmatch(ray):
        raise typer.BadParameter("--ray takes local, auto or HOST:PORT.")
    if ray is not None and dry_run:
        raise typer.BadParameter("--dry-run embeds nothing; leave out --ray.")


def complain(problem: str, hint: str) -> None:
    """Two lines to standard error."""
    typer.echo(f"Error: {problem}\n{hint}", err=True)
