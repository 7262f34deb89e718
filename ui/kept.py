"""Lines of JSON that are kept in an index's folder for a while, each with the day it is of."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from filelock import FileLock
from pydantic import TypeAdapter, ValidationError

from rag.replacing import replacing

if TYPE_CHECKING:
    from dataclasses import Field

_LARGEST = 10_000_000  # bytes: then the older half goes, so that nobody can fill the disk
_log = logging.getLogger(__name__)


class Dated(Protocol):
    """What can be kept: a dataclass with a day."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def day(self) -> str: ...


Row = TypeVar("Row", bound=Dated)


class Kept(Generic[Row]):
    """One file of them. Safe to use from several threads and processes."""

    def __init__(
        self, file: Path, row: type[Row], *, same: Callable[[Row], str] = lambda _: ""
    ) -> None:
        """A file.

        Args:
            file: Where they lie; it need not be there yet.
            row: What each of them is.
            same: A name; of those that have the same one, the last counts. Empty: of its own.
        """
        self.file = file
        self._same = same
        self._form: TypeAdapter[Row] = TypeAdapter(row)

    def add(self, one: Row) -> None:
        """One more.

        Raises:
            OSError: It cannot be written.
        """
        line = json.dumps(asdict(one), ensure_ascii=False) + "\n"
        with self._locked():
            if self.file.is_file() and self.file.stat().st_size > _LARGEST:
                lines = list(self._lines())
                self._write(lines[len(lines) // 2 :])
            with open(self.file, "ab", opener=_own) as opened:
                if opened.tell() and not self._ends_well():  # its last writer was killed
                    line = "\n" + line
                opened.write(line.encode(errors="replace"))

    def all(self) -> list[Row]:
        """All that count, oldest first; a line that is none is passed over."""
        return [row for _, row in self._counting(self._rows())]

    def delete(self) -> int:
        """Delete all of them; how many there were."""
        if not self.file.is_file():
            return 0
        with self._locked():
            count = len(self.all())
            self.file.unlink(missing_ok=True)
        return count

    def drop(self, goes: Callable[[Row], bool]) -> int:
        """Delete some of them; how many."""
        if not self.file.is_file():
            return 0
        with self._locked():
            rows = self._rows()
            counting = self._counting(rows)
            stay = [line for line, row in counting if not goes(row)]
            if len(stay) < len(rows):  # with those that count no more
                self._write(stay)
        return len(counting) - len(stay)

    def expire(self, days: int) -> int:
        """Delete those that are older; how many."""
        last = (datetime.now(UTC).date() - timedelta(days=days)).isoformat()
        return self.drop(lambda row: row.day < last)

    def _lines(self) -> Iterator[str]:
        if self.file.is_file():
            with self.file.open(encoding="utf-8", errors="replace") as lines:
                yield from lines

    def _rows(self) -> list[tuple[str, Row]]:
        return [(line, row) for line in self._lines() if (row := self._read(line)) is not None]

    def _counting(self, rows: list[tuple[str, Row]]) -> list[tuple[str, Row]]:
        """Without those whose place a later one has taken."""
        names = [self._same(row) for _, row in rows]
        last = {name: number for number, name in enumerate(names) if name}
        return [one for number, one in enumerate(rows) if last.get(names[number], number) == number]

    def _read(self, line: str) -> Row | None:
        try:
            row = self._form.validate_json(line)
            date.fromisoformat(row.day)
        except (ValidationError, ValueError):
            return None
        return row

    def _ends_well(self) -> bool:
        with self.file.open("rb") as opened:
            opened.seek(-1, os.SEEK_END)
            return opened.read() == b"\n"

    def _write(self, lines: list[str]) -> None:
        with replacing(self.file) as opened:
            opened.writelines(lines)

    def _locked(self) -> FileLock:
        return FileLock(f"{self.file}.lock", mode=0o600)


def today() -> str:
    """UTC, such as "2026-05-03"."""
    return datetime.now(UTC).date().isoformat()


def _own(file: str, flags: int) -> int:
    return os.open(file, flags, 0o600)  # what readers asked is their and the owner's business
