"""What the last sync of an index did, kept beside it: for whoever was not there to read the report.

Counts and reasons, and no post's id, title or words, so that nothing of a post that leaves the
index stays here. What could not be read stands by name in the catalog (`rag.catalog.sources`).
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from ingest.report import Report
from rag.errors import ConfigError, IndexBusy, PullquoteError

FILE = "last-sync.json"
_log = logging.getLogger(__name__)


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True)


class Done(_Kept):
    """A sync that ended well."""

    began: datetime
    ended: datetime
    sources: tuple[str, ...]
    """As they were given."""
    added: int
    changed: int
    record_only: int
    unchanged: int
    removed: int
    skipped: dict[str, int] = {}
    """Reason to how many entries."""
    recovered: dict[str, int] = {}
    """How posts were recovered from damaged files, to how many."""
    forgotten: int = 0
    """Left out, as they were forgotten."""
    empty: int = 0
    """Posts without text."""
    missing: int = 0
    """Posts that a live site no longer names but still shows, or does not say."""
    embedded: int = 0
    """Passages."""
    text_posts: int = 0
    """Added and changed posts, whose text was counted."""
    words: int = 0
    """Of their text, that a reader sees, less what the rules leave out."""
    lost: int = 0
    """Of them, those that are in no section."""
    left_out: dict[str, int] = {}
    """Rule to how many elements it left out."""


class Failed(_Kept):
    """A sync that broke off."""

    at: datetime
    problem: str
    hint: str


class LastSync(_Kept):
    """What is known of the last syncs."""

    done: Done | None = None
    """The last one that ended well."""
    failed: Failed | None = None
    """The last one, where it did not."""


def last_sync(folder: Path) -> LastSync:
    """What the last syncs of an index did; of one that nobody noted, nothing."""
    try:
        return LastSync.model_validate_json((folder / FILE).read_bytes())
    except FileNotFoundError:
        return LastSync()
    except (OSError, ValidationError) as error:
        _log.warning("%s cannot be read: %s", folder / FILE, error)
        return LastSync()


def noted(folder: Path, sources: Sequence[str], work: Callable[[], Report]) -> Report:
    """What the work reports, noted beside the index; a failure is noted as well, and raised.

    Args:
        folder: The index.
        sources: What is read, as it was given.
        work: The sync.
    """
    began = datetime.now(UTC)
    try:
        report = work()
    except (ConfigError, IndexBusy):  # nothing was begun
        raise
    except PullquoteError as error:
        failed = Failed(at=datetime.now(UTC), problem=error.problem, hint=error.hint)
        _write(folder, last_sync(folder).model_copy(update={"failed": failed}))
        raise
    if not report.dry_run:
        _write(folder, LastSync(done=_done(report, sources, began)))
    return report


def _done(report: Report, sources: Sequence[str], began: datetime) -> Done:
    return Done(
        began=began,
        ended=datetime.now(UTC),
        sources=tuple(sources),
        added=report.added,
        changed=report.changed,
        record_only=report.record_only,
        unchanged=report.unchanged,
        removed=report.removed,
        # Behind the colon may stand the address of a single post.
        skipped=_counted(one.reason.partition(": ")[0] for one in report.skipped),
        recovered=_counted(damage.recovered for _, damage in report.recovered),
        forgotten=len(report.forgotten),
        empty=len(report.empty),
        missing=len(report.missing),
        embedded=report.embedded,
        text_posts=report.text.posts,
        words=report.text.words,
        lost=report.text.lost,
        left_out=dict(report.text.left_out),
    )


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(names).most_common())


def _write(folder: Path, content: LastSync) -> None:
    """Beside it and renamed, so that nobody reads half of it. Without it, the index is as whole."""
    if not folder.is_dir():
        return
    # Readable as the index is: a server may run as somebody else than who syncs.
    aside = folder / f"{FILE}.{os.getpid()}"
    try:
        aside.write_text(content.model_dump_json(indent=1), encoding="utf-8")
        aside.replace(folder / FILE)
    except OSError as error:
        _log.warning("What the sync did could not be noted in %s: %s", folder, error)
        with suppress(OSError):
            aside.unlink(missing_ok=True)
