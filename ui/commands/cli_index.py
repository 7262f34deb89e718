"""The commands that look after an index: what it holds, whether it is whole, copies of it.

As in `ui/cli.py`, what a command needs is imported inside it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ui.commands.cli_options import Folder


def status(
    index: Folder = None,
    quarantine: Annotated[
        bool, typer.Option("--quarantine", help="Also list what could not be read, and why.")
    ] = False,
) -> None:
    """Say what an index holds."""
    from contextlib import closing

    from rag.catalog.files import require_whole
    from rag.catalog.sources import quarantine as quarantined
    from rag.index.index import Index
    from rag.index.own_calibration import own_calibration
    from rag.settings import load_settings
    from ui.show import print_quarantine, print_status

    with closing(Index(load_settings(index=index).place)) as opened:
        require_whole(opened.catalog)
        own = own_calibration(opened.catalog)
        print_status(opened.status(), opened.place, refusal=own.name if own else "as shipped")
        if quarantine:
            print_quarantine(quarantined(opened.catalog))


def doctor(
    index: Folder = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Build the search index again from the catalog first.")
    ] = False,
    chat_model: Annotated[
        str | None,
        typer.Option(metavar="PROVIDER:MODEL", help="Also try this chat model on the index."),
    ] = None,
) -> None:
    """Look for what is wrong, and say what to do.

    Ends with 1 where something is wrong with the installation, the index or the chat model.
    """
    from rag.settings import load_settings
    from ui.doctor import examine, rebuild
    from ui.show import print_checks

    settings = load_settings(index=index, chat_model=chat_model)
    if repair:
        typer.echo(f"Rebuilt: the search index holds {rebuild(settings):,} passages.")
    well = print_checks(examine(settings))
    if chat_model:
        from ui.commands.trial import show_trial

        well = show_trial(settings) and well
    if not well:
        raise typer.Exit(1)


def forget(
    post: Annotated[
        str, typer.Argument(metavar="POST", help="Its id, address, or WordPress number.")
    ],
    undo: Annotated[
        bool, typer.Option("--undo", help="Let a forgotten post in again, by its id.")
    ] = False,
    index: Folder = None,
) -> None:
    """Erase a post from the index, and keep it out.

    Nothing of it stays in the index's files; backups are out of reach. Later syncs leave the post
    out, until --undo.
    """
    from rag.index.forget import forget as forget_post
    from rag.index.forget import let_back
    from rag.settings import load_settings
    from ui.show import waiting

    place = load_settings(index=index).place
    if undo:
        let_back(place, post)
        typer.echo(f"No longer left out: {post}. The next sync reads it if its source shows it.")
        return
    with waiting("Erasing"):
        post_id = forget_post(place, post)
    typer.echo(f"Forgotten: {post_id}. Nothing of it is left in {place}.")
    if place.chroma:
        typer.echo(
            "The Chroma server's own files hold deleted text until `chroma vacuum` is run on them."
        )
    typer.echo(
        "Backups still hold it. Syncs leave it out, until `pullquote forget --undo` names it."
    )


def backup(
    target: Annotated[
        Path, typer.Argument(metavar="TARGET", help="A file that ends with .tar.gz, or a folder.")
    ],
    index: Folder = None,
) -> None:
    """Put a copy of an index away, also while a sync is writing."""
    from rag.index.backup import backup as take
    from rag.settings import load_settings
    from ui.show import waiting

    with waiting("Copying"):
        size = take(load_settings(index=index).place, target)
    typer.echo(f"Backup: {target}, {size / 1e6:.1f} MB.")


def restore(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="What `pullquote backup` made.")],
    index: Folder = None,
) -> None:
    """Make an index from a backup.

    Nothing is embedded, and nothing overwritten: the folder must be empty or not be there.
    """
    from rag.index.backup import restore as put_back
    from rag.settings import load_settings
    from ui.show import waiting

    place = load_settings(index=index).place
    with waiting("Restoring"):
        passages = put_back(source, place)
    typer.echo(f"Restored: {place} holds {passages:,} passages.")


def reembed(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help='As the setting "embedding_model" takes it.')
    ],
    index: Folder = None,
) -> None:
    """Give an index another embedding model, without its source.

    Questions are answered with the old one until the new one is complete.
    """
    from ingest.reembed import reembed as embed_anew
    from rag.settings import load_settings
    from ui.show import sync_progress

    settings = load_settings(index=index, embedding_model=model)
    with sync_progress() as on_progress:
        done = embed_anew(settings, on_progress=on_progress)
    if done.before == done.now:
        typer.echo(f"Nothing to do: the index already has {done.now}.")
        return
    typer.echo(
        f"Embedded anew: {done.passages:,} passages of {done.posts:,} posts with {done.now},"
        f" {done.embedded:,} of them now, in {done.seconds:.0f} s."
    )
    typer.echo(f"Set embedding_model = {model!r} where this index is used.")


COMMANDS: tuple[Callable[..., None], ...] = (status, doctor, forget, backup, restore, reembed)
