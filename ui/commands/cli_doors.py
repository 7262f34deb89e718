"""Commands about the doors of a server."""

from __future__ import annotations

from typing import Annotated

import typer

from rag.errors import ConfigError
from ui.commands.cli_options import ChatModel, Folder


def key(
    name: Annotated[str | None, typer.Argument(help="Make a key of this name.")] = None,
    revoke: Annotated[
        str | None, typer.Option("--revoke", metavar="NAME", help="Take back this key.")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="Print the names of all keys.")] = False,
    index: Folder = None,
) -> None:
    """Make, list and take back API keys for a server with a password.

    A key is printed once; only its hash is kept, beside the index.
    """
    if sum((name is not None, revoke is not None, list_)) != 1:
        raise typer.BadParameter("Give a name for a new key, or --revoke NAME, or --list.")
    from contextlib import closing

    from rag.index.index import Index
    from rag.settings import load_settings
    from ui.doors.access import AccessFile

    settings = load_settings(index=index)
    with closing(Index(settings.place)):  # there must be one
        file = AccessFile(settings.index)
    if name is not None:
        typer.echo(file.add_key(name))
    elif revoke is not None:
        file.revoke(revoke)
        typer.echo(f"The key {revoke} opens nothing any more.")
    else:
        for one in file.all_keys():
            typer.echo(f"{one.name}  made {one.made}")


def mcp(index: Folder = None, chat_model: ChatModel = None) -> None:
    """Offer the posts as tools to a program that starts this one (MCP over standard input)."""
    try:
        from ui.doors.mcp_tools import mcp_server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "mcp":
            raise
        raise ConfigError(
            "The package mcp is not installed.", hint="pip install 'pullquote[mcp]'"
        ) from error
    from contextlib import closing

    from rag.assistant import Assistant
    from ui.doors.asking import Asker

    with (
        Assistant.open(index, chat_model=chat_model) as assistant,
        closing(Asker(assistant)) as asker,
    ):
        mcp_server(asker).run("stdio")
