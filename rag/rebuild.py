"""Chroma made anew beside the old one, and put into its place in one transaction.

The catalog names the folder that counts. Readers take the new one as soon as they see it named;
what is under way in the old one ends there, or is looked up in the catalog.
"""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

from rag import catalog_read, catalog_write
from rag.catalog import Catalog
from rag.catalog_files import wipe

CATALOG = "catalog.sqlite3"
CHROMA = "chroma"
_BATCH = 1000  # passages read from the catalog at once


def chroma_folder(catalog: Catalog) -> Path:
    """Where the search index lies that belongs to the catalog."""
    return catalog.file.parent / (catalog.meta("chroma") or CHROMA)


def free_folder(catalog: Catalog) -> Path:
    """An empty place for another search index."""
    sweep(catalog)
    used = chroma_folder(catalog).name
    number = int(used.partition("-")[2] or 1) + 1
    return catalog.file.parent / f"{CHROMA}-{number}"


def sweep(catalog: Catalog) -> None:
    """Take away search indexes that do not count (any more); only for the one writer."""
    for folder in leftovers(catalog):
        shutil.rmtree(folder, ignore_errors=True)


def leftovers(catalog: Catalog) -> list[Path]:
    """Folders of search indexes that do not count: left by a kill, or by a reader that was late."""
    used = chroma_folder(catalog)
    return sorted(
        folder
        for folder in catalog.file.parent.glob(f"{CHROMA}*")
        if folder.is_dir() and folder != used
    )


def rebuild(catalog: Catalog) -> int:
    """Make the search index again from the catalog, without embedding; how many passages it holds.

    Only for the one writer, which must have closed its own. A kill leaves the old one in its place.
    """
    from rag.vectors import SearchIndex  # Chroma takes a while, and readers do not need it

    folder = free_folder(catalog)
    ids = catalog_read.all_ids(catalog)
    with closing(SearchIndex(folder, catalog.index_id, create=True)) as search_index:
        for start in range(0, len(ids), _BATCH):
            known, vectors = catalog_read.passage_vectors(catalog, ids[start : start + _BATCH])
            found = catalog_read.passages(catalog, known)
            search_index.upsert([found[id_] for id_ in known], vectors)
    with catalog.writing():
        catalog_write.empty_outbox(catalog)
        name_chroma(catalog, folder)
    sweep(catalog)
    return len(ids)


def name_chroma(catalog: Catalog, folder: Path) -> None:
    """From the end of this transaction on, this is the search index."""
    catalog.set_meta("chroma", folder.name)
    catalog.set_meta("generation", str(catalog.generation + 1))


def erase(catalog: Catalog) -> None:
    """Leave nothing in the files of what was deleted; only for the one writer, its Chroma closed.

    Chroma keeps deleted vectors in its graph and deleted texts in its journal, so it is made anew.

    Raises:
        IndexBusy: A reader has looked at an older state for more than a minute; what is left is
            erased by the next writer.
    """
    catalog_write.drop_unused_embeddings(catalog)
    rebuild(catalog)
    wipe(catalog)
