"""What can be wrong with an installation or an index, and what to do about each."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from importlib.util import find_spec
from pathlib import Path

from rag.errors import ConfigError, ModelUnavailable, PullquoteError
from rag.place import Place
from rag.settings import BUNDLED_MODEL, Settings
from ui.ports import is_free

_OURS = ("rag", "ingest", "eval", "ui")
_NEEDED = ("chromadb", "gradio", "langchain", "sentence-transformers", "torch")
# An index is written beside the old one before it is swapped, and SQLite and Chroma need room
# for their own temporary files.
_SPARE_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    ok: bool
    what: str
    hint: str
    """What to do where it is not well."""


def examine(settings: Settings, *, serving: bool = False) -> Iterator[Check]:
    """Every check, cheapest first; one that fails keeps no other from being made.

    Args:
        settings: Which index, model and port are looked at.
        serving: A server is running with them, so that its port is taken.
    """
    yield _python()
    owners = packages_distributions()
    yield from (_own_package(name, owners.get(name, ())) for name in _OURS)
    missing = [name for name in _NEEDED if not _installed(name)]
    yield from (_needed(name) for name in _NEEDED)
    if not serving:
        yield _port(settings)
    yield _disk(settings.index)
    if missing:  # what follows imports them
        return
    yield _sqlite()
    yield _model(settings)
    yield from _index(settings)


def rebuild(settings: Settings) -> int:
    """Make the search index again from the catalog, without embedding; how many passages it holds.

    Raises:
        IndexMissing, IndexMismatch, IndexDamaged: The catalog itself cannot be read.
        IndexBusy: Another process is writing.
    """
    from rag.index.health import repair

    return repair(settings.place)


def _python() -> Check:
    return Check(
        (3, 11) <= sys.version_info[:2] <= (3, 13),
        f"Python {platform.python_version()} on {platform.system()} {platform.machine()}",
        "Install pullquote under Python 3.11, 3.12 or 3.13.",
    )


def _own_package(name: str, owners: Iterable[str]) -> Check:
    """That `import name` finds ours: the names are common, and another package may have them."""
    home = Path(__file__).resolve().parents[1]
    spec = find_spec(name)
    origin = Path(spec.origin).resolve() if spec and spec.origin else None
    others = sorted(set(owners) - {"pullquote"})
    if origin is None or origin.parent.parent != home:
        return Check(
            False,
            f"`import {name}` finds {origin or 'nothing'} instead of {home / name}",
            "Start from another folder, or give pullquote an environment of its own.",
        )
    return Check(
        not others,
        f"{name} is ours: {origin.parent}"
        + (f", but {', '.join(others)} brings the same name" if others else ""),
        "Give pullquote an environment of its own.",
    )


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _needed(name: str) -> Check:
    found = _installed(name)
    return Check(
        found is not None,
        f"{name} {found}" if found else f"{name} is not installed",
        f"Run `pip install {name}`, or install pullquote again.",
    )


def _port(settings: Settings) -> Check:
    where = f"port {settings.port} of {settings.host}"
    try:
        free = is_free(settings.host, settings.port)
    except ConfigError as error:
        return Check(False, error.problem, error.hint)
    return Check(
        free,
        f"{where} is free" if free else f"{where} is taken",
        "End the program that listens there, or set another port.",
    )


def _disk(folder: Path) -> Check:
    folder = folder.resolve()
    there = next(parent for parent in (folder, *folder.parents) if parent.is_dir())
    free = shutil.disk_usage(there).free
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    wanted = size + _SPARE_BYTES
    return Check(
        free >= wanted,
        f"{free / 1e9:.1f} GB free at {there}; the index has {size / 1e6:.0f} MB",
        f"Make room: {wanted / 1e9:.1f} GB should be free.",
    )


def _sqlite() -> Check:
    from rag.catalog.probe import probe

    found = probe()
    return Check(
        found.works,
        f"SQLite {found.version}, full-text search {'works' if found.works else 'does not work'}"
        + (f": {found.problem}" if found.problem else ""),
        "Use a Python whose SQLite has FTS5, such as those of python.org.",
    )


def _model(settings: Settings) -> Check:
    name = settings.embedding_model
    if name != BUNDLED_MODEL:
        return Check(True, f"the embedding model is {name!r}, which is not the bundled one", "")
    from rag.embedding.bundled import check_bundled_weights

    try:
        digest = check_bundled_weights()
    except ModelUnavailable as error:
        return Check(False, error.problem, error.hint)
    return Check(True, f"the bundled model's weights are the expected ones ({digest[:16]}…)", "")


def _index(settings: Settings) -> Iterator[Check]:
    from rag.index.health import check

    place = settings.place
    if not place.database and not place.folder.exists():
        yield Check(True, f"no index in {place} yet", "")
        return
    try:
        for finding in check(place):
            yield Check(finding.ok, finding.what, finding.hint)
        yield _model_of_index(settings)
        yield from _languages(place)
        yield _refusal(settings)
    except PullquoteError as error:
        yield Check(False, error.problem, error.hint)


def _model_of_index(settings: Settings) -> Check:
    """That the settings name the model which made the index's vectors, as it made them."""
    from rag.backends import model_id
    from rag.index.index import Index

    with closing(Index(settings.place)) as index:
        if not index.model:
            return Check(True, "nothing has been embedded for the index yet", "")
        index.check_model(model_id(settings), to_write=True)
        return Check(True, f"the settings name the model of the index, {index.model}", "")


def _languages(place: Place) -> Iterator[Check]:
    """How much of each language the embedding model can read."""
    from rag.catalog.catalog import Catalog
    from rag.catalog.languages import language_shares
    from rag.index.languages import MULTILINGUAL, in_words

    with closing(Catalog(place)) as catalog:
        for one in language_shares(catalog):
            yield Check(not one.is_unread, in_words(one), MULTILINGUAL)


def _refusal(settings: Settings) -> Check:
    """That what was fitted for the index, where anything was, fits model and weights of now."""
    from rag.calibration import load_calibration
    from rag.index.index import Index
    from rag.index.own_calibration import misfit, own_calibration

    with closing(Index(settings.place)) as index:
        own = own_calibration(index.catalog)
        if own is None:
            return Check(True, "questions are refused as shipped", "")
        model = index.model_id
        # The reader is left to the first question: it takes a second to load.
        why = misfit(own, model.model, load_calibration(model.revision))
    return Check(
        not why,
        f"the refusal was {own.name}" + (f", but {why}" if why else ""),
        "Run `pullquote calibrate` again, or take it away with `pullquote calibrate --reset`.",
    )
