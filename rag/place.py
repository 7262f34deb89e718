"""Where an index is: its folder, and the servers that hold a part of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

CATALOG = "catalog.sqlite3"
# Letters of a password that should have been escaped make another address of it, in which a part
# of the password is the host or the database. Each has an "@" then where this form has none.
_DATABASE = re.compile(
    r"postgres(?:ql)?://(?:[^@/?#]*@)?(?P<host>(?:\[[\da-fA-F:.%]+\]|[\w.%-]*)(?::\d*)?"
    r"(?:,(?:\[[\da-fA-F:.%]+\]|[\w.%-]*)(?::\d*)?)*)(?:/(?P<name>[^@/?#]*))?(?:\?[^@#]*)?"
)


@dataclass(frozen=True, slots=True)
class ChromaServer:
    """A Chroma server, and what opens it."""

    url: str
    """As in "http://127.0.0.1:8000"."""
    token: str = field(default="", repr=False)
    """Sent as a bearer token; empty sends none."""


@dataclass(frozen=True, slots=True)
class Database:
    """A PostgreSQL database that holds a catalog; `str` of it shows no password."""

    url: str = field(repr=False)
    """As in "postgresql://user:password@host/name"; other letters than "-._~" escaped."""
    schema: str = "pullquote"

    @property
    def is_well_formed(self) -> bool:
        """Whether it can be told which part of the address is the password."""
        return _DATABASE.fullmatch(self.url) is not None

    def __str__(self) -> str:
        parts = _DATABASE.fullmatch(self.url)
        if parts is None:
            return f"the database of catalog_url (schema {self.schema})"
        host, name = parts["host"] or "this machine", parts["name"] or "of the user"
        return f"the database {name} at {host} (schema {self.schema})"


@dataclass(frozen=True, slots=True)
class Place:
    """Where one index is; what a message calls it is `str` of this."""

    folder: Path
    chroma: ChromaServer | None = None
    """Holds the search index; None has it lie in the folder."""
    database: Database | None = None
    """Holds the catalog; None has it lie in the folder."""

    def __str__(self) -> str:
        return str(self.database or self.folder)

    @property
    def catalog(self) -> Path:
        """The catalog's file."""
        return self.folder / CATALOG


Where = Path | Place
"""An index in a folder and nowhere else can be given as the folder."""


def place_of(where: Where) -> Place:
    return where if isinstance(where, Place) else Place(where)
