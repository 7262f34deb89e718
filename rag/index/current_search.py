"""The search index that readers share: opened anew when a writer has told it something."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.catalog.catalog import Catalog
from rag.catalog.vectors import count_passages
from rag.index.exact import ExactSearch
from rag.index.search_home import open_search, search_name

if TYPE_CHECKING:
    from rag.index.vectors import SearchIndex


@dataclass(slots=True)
class _Handle:
    """An open search index, the state it shows, and how many are reading from it."""

    search_index: SearchIndex | ExactSearch
    state: tuple[object, ...]
    """The catalog's file, the search index's name, and the generation."""
    readers: int = 0
    retired: bool = False


class CurrentSearch:
    """Opens and closes search indexes of one catalog. Safe to use from several threads."""

    def __init__(self, catalog: Catalog, exact_up_to: int) -> None:
        """Open nothing yet.

        Args:
            catalog: Whose passages are searched.
            exact_up_to: Passages that are searched one by one; where there are more, by Chroma.
        """
        self._catalog = catalog
        self._exact_up_to = exact_up_to
        self._handle: _Handle | None = None
        self._guard = threading.Lock()

    @contextmanager
    def opened(self) -> Iterator[SearchIndex | ExactSearch | None]:
        """The search index as of now; None while the first sync has told it nothing yet.

        Raises:
            IndexDamaged: It cannot be read, or belongs to another catalog.
            IndexUnavailable: The server that holds it does not answer.
        """
        handle = self._current()
        if handle is None:
            yield None
            return
        try:
            yield handle.search_index
        finally:
            with self._guard:
                handle.readers -= 1
                if handle.retired and handle.readers == 0:
                    handle.search_index.close()

    def close(self) -> None:
        with self._guard:
            if self._handle:
                self._handle.search_index.close()
                self._handle = None

    def _current(self) -> _Handle | None:
        generation = self._catalog.generation
        name = search_name(self._catalog)
        state = (self._catalog.identity, name, generation)
        with self._guard:
            handle = self._handle
            if handle is None or handle.state != state:
                if generation == 0:
                    return None
                fresh = self._open(name)
                if handle is not None:
                    handle.retired = True
                    if handle.readers == 0:
                        handle.search_index.close()
                handle = self._handle = _Handle(fresh, state)
            handle.readers += 1
            return handle

    def _open(self, name: str) -> SearchIndex | ExactSearch:
        if count_passages(self._catalog) <= self._exact_up_to:
            return ExactSearch(self._catalog)
        return open_search(self._catalog, name)
