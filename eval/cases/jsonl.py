"""JSON Lines from outside to checked models, with every mistake told by its line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
)
from pydantic_core import ErrorDetails

from rag.errors import SourceError

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Id = Annotated[Text, BeforeValidator(lambda value: _number_as_text(value))]


class Line(BaseModel):
    """What stands on a line, or in it: no field but its own, and each of its own type.

    Strict, or "yes" in quotation marks would be true and nobody would be told.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ItemLine(Line):
    """A line with an id of its own."""

    id: Id

    def problems(self) -> list[str]:
        """What no single field shows."""
        return []


Model = TypeVar("Model", bound=BaseModel)
Item = TypeVar("Item", bound=ItemLine)
_SHOWN = 10  # mistakes in a message: more would push the first ones off the screen


def read_lines(
    path: Path, model: type[Model], *, explained: str = ""
) -> tuple[tuple[int, Model], ...]:
    """Line numbers from 1 and what stands there, in order; blank lines are passed over.

    Args:
        path: Of the file.
        model: Of a line.
        explained: The last line of the hint of a file with mistakes, such as who explains them.

    Raises:
        SourceError: The file cannot be read, is empty, or any line does not fit the model.
    """
    found: list[tuple[int, Model]] = []
    mistakes: list[str] = []
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            found.append((number, model.model_validate_json(line)))
        except ValidationError as error:
            mistakes += [f"line {number}: {_told(one)}" for one in error.errors()]
    if mistakes:
        raise mistaken(path, mistakes, explained=explained)
    if not found:
        raise SourceError(f"{path} holds no line.", hint="Write one JSON object a line.")
    return tuple(found)


def read_items(path: Path, model: type[Item], *, explained: str = "") -> tuple[Item, ...]:
    """What stands on the lines, in order; ids are unique. The arguments are `read_lines`'s.

    Raises:
        SourceError: As `read_lines`, or an id stands twice, or a line has problems.
    """
    lines = read_lines(path, model, explained=explained)
    mistakes: list[str] = []
    seen: dict[str, int] = {}
    for number, line in lines:
        first = seen.setdefault(line.id, number)
        if first != number:
            mistakes.append(f"line {number}: id {line.id!r} stands in line {first} already")
        mistakes += [f"line {number}: {problem}" for problem in line.problems()]
    if mistakes:
        raise mistaken(path, mistakes, explained=explained)
    return tuple(line for _, line in lines)


def mistaken(path: Path, mistakes: Sequence[str], *, explained: str = "") -> SourceError:
    """The error for a file with mistakes; its hint lists the first ten."""
    listed = "\n".join(f"  {mistake}" for mistake in mistakes[:_SHOWN])
    more = len(mistakes) - _SHOWN
    rest = f"\n  and {more} more" if more > 0 else ""
    last = f"\n{explained}" if explained else ""
    count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
    return SourceError(f"{path} has {count}.", hint=f"Mend:\n{listed}{rest}{last}")


def _number_as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def read_text(path: Path) -> str:
    """The whole file, with or without a byte order mark.

    Raises:
        SourceError: It cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{path} is not UTF-8 text: {error.reason} at byte {error.start}.",
            hint="Save it as UTF-8, one JSON object a line.",
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(file: Path, error: OSError) -> SourceError:
    return SourceError(
        f"{file} cannot be read: {error.strerror or error}.", hint="Look at the path."
    )


def _told(error: ErrorDetails) -> str:
    place = ".".join(str(part) for part in error["loc"])
    message = error["msg"].removeprefix("Value error, ")
    return f"{place}: {message}" if place else message
