"""What is remembered of a live site from one sync to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import BaseModel, ConfigDict, ValidationError

from ingest.live.census import Listed, PageKept
from ingest.live.wordpress_api import Site
from rag.catalog.catalog import Catalog
from rag.catalog.forgotten import Forgotten
from rag.catalog.sources import source_labels, source_state

_SCHEMA = 1


class SiteState(BaseModel):
    """All of it; as JSON it stands in the catalog."""

    model_config = ConfigDict(frozen=True)

    schema_: int = _SCHEMA
    api: str = ""
    home: str = ""
    zone: str = ""
    name: str | None = None
    """What the site calls itself; None where it was not asked."""
    types: tuple[str, ...] = ()
    recipe: str = ""
    """Stands for how posts are read and split: another one means that all are read again."""
    full_at: datetime | None = None
    """When every post was last fetched, or began to be, by the site's clock."""
    asked_at: datetime | None = None
    """When the last census was taken that was worked off, by the site's clock."""
    known: dict[str, dict[int, str]] = {}
    """Type's part of the address, WordPress id, and the stamp under which the post was read."""
    pages: dict[str, tuple[str, tuple[tuple[int, str, datetime | None, str], ...]]] = {}
    """Pages of the last census that the site had marked."""

    @property
    def site(self) -> Site | None:
        if self.name is None or not (self.api and self.home):
            return None
        return Site(self.api, self.home, self.zone, self.name)

    def kept_pages(self) -> dict[str, PageKept]:
        return {
            url: PageKept(etag, tuple(Listed(*entry) for entry in entries))
            for url, (etag, entries) in self.pages.items()
        }


def plain_pages(kept: Mapping[str, PageKept]) -> dict[str, object]:
    """Marked pages as a state keeps them."""
    return {
        url: (page.etag, tuple((e.id, e.link, e.modified, e.closed) for e in page.entries))
        for url, page in kept.items()
    }


def read_state(text: str | None) -> SiteState:
    """What was kept; one that cannot be read is as none: everything is fetched again."""
    try:
        state = SiteState.model_validate_json(text or "{}")
    except ValidationError:
        return SiteState()
    return state if state.schema_ == _SCHEMA else SiteState()


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the index knows of a site."""

    state: SiteState = field(default_factory=SiteState)
    missing: Mapping[str, int] = field(default_factory=dict)
    """Posts that the last census did not name."""
    ids: frozenset[str] = frozenset()
    """Posts in the index that were read from the site."""
    forgotten: Forgotten = field(default_factory=Forgotten)
    """Posts that are not to be read."""


def known_sites(catalog: Catalog) -> tuple[str, ...]:
    """Addresses of the live sites that an index was read from, so that a sync knows them again."""
    found = []
    for label in source_labels(catalog):
        scheme, slashes, _ = read_state(source_state(catalog, label)).api.partition("://")
        if slashes:  # else no sync of it has come as far as its API
            found.append(f"{scheme}://{label}")
    return tuple(found)
