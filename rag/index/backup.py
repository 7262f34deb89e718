"""An index as one file to put away, and an index from such a file.

Only the catalog travels: it holds everything, and Chroma is made again from it.
"""

from __future__ import annotations

import gzip
import shutil
import tarfile
import zlib
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from rag.catalog.catalog import Catalog
from rag.catalog.copy import copy_rows
from rag.catalog.faults import plainly
from rag.catalog.files import (
    check_copy,
    copy_to,
    is_erasure_due,
    require_whole,
    wipe,
    writers_catalog,
)
from rag.errors import BackupInvalid
from rag.index.rebuild import rebuild
from rag.index.search_home import disown
from rag.place import CATALOG, Place, Where, place_of

_ARCHIVE = (".tar.gz", ".tgz")
_OTHER = "Name another backup; `pullquote backup` makes one."


def backup(where: Where, target: Path) -> int:
    """Take one state of an index, also while a sync is writing; the backup's size in bytes.

    Args:
        where: The index.
        target: A file that ends with .tar.gz or .tgz, or else a folder; it appears when it is
            whole.

    Raises:
        IndexMissing, IndexMismatch, IndexDamaged: There is no index that can be read.
        BackupInvalid: The target is there already, or lies in the index.
        IndexUnwritable: The disk is full, or the target's folder may not be written.
    """
    target = target.absolute()
    if target.resolve().is_relative_to(place_of(where).folder.resolve()):
        raise BackupInvalid(
            f"{target} lies in the index itself.",
            hint="Put the backup elsewhere: what is forgotten must not stay in the index's folder.",
        )
    _require_free(target)
    with closing(Catalog(where)) as catalog, plainly(target.parent):
        require_whole(catalog)
        target.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".pullquote-", dir=target.parent) as name:
            aside = Path(name) / "backup"
            aside.mkdir()
            copy_to(catalog, aside / CATALOG)
            size = (aside / CATALOG).stat().st_size
            if target.name.endswith(_ARCHIVE):
                packed = Path(name) / "packed"
                # The best level takes ten times as long, and vectors hardly get smaller.
                with tarfile.open(packed, "w:gz", compresslevel=1) as archive:
                    archive.add(aside / CATALOG, CATALOG)
                size = packed.stat().st_size
                packed.replace(target)
            else:
                aside.replace(target)
    return size


def restore(source: Path, where: Where) -> int:
    """Make an index from a backup; how many passages it holds.

    Nothing is embedded. The index appears when it is whole; a kill leaves no half of it.

    Args:
        source: What `backup` made.
        where: Where the index goes: a folder that is empty or not there yet, or a schema of a
            database that holds no index yet.

    Raises:
        BackupInvalid: The source is no backup of ours, or the folder is not empty.
        IndexUnwritable: The disk is full, or the folder may not be written.
        IndexUnavailable: The server that is to hold the search index does not answer.
    """
    place = place_of(where)
    if place.database:
        return _restore_into_database(source, place)
    folder = place.folder.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupInvalid(
            f"{folder} is not empty.", hint="Name another folder with --index, or move it away."
        )
    with plainly(folder.parent):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{folder.name}-restoring-", dir=folder.parent) as name:
            whole = Path(name) / "index"
            whole.mkdir()
            _unpack(source, whole / CATALOG)
            check_copy(whole / CATALOG)
            with closing(Catalog(replace(place, folder=whole))) as catalog:
                disown(catalog)
                passages = rebuild(catalog)
                if is_erasure_due(catalog):
                    wipe(catalog)
            whole.replace(folder)
    return passages


def _restore_into_database(source: Path, place: Place) -> int:
    with TemporaryDirectory(prefix="pullquote-restoring-") as name:
        aside = Path(name)
        _unpack(source, aside / CATALOG)
        check_copy(aside / CATALOG)
        with writers_catalog(place, create=True) as catalog, closing(Catalog(aside)) as copied:
            if catalog.generation or catalog.status().posts:
                raise BackupInvalid(
                    f"There is an index in {place}.",
                    hint="Name another catalog_schema, or drop that one in the database.",
                )
            with copied.reading() as rows, catalog.writing() as connection:
                copy_rows(rows, copied.words, connection, catalog.words)
                disown(catalog)
            passages = rebuild(catalog)
            if is_erasure_due(catalog):
                wipe(catalog)
    return passages


def _require_free(target: Path) -> None:
    is_archive = target.name.endswith(_ARCHIVE)
    empty = target.is_dir() and not is_archive and not any(target.iterdir())
    if target.exists() and not empty:
        raise BackupInvalid(f"{target} is there already.", hint="Give the backup another name.")


def _unpack(source: Path, file: Path) -> None:
    if source.is_dir():
        _copy(source / CATALOG, file)
        return
    try:
        with tarfile.open(source, "r:gz") as archive:
            _extract(archive, file)
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BackupInvalid(f"{source} cannot be unpacked: {error}.", hint=_OTHER) from error
    except FileNotFoundError as error:
        raise BackupInvalid(f"There is no {source}.", hint=_OTHER) from error


def _copy(found: Path, file: Path) -> None:
    if not found.is_file() or found.is_symlink():
        raise BackupInvalid(f"There is no {CATALOG} in {found.parent}.", hint=_OTHER)
    journal = found.with_name(f"{CATALOG}-wal")
    if journal.exists() and journal.stat().st_size:
        raise BackupInvalid(
            f"{found.parent} is an index in use, not a backup.",
            hint="Take a backup of it with `pullquote backup`.",
        )
    shutil.copyfile(found, file)


def _extract(archive: tarfile.TarFile, file: Path) -> None:
    """The one member that a backup has, by its name and kind; nothing else is ever written."""
    member = archive.next()
    if member is None or member.name != CATALOG or not member.isreg():
        raise BackupInvalid(f"{archive.name!s} holds no catalog at its beginning.", hint=_OTHER)
    if member.size > shutil.disk_usage(file.parent).free:
        raise BackupInvalid(
            f"The catalog in the backup has {member.size / 1e6:.0f} MB, more than the disk of"
            f" {file.parent.parent.parent} has free.",
            hint="Make room, or restore elsewhere with --index.",
        )
    content = archive.extractfile(member)
    assert content is not None  # it is a regular file
    with content, file.open("wb") as copy:
        shutil.copyfileobj(content, copy)
    if archive.next() is not None:
        raise BackupInvalid(f"{archive.name!s} holds more than a catalog.", hint=_OTHER)
