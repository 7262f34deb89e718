"""Is an index whole, and how to make Chroma again from the catalog."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from rag.catalog import read as catalog_read
from rag.catalog import write as catalog_write
from rag.catalog.catalog import Catalog
from rag.catalog.faults import plainly
from rag.catalog.files import has_all_tables, health, is_erasure_due, writers_catalog
from rag.catalog.sources import quarantine
from rag.errors import PullquoteError
from rag.index.rebuild import erase, rebuild
from rag.index.search_home import leftovers, open_search, search_name
from rag.place import Where

_REPAIR = "Run `pullquote doctor --repair`: it rebuilds Chroma without embedding."
_LOST = "Restore a backup with `pullquote restore`, or ingest into another folder."


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    ok: bool
    what: str
    hint: str = ""
    """What to do where it is not well."""


def check(where: Where) -> tuple[Finding, ...]:
    """Whether an index is whole; never raises for what it finds."""
    findings: list[Finding] = []
    try:
        with closing(Catalog(where)) as catalog, plainly(catalog.place):
            findings += _tables(catalog)
            if all(finding.ok for finding in findings):  # else what follows asks in vain
                findings += _contents(catalog)
    except PullquoteError as error:
        findings.append(Finding(False, error.problem, error.hint))
    return tuple(findings)


def _tables(catalog: Catalog) -> Iterator[Finding]:
    whole = has_all_tables(catalog)
    what = f"the catalog has {'all its tables' if whole else 'other tables than it should'}"
    yield Finding(whole, what, _LOST)


def _contents(catalog: Catalog) -> Iterator[Finding]:
    yield from (Finding(ok, what, _LOST) for ok, what in health(catalog))
    waiting = catalog_write.outbox_size(catalog)
    yield Finding(waiting == 0, f"{waiting:,} passages wait for Chroma", _REPAIR)
    left = len(leftovers(catalog))
    yield Finding(left == 0, f"{left} search indexes are left over or being made", _REPAIR)
    due = is_erasure_due(catalog)
    what = "deleted text waits to be erased" if due else "nothing waits to be erased"
    yield Finding(not due, what, "Run `pullquote doctor --repair`: it erases it.")
    kept = len(quarantine(catalog))
    where = "; `pullquote status --quarantine` lists them" if kept else ""
    yield Finding(True, f"{kept:,} entries in quarantine{where}")
    yield _compare(catalog, _REPAIR)


def _compare(catalog: Catalog, hint: str) -> Finding:
    wanted = set(catalog_read.all_ids(catalog))
    try:
        with closing(open_search(catalog, search_name(catalog))) as search_index:
            found = search_index.ids()
    except PullquoteError as error:
        return Finding(False, error.problem, error.hint)
    both, more = len(found & wanted), len(found - wanted)
    what = f"Chroma holds {both:,} of {len(wanted):,} passages and {more:,} others"
    return Finding(found == wanted, what, hint)


def repair(where: Where) -> int:
    """Make Chroma again from the catalog, without embedding; how many passages it holds then.

    What waits to be erased is erased.

    Raises:
        IndexMissing, IndexMismatch, IndexDamaged: The catalog itself cannot be read, or is
            damaged; Chroma is left as it is then.
        IndexBusy: Another process is writing.
    """
    with writers_catalog(where, thorough=True) as catalog:
        if is_erasure_due(catalog):
            erase(catalog)
            return len(catalog_read.all_ids(catalog))
        return rebuild(catalog)
