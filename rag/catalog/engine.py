"""What keeps a catalog: the small protocol that SQLite and PostgreSQL both speak.

The reading and the writing hand speak SQL that both understand, with `?` for values. What the two
say differently stands here: a few expressions, the words, and all that has to do with files,
versions and locks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
_MANY = 500


@dataclass(frozen=True, slots=True)
class Dialect:
    """Expressions that differ."""

    reading: str
    """Begins a transaction that sees one state."""
    writing: str
    """Begins a transaction that writes."""
    host: str
    """The site of a post, of its `id`."""
    each: str
    """A list's items in the column `{}` of `posts`, as rows with a `value`; stands behind FROM."""


class Connection(Protocol):
    """What one thread asks through. Every complaint is said as one of our errors."""

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        """A cursor: iterable, with `fetchone`, `fetchall` and `rowcount`."""

    def executemany(self, sql: str, parameters: Any, /) -> Any: ...

    @property
    def in_transaction(self) -> bool:
        """Whether one is open: an engine may have rolled it back, as on a full disk."""

    def close(self) -> None: ...


class Words(Protocol):
    """The words of all passages, in the form that `rag.text.sentences` gives them, by stems."""

    def add(self, rows: Sequence[tuple[int, str, str, str]]) -> None:
        """Of each passage: its number, and the words of title, headings and text."""

    def remove(self, numbers: Sequence[int]) -> None:
        """Of the passages of these numbers; before they leave the catalog."""

    def best(self, words: Sequence[str], limit: int) -> dict[str, float]:
        """Ids of passages that hold any of the words, best first, with their BM25.

        k1 is 1.2 and b .75, over title, headings and text as one field; a word of a single
        character of a script without spaces stands for all that begin with it. In a large index,
        where few are wanted, one that holds none of the rarer words may be passed over.
        """

    def passages_with(self, word: str, most: int) -> int:
        """How many passages hold a word in any of its forms, up to `most`."""

    def stems(self, start: str, end: str, shortest: int, longest: int) -> list[tuple[str, int]]:
        """The stems from `start` to before `end`, and how many passages hold each."""

    def written(self, stem: str, most: int) -> list[str]:
        """The words of some passages that hold a stem, those of each passage as one text."""

    def sections_with(self, word: str, most: int) -> list[tuple[str, str, str]]:
        """Of some sections that hold a word the post's title, their headings (JSON) and text."""

    def all(self) -> Iterable[tuple[int, str, str, str]]:
        """What was added, by number."""

    def count(self) -> int:
        """How many passages have words."""

    def noted(self) -> int:
        """The same, as the engine knows it at once: it is asked at every question."""


class Engine(Protocol):
    """One catalog's."""

    dialect: Dialect

    def exists(self) -> bool: ...

    def create(self) -> None:
        """An empty catalog where there is none; only for the one writer."""

    def connect(self) -> Connection:
        """A connection for the calling thread."""

    def is_current(self, connection: Connection) -> bool:
        """Whether it still leads to the catalog.

        Raises:
            IndexMissing: The catalog is not there any more.
        """

    def identity(self, connection: Connection) -> tuple[object, ...]:
        """Tells the catalog that it leads to from another one that was put into its place."""

    def require_version(self, connection: Connection) -> None:
        """Lead an older catalog up to the present version.

        Raises:
            IndexMismatch: A newer version of pullquote made it.
            IndexDamaged: It is no catalog.
            IndexBusy: It is of an older version, and another process is writing to it.
        """

    def words(self, connection: Connection) -> Words: ...

    def damage(self, connection: Connection, *, quick: bool = False) -> str:
        """What is damaged, as far as the engine can tell; empty where nothing is.

        Args:
            connection: Through which it looks.
            quick: Look only at the tables that a sync reads whole, and not at texts and vectors.
        """

    def size(self, connection: Connection) -> int:
        """How many bytes are read to look for damage everywhere."""

    def tables(self, connection: Connection) -> set[tuple[str, str]]:
        """What there is, by kind and name."""

    def expected_tables(self) -> set[tuple[str, str]]:
        """What there should be."""

    def wipe(self, connection: Connection) -> None:
        """Let nothing of what was deleted stay in the catalog's files; readers may have to wait.

        Raises:
            IndexBusy: A reader has looked at an older state for more than a minute.
        """

    def copy_to(self, connection: Connection, file: Path) -> None:
        """One state of the catalog as an SQLite file, without what was deleted from it."""

    def writing_alone(self) -> AbstractContextManager[None]:
        """Keep every other writer out.

        Raises:
            IndexBusy: Another process is writing.
            IndexUnwritable: The disk is full, or it may not be written.
        """


def upserted(table: str, columns: Mapping[str, bool]) -> str:
    """An INSERT that takes the place of a row with the same key.

    Args:
        table: Where.
        columns: Those that are given, in the order of their values, and whether each is part of
            the key.
    """
    keys = ", ".join(name for name, is_key in columns.items() if is_key)
    rest = ", ".join(f"{name} = excluded.{name}" for name, is_key in columns.items() if not is_key)
    marks = ", ".join("?" * len(columns))
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
        f" ON CONFLICT ({keys}) DO UPDATE SET {rest}"
    )


SET_META = upserted("meta", {"name": True, "value": False})


@contextmanager
def transaction(connection: Connection, begin: str) -> Iterator[None]:
    """All or nothing of what is done inside.

    Args:
        connection: Through which it is done.
        begin: What opens it, of `Dialect`.
    """
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # On a full disk SQLite has rolled back by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def in_parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """So many at a time as one SQL list may hold; SQLite allows 32,766."""
    for start in range(0, len(values), _MANY):
        yield values[start : start + _MANY]
