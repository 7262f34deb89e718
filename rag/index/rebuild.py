"""A search index made anew beside the old one, and put into its place in one transaction.

What is under way in the old one ends there, or is looked up in the catalog.
"""

from __future__ import annotations

from contextlib import closing

from rag.catalog import read as catalog_read
from rag.catalog import write as catalog_write
from rag.catalog.catalog import Catalog
from rag.catalog.files import wipe
from rag.index.search_home import another_name, name_search, open_search, sweep

_BATCH = 1000  # passages read from the catalog at once


def rebuild(catalog: Catalog) -> int:
    """Make the search index again from the catalog, without embedding; how many passages it holds.

    Where the settings say that it lies now. Only for the one writer, which must have closed its
    own. A kill leaves the old one in its place.

    Raises:
        IndexUnavailable: The server that is to hold it does not answer.
    """
    sweep(catalog)
    name = another_name(catalog)
    ids = catalog_read.all_ids(catalog)
    with closing(open_search(catalog, name, create=True)) as search_index:
        for start in range(0, len(ids), _BATCH):
            known, vectors = catalog_read.passage_vectors(catalog, ids[start : start + _BATCH])
            found = catalog_read.passages(catalog, known)
            search_index.upsert([found[id_] for id_ in known], vectors)
    with catalog.writing():
        catalog_write.empty_outbox(catalog)
        name_search(catalog, name)
    sweep(catalog)
    return len(ids)


def erase(catalog: Catalog) -> None:
    """Leave nothing in the files of what was deleted; only for the one writer, its Chroma closed.

    Chroma keeps deleted vectors in its graph and deleted texts in its journal, so it is made anew.

    Raises:
        IndexBusy: A reader has looked at an older state for more than a minute; what is left is
            erased by the next writer.
        IndexUnavailable: As `rebuild`; the next writer erases it.
    """
    catalog_write.drop_unused_embeddings(catalog)
    rebuild(catalog)
    wipe(catalog)
