"""A file that is written anew beside the old one: a kill leaves the one or the other, whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO


@contextmanager
def replacing(
    file: Path, *, encoding: str = "utf-8", newline: str | None = None
) -> Iterator[IO[str]]:
    """What is written here takes the file's place, where all of it could be written.

    Of a try that failed nothing is left. Only its owner may read the new file, unless that is
    changed before the end; its name is that of the file it stands in for, in the same folder.

    Args:
        file: Need not be there.
        encoding: Of the new one.
        newline: As `open` takes it.

    Raises:
        OSError: It cannot be written, or not put in the old one's place.
    """
    aside = None
    try:
        with NamedTemporaryFile(
            "w", encoding=encoding, newline=newline, dir=file.parent, prefix=f"{file.name}.",
            delete=False,
        ) as opened:  # fmt: skip
            aside = Path(opened.name)
            yield opened
        aside.replace(file)
    except BaseException:
        if aside:
            with suppress(OSError):
                aside.unlink(missing_ok=True)
        raise
