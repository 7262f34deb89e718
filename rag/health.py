"""Is an index whole, and how to make Chroma again from the catalog."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from rag import catalog_read, catalog_write
from rag.catalog import Catalog
from rag.errors import IndexDamaged, IndexMismatch, IndexMissing
from rag.index import CATALOG, CHROMA, IndexWriter, locked
from rag.vectors import SearchIndex, start_over


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    ok: bool
    what: str
    hint: str = ""
    """What to do where it is not well."""


def check(folder: Path) -> tuple[Finding, ...]:
    """Whether an index is whole; never raises for what it finds."""
    repair_hint = "Run `pullquote doctor --repair`: it rebuilds Chroma without embedding."
    try:
        catalog = Catalog(folder / CATALOG)
    except (IndexMissing, IndexMismatch, IndexDamaged) as error:
        return (Finding(False, error.problem, error.hint),)
    with closing(catalog):
        findings = [
            Finding(ok, what, "Move the folder away and ingest again.")
            for ok, what in catalog_read.health(catalog)
        ]
        waiting = catalog_write.outbox_size(catalog)
        findings.append(Finding(waiting == 0, f"{waiting} passages wait for Chroma", repair_hint))
        return (*findings, _compare(folder, catalog, repair_hint))


def _compare(folder: Path, catalog: Catalog, hint: str) -> Finding:
    wanted = set(catalog_read.all_ids(catalog))
    try:
        with closing(SearchIndex(folder / CHROMA, catalog.index_id)) as search_index:
            found = search_index.ids()
    except IndexDamaged as error:
        return Finding(False, error.problem, error.hint)
    both, more = len(found & wanted), len(found - wanted)
    what = f"Chroma holds {both} of {len(wanted)} passages and {more} others"
    return Finding(found == wanted, what, hint)


def repair(folder: Path) -> int:
    """Make Chroma again from the catalog, without embedding; how many passages it holds then.

    Raises:
        IndexMissing, IndexMismatch, IndexDamaged: The catalog itself cannot be read.
        IndexBusy: Another process is writing.
    """
    with closing(Catalog(folder / CATALOG)) as catalog, locked(folder):
        start_over(folder / CHROMA)
        catalog_write.fill_outbox(catalog)
        with closing(IndexWriter(catalog)) as writer:
            return writer.told
