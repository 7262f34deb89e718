"""When to refuse, as it was fitted for one index. It stands in the catalog and travels with it.

It takes the place of one part of what is shipped, so it is used only with the very weights and
models that it was fitted on; else what is shipped counts, and `misfit` says why.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from rag.calibration import (
    ANSWERABLE_FEATURES,
    ANSWERABLE_READ_FEATURES,
    Calibration,
    Logistic,
)
from rag.catalog.catalog import Catalog
from rag.catalog.faults import damaged
from rag.catalog.files import writers_catalog
from rag.place import Where

_log = logging.getLogger(__name__)
_NAME = "calibration"  # in the catalog's meta


@dataclass(frozen=True, slots=True)
class Refusal:
    """How it is told whether the posts answer a question."""

    answerable: Logistic
    min_answerable: float
    """A question is answered from here on."""
    beside: str
    """The `fingerprint` of what it was fitted beside."""


@dataclass(frozen=True, slots=True)
class OwnCalibration:
    """What was fitted for one index, and on what."""

    unread: Refusal
    read: Refusal | None
    """None where no reader was at hand; then what is shipped counts once one reads."""
    model: str
    """Of the index: name, revision and dimension."""
    made: datetime
    """UTC."""
    questions: int
    """Half of them with the posts that answer, half without."""
    drafted_by: str
    """"rules", or the chat model's name."""
    generation: int
    """Of the index, when it was fitted."""

    @property
    def name(self) -> str:
        """For people: when it was made and on what."""
        return f"fitted for this index on {self.made:%Y-%m-%d}, {self.questions} questions"


_JSON = TypeAdapter(OwnCalibration)


def own_calibration(catalog: Catalog) -> OwnCalibration | None:
    """What was fitted for an index; None where nothing was.

    Raises:
        IndexDamaged: It cannot be read.
    """
    text = catalog.meta(_NAME)
    if text is None:
        return None
    try:
        own = _JSON.validate_json(text)
    except ValidationError as error:
        raise damaged(catalog.place, "its own calibration cannot be read") from error
    return own


def keep(where: Where, own: OwnCalibration) -> None:
    """Let it count for an index; running servers notice.

    Raises:
        IndexMissing, IndexMismatch, IndexDamaged: There is no index that can be read.
        IndexBusy: Another process is writing.
        IndexUnwritable: The disk is full, or the folder may not be written.
    """
    with _writing(where) as catalog:
        catalog.set_meta(_NAME, _JSON.dump_json(own).decode())


def reset(where: Where) -> bool:
    """Let what is shipped count again; whether something else did.

    Raises:
        IndexMissing, IndexMismatch, IndexDamaged: There is no index that can be read.
        IndexBusy: Another process is writing.
        IndexUnwritable: The disk is full, or the folder may not be written.
    """
    with _writing(where) as catalog:
        gone = catalog.connection.execute("DELETE FROM meta WHERE name = ?", (_NAME,))
    return bool(gone.rowcount)


@contextmanager
def _writing(where: Where) -> Iterator[Catalog]:
    """The whole catalog of an index, in one transaction of its one writer."""
    with writers_catalog(where) as catalog, catalog.writing():
        yield catalog


def fingerprint(calibration: Calibration, reader: str = "") -> str:
    """Changes with everything that decides what is measured of a question.

    Args:
        calibration: What is shipped.
        reader: The id of who reads the best passages; empty where nobody does.
    """
    read = calibration.read if reader else None
    parts = (
        ANSWERABLE_READ_FEATURES if reader else ANSWERABLE_FEATURES,
        (calibration.passage, calibration.sentence),
        (read.passage, read.sentence, reader) if read else (),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def misfit(own: OwnCalibration, model: str, calibration: Calibration, reader: str = "") -> str:
    """Why it does not count for questions now, in a sentence; empty where it does.

    Args:
        own: What was fitted for the index.
        model: The index's now: name, revision and dimension.
        calibration: What is shipped.
        reader: The id of who reads the best passages; empty where nobody does.
    """
    part = own.read if reader else own.unread
    if own.model != model:
        return f"it was made with {own.model}, and the index now has {model}"
    if part is None:
        return "it was made without the reader that is in use"
    if part.beside != fingerprint(calibration, reader):
        return "it was made beside other weights or another reader than this version has"
    return ""


def joined(calibration: Calibration, own: OwnCalibration, *, read: bool) -> Calibration:
    """What is shipped, with the index's own refusal in its place.

    Args:
        calibration: What is shipped.
        own: What was fitted for the index.
        read: Whether a reader reads the best passages; then it must have been fitted for that.
    """
    if not read:
        new = own.unread
        return replace(calibration, answerable=new.answerable, min_answerable=new.min_answerable)
    assert calibration.read is not None
    assert own.read is not None  # else `misfit` says so
    new = own.read
    closely = replace(
        calibration.read, answerable=new.answerable, min_answerable=new.min_answerable
    )
    return replace(calibration, read=closely)


def with_own_refusal(
    calibration: Calibration, own: OwnCalibration | None, model: str, reader: str = ""
) -> tuple[Calibration, str]:
    """What is shipped with the index's own refusal, where it has one that counts, and its name.

    Args:
        calibration: What is shipped.
        own: What was fitted for the index.
        model: The index's now: name, revision and dimension.
        reader: The id of who reads the best passages; empty where nobody does.
    """
    if own is None:
        return calibration, ""
    why = misfit(own, model, calibration, reader)
    if why:
        _log.warning(
            "The index's own calibration does not count: %s. Run `pullquote calibrate`.", why
        )
        return calibration, ""
    return joined(calibration, own, read=bool(reader)), own.name
