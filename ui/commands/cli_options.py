"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[
    Path | None,
    typer.Option("--index", metavar="DIR", help='Folder of the index; else the setting "index".'),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
ChatModel = Annotated[
    str | None,
    typer.Option(metavar="PROVIDER:MODEL", help="Let this chat model write; else quotes only."),
]
Page = Annotated[
    bool,
    typer.Option("--page", help="Fill the sheet in the browser; go on with one that is there."),
]
Port = Annotated[
    int, typer.Option(min=0, max=65535, metavar="N", help="Of --page, where free; else any.")
]


def port_of_page(port: int, *, page: bool) -> None:
    """Refuse a port where there is no page: somebody would wait for one.

    Raises:
        BadParameter: There is a port and no page.
    """
    if port and not page:
        raise typer.BadParameter("--port is the port of --page; give both.")
