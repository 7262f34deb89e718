"""One writer at a time, in whatever process it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from rag.catalog.faults import plainly
from rag.errors import IndexBusy

_LOCK = "writer.lock"
_PATIENCE = 0.5  # seconds: a reader that tidies up holds the lock for less


@contextmanager
def locked(folder: Path, *, patience: float = _PATIENCE, is_writer: bool = True) -> Iterator[None]:
    """Keep every other writer out.

    Args:
        folder: The index; it is made where it is missing.
        patience: Seconds to wait for the writer that is at work.
        is_writer: False for a reader that only tidies up behind itself.

    Raises:
        IndexBusy: Another process is writing.
        IndexUnwritable: The disk is full, or the folder may not be written.
    """
    note = folder / f"{_LOCK}.pid"
    try:
        with plainly(folder):
            folder.mkdir(parents=True, exist_ok=True)
            with FileLock(folder / _LOCK, timeout=patience):
                if is_writer:
                    note.write_text(str(os.getpid()), encoding="ascii")
                yield
    except Timeout as error:
        owner = note.read_text(encoding="ascii").strip() if note.is_file() else "unknown"
        raise IndexBusy(
            f"Another process is writing to {folder} (process {owner}).",
            hint="Wait until it has ended; readers are not disturbed.",
        ) from error
