"""Where a catalog's search indexes lie: folders beside it, or collections in a Chroma server.

The catalog names the one that counts. Readers take another as soon as they see it named.
"""

from __future__ import annotations

import json
import shutil
import uuid
from functools import partial
from typing import TYPE_CHECKING

from rag.catalog.catalog import Catalog
from rag.catalog.vectors import count_passages
from rag.errors import IndexMismatch

if TYPE_CHECKING:
    from rag.index.vectors import SearchIndex

CHROMA = "chroma"
_COLLECTION = "pullquote-"
_NAME = "chroma"  # in meta: the one that counts
_MADE = "collections"  # in meta: every collection that was made in a server and not taken away


def search_name(catalog: Catalog) -> str:
    """Of the search index that counts: a folder's, or a collection's in a server."""
    return catalog.meta(_NAME) or CHROMA


def name_search(catalog: Catalog, name: str) -> None:
    """From the end of this transaction on, this is the search index."""
    catalog.set_meta(_NAME, name)
    catalog.set_meta("generation", str(catalog.generation + 1))


def name_first(catalog: Catalog) -> None:
    """Give a catalog that has no search index yet its first one, in the server where there is one.

    Only for the one writer.
    """
    if catalog.place.chroma and catalog.meta(_NAME) is None and not count_passages(catalog):
        with catalog.writing():
            catalog.set_meta(_NAME, _new_collection(catalog))


def another_name(catalog: Catalog) -> str:
    """For a search index that is to be made beside the one that counts; only for the one writer."""
    if catalog.place.chroma:
        with catalog.writing():
            return _new_collection(catalog)
    used = search_name(catalog)
    number = int(used.partition("-")[2] or 1) + 1 if not _in_server(used) else 2
    return f"{CHROMA}-{number}"


def open_search(catalog: Catalog, name: str, *, create: bool = False) -> SearchIndex:
    """One of the catalog's search indexes.

    Args:
        catalog: Whose.
        name: As the functions above give it.
        create: To write to it, and make it where there is none.

    Raises:
        IndexDamaged: It is missing, belongs to another catalog, or cannot be read.
        IndexMismatch: It lies elsewhere than the settings say.
        IndexUnavailable: The server does not answer.
        ConfigError: The server refuses the token.
    """
    from rag.index.vectors import COLLECTION, SearchIndex  # Chroma takes a while to be imported

    server = catalog.place.chroma
    if _in_server(name) != (server is not None):
        raise _elsewhere(catalog, name)
    if server is None:
        from rag.index.chroma_folder import ChromaFolder

        chroma = ChromaFolder(catalog.place.folder / name, writes=create)
        return SearchIndex(chroma, COLLECTION, catalog.index_id, create=create)
    from rag.index.chroma_server import ChromaConnection

    connection = ChromaConnection(server, writes=create)
    if not create:
        return SearchIndex(connection, name, catalog.index_id)
    # The server would take it from a writer that is none any more: with a lock that lasts as long
    # as a connection, another one may be at work before an answer comes, or before the next try.
    alone = partial(_require_connection, catalog)
    return SearchIndex(connection, name, catalog.index_id, create=True, before_writing=alone)


def _require_connection(catalog: Catalog) -> None:
    catalog.connection.execute("SELECT 1")


def leftovers(catalog: Catalog) -> list[str]:
    """Search indexes that do not count: left by a kill, or by a reader that was late."""
    used, place = search_name(catalog), catalog.place
    # Beside a catalog in a database they are those of another index, whose catalog lies there.
    folders = place.folder.glob(f"{CHROMA}*") if place.database is None else ()
    names = [folder.name for folder in folders if folder.is_dir()]
    if catalog.place.chroma:
        names += _collections(catalog)
    return sorted(name for name in names if name != used)


def sweep(catalog: Catalog) -> None:
    """Take away search indexes that do not count (any more); only for the one writer.

    Raises:
        IndexUnavailable: The server that holds one does not answer.
        ConfigError: It refuses the token.
    """
    for name in leftovers(catalog):
        if not _in_server(name):
            shutil.rmtree(catalog.place.folder / name, ignore_errors=True)
            continue
        from rag.index.chroma_server import drop_collection

        assert catalog.place.chroma is not None  # else it is not among the leftovers
        drop_collection(catalog.place.chroma, name)
        with catalog.writing():
            _note(catalog, [one for one in _collections(catalog) if one != name])


def disown(catalog: Catalog) -> None:
    """Of a copy: the collections are those of the catalog that it was copied from."""
    with catalog.writing() as connection:
        connection.execute("DELETE FROM meta WHERE name = ?", (_MADE,))
        if _in_server(search_name(catalog)):
            connection.execute("DELETE FROM meta WHERE name = ?", (_NAME,))


def _in_server(name: str) -> bool:
    return name.startswith(_COLLECTION)


def _new_collection(catalog: Catalog) -> str:
    """A name that no other index has; noted before there is such a collection, so none is lost."""
    name = f"{_COLLECTION}{uuid.uuid4().hex}"
    _note(catalog, [*_collections(catalog), name])
    return name


def _collections(catalog: Catalog) -> list[str]:
    return [str(name) for name in json.loads(catalog.meta(_MADE) or "[]")]


def _note(catalog: Catalog, names: list[str]) -> None:
    catalog.set_meta(_MADE, json.dumps(names))


def _elsewhere(catalog: Catalog, name: str) -> IndexMismatch:
    place = catalog.place
    if place.chroma:
        return IndexMismatch(
            f"The search index of {place} lies in its folder, and chroma_url is set.",
            hint="Run `pullquote doctor --repair` to make it again in the Chroma server, without"
            " embedding, or unset chroma_url.",
        )
    return IndexMismatch(
        f"The search index of {place} is the collection {name} of a Chroma server, and chroma_url"
        " is not set.",
        hint="Set chroma_url, or run `pullquote doctor --repair` to make it again in the folder,"
        " without embedding.",
    )
