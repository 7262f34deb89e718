"""Tables for people: CSV that every spreadsheet opens, written and read back."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from eval.cells import shown, typed
from rag.errors import SourceError
from rag.replacing import replacing

_YES, _NO = {"yes", "y", "x", "true", "1"}, {"no", "n", "false", "0"}


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A line of a sheet."""

    file: Path
    line: int
    cells: dict[str, str]

    def said(self, column: str) -> bool | None:
        """Yes or no; None where the cell is empty.

        Raises:
            SourceError: It says something else; the hint names the line.
        """
        word = self.cells[column].casefold()
        if word in _YES:
            return True
        if word in _NO or not word:
            return False if word else None
        raise SourceError(
            f"{self.file} says {self.cells[column]!r} under {column}.",
            hint=f"Write yes or no in line {self.line}.",
        )


def write_sheet(file: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """The same rows give the same bytes; what is there is replaced."""
    with file.open("w", encoding="utf-8-sig", newline="") as opened:
        opened.writelines(_lines([columns, *([shown(cell) for cell in row] for row in rows)]))


def read_sheet(
    file: Path, columns: Sequence[str], *, optional: Sequence[str] = ()
) -> list[SheetRow]:
    """The lines, with these columns; others are passed over.

    Optional ones are empty where the sheet lacks them.

    Raises:
        SourceError: It cannot be read, or a column is missing.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            sheet = csv.DictReader(opened)
            rows = [(sheet.line_num, row) for row in sheet]
            names = sheet.fieldnames or []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(file, error) from error
    if missing := [name for name in columns if name not in names]:
        raise SourceError(
            f"{file} has no column {missing[0]!r}.",
            hint=f"Its first line has {','.join(columns)}, with commas between.",
        )
    return [
        SheetRow(file, line, {name: typed(row.get(name) or "") for name in (*columns, *optional)})
        for line, row in rows
    ]


def change_cells(
    file: Path,
    place: int,
    id_: str,
    cells: Mapping[str, str],
    *,
    common: Collection[str] = (),
    optional: Collection[str] = (),
) -> None:
    """Write cells of one line anew; all else of the sheet stays as it stands there.

    Args:
        file: A sheet with a column `id`.
        place: Of the line among those with cells, from 0, the first line of the file left out.
        id_: What stands under `id` there.
        cells: Their new contents, by column.
        common: Columns in which all lines of one id say the same; lines without an id have
            nothing in common.
        optional: Columns that are put behind the others where the sheet lacks them.

    Raises:
        SourceError: The sheet cannot be read or written, or another line stands there by now.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            columns, *rows = [row for row in csv.reader(opened) if row]
        one, own = rows[place], columns.index("id")
        alike = [row for row in rows if len(row) > own and typed(row[own]) == id_]
        if not any(row is one for row in alike):
            raise IndexError
        columns += [name for name in optional if name in cells and name not in columns]
        for name, cell in cells.items():
            for row in alike if id_ and name in common else [one]:
                row.extend([""] * (len(columns) - len(row)))
                row[columns.index(name)] = shown(cell)
    except (OSError, UnicodeDecodeError, csv.Error) as error:  # the second is a ValueError as well
        raise _unreadable(file, error) from error
    except (IndexError, ValueError) as error:
        raise SourceError(
            f"{file} no longer has the line {id_!r} where it was.", hint="Load the page again."
        ) from error
    _replace(file, [columns, *rows])


def _unreadable(file: Path, error: Exception) -> SourceError:
    return SourceError(f"{file} cannot be read as CSV: {error}.", hint="Save it as CSV in UTF-8.")


def _lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """As lines of CSV, each with a line feed at its end.

    Python quotes a cell for those ends of line that it was told to write, and no other: a cell
    with a carriage return alone would become two lines.
    """
    for row in rows:
        told = StringIO()
        csv.writer(told, lineterminator="\r\n").writerow(row)
        yield told.getvalue().removesuffix("\r\n") + "\n"


def _replace(file: Path, rows: Iterable[Sequence[str]]) -> None:
    try:
        _written_aside(file.resolve(), rows)
    except UnicodeEncodeError as error:
        half = error.object[error.start : error.end]
        raise SourceError(
            f"{half!r} cannot be written to {file}: it is half a character.", hint="Type it anew."
        ) from error
    except OSError as error:
        raise SourceError(
            f"{file} cannot be written: {error.strerror or error}.", hint="Close it elsewhere."
        ) from error


def _written_aside(file: Path, rows: Iterable[Sequence[str]]) -> None:
    """Who may read it stays as it was."""
    with replacing(file, encoding="utf-8-sig", newline="") as opened:
        opened.writelines(_lines(rows))
        shutil.copymode(file, opened.name)
