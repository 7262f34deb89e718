"""Where an index is: its folder, and the servers that hold a part of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

CATALOG = "catalog.sqlite3"


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
    """As in "postgresql://user:password@host/name"."""
    schema: str = "pullquote"

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2] or "this machine"
        name = parts.path.strip("/") or "of the user"
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
