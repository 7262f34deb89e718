"""The search index that readers share: opened anew when a writer has told it something."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rag.catalog.catalog import Catalog
from rag.catalog.vectors import count_passages
from rag.index.exact import ExactSearch
from rag.index.search_home import open_search, search_name

if TYPE_CHECKING:
    from rag.index.vectors import SearchIndex


@dataclass(slots=True)
class _Handle:
    """A search index that is being opened or is open, and how many are reading from it."""

    place: tuple[object, ...]
    """The catalog's file and the search index's name."""
    generation: int
    """What it shows, or an earlier one."""
    opened: Future[SearchIndex | ExactSearch] = field(default_factory=Future)
    readers: int = 0
    retired: bool = False

    def shows(self, place: tuple[object, ...], generation: int) -> bool:
        # One of a later generation serves as well: it would be no other if it were opened now.
        return self.place == place and self.generation >= generation

    def close(self) -> None:
        """Only with nobody reading, so that nobody is opening it either."""
        if self.opened.done() and self.opened.exception() is None:
            self.opened.result().close()


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

        One thread opens it, and those that need it meanwhile wait for that and share what comes of
        it, an error too: each in its turn would wait as long for a server that is away.

        Raises:
            IndexDamaged: It cannot be read, or belongs to another catalog.
            IndexUnavailable: The server that holds it does not answer.
        """
        generation = self._catalog.generation
        if generation == 0:
            yield None
            return
        name = search_name(self._catalog)
        handle, is_new = self._take((self._catalog.identity, name), generation)
        try:
            if is_new:
                self._open(handle, name)
            yield handle.opened.result()
        finally:
            self._give_back(handle)

    def close(self) -> None:
        """Who is reading goes on, and the last one closes what it reads from."""
        with self._guard:
            self._retire()

    def _take(self, place: tuple[object, ...], generation: int) -> tuple[_Handle, bool]:
        """A handle with the caller among its readers, and whether the caller has to open it."""
        with self._guard:
            handle = self._handle
            is_new = handle is None or not handle.shows(place, generation)
            if handle is None or is_new:
                self._retire()
                handle = self._handle = _Handle(place, generation)
            handle.readers += 1
            return handle, is_new

    def _open(self, handle: _Handle, name: str) -> None:
        """Outside the guard: others must be able to give back what they read from."""
        try:
            if count_passages(self._catalog) <= self._exact_up_to:
                handle.opened.set_result(ExactSearch(self._catalog))
            else:
                handle.opened.set_result(open_search(self._catalog, name))
        except BaseException as error:
            with self._guard:
                if self._handle is handle:
                    self._retire()  # the next question tries again
            handle.opened.set_exception(error)

    def _give_back(self, handle: _Handle) -> None:
        with self._guard:
            handle.readers -= 1
            if handle.retired and handle.readers == 0:
                handle.close()

    def _retire(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.retired = True
            if handle.readers == 0:
                handle.close()
