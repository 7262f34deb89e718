"""What is no longer in a source leaves the index: never after an error, never too much at once."""

from __future__ import annotations

from dataclasses import replace

from ingest.live.site import Finished
from ingest.updating import Update
from rag.catalog.sources import set_missing, set_source_state, set_sources

_MASS = 0.2  # more than this part of a source's posts is never removed unasked
_NAMED = 3  # files that a warning names
_TOO_MANY = "they are more than a fifth; --allow-mass-delete removes them all the same"


def settle(update: Update, label: str, finished: Finished, *, allow_mass_delete: bool) -> None:
    """End the sync of a live site: delete what was missing twice, and keep what is remembered.

    What the site itself calls deleted or not public has left the index before, unguarded.
    """
    own = [id_ for id_, state in update.states.items() if state.source == label]
    gone = [id_ for id_ in finished.gone if id_ in update.states]
    if len(gone) > _MASS * len(own) and not allow_mass_delete:
        update.warn(_kept(gone, _TOO_MANY))
    else:
        update.remove(gone)
    update.untouched += finished.unchanged
    for warning in finished.warnings:
        update.warn(warning)
    left = tuple(id_ for id_ in finished.still_public if id_ in update.states)
    update.report = replace(update.report, missing=(*update.report.missing, *left))
    if update.writer:
        deleted = set(gone) - set(update.states)
        kept = [id_ for id_ in finished.missing if id_ not in deleted]
        set_missing(update.writer.catalog, label, kept)
        set_source_state(update.writer.catalog, label, finished.state)


def prune(
    update: Update,
    files: frozenset[str],
    live: frozenset[str],
    *,
    whole_site: bool,
    allow_mass_delete: bool,
) -> frozenset[str]:
    """Remove what these files held before and no longer hold; which other files they replace.

    Args:
        update: The sync.
        files: The labels of the files that were read.
        live: The labels of all live sites of the index.
        whole_site: These files hold all that there is of their sites, so that what other files
            gave of the same sites, and these lack, goes as well.
        allow_mass_delete: Also when that is more than a fifth.
    """
    own = {id_ for id_, state in update.states.items() if state.source in files}
    others = _from_other_files(update, files, live)
    before = own | others if whole_site else own
    gone = before - set(update.seen)
    reason = ""
    if any(not skipped.post_id for skipped in update.skipped):
        reason = "not everything could be read"
    elif len(gone) > _MASS * len(before) and not allow_mass_delete:
        reason = _TOO_MANY
    if gone and reason:
        update.warn(_kept(gone, reason))
        return frozenset()
    left = others - set(update.seen)
    if left and not gone and not whole_site:
        update.warn(_left(update, left))
    replaced = frozenset(update.states[id_].source for id_ in others)
    update.remove(sorted(gone))
    return _hand_over(update, others - gone, replaced) if whole_site else frozenset()


def _from_other_files(update: Update, files: frozenset[str], live: frozenset[str]) -> set[str]:
    """Posts of the sites that were read which came from other files, and not from a live site."""
    sites = {_site_of(id_) for id_ in update.seen} - {""}
    return {
        id_
        for id_, state in update.states.items()
        if state.source not in files | live
        and _site_of(id_) in sites
        # A live site's first sync may have been stopped before anything was noted of the site.
        and not id_.startswith(f"{state.source}/")
    }


def _site_of(post_id: str) -> str:
    """The address in the id of a post; empty where the id does not say where it ends."""
    place, _, number = post_id.rpartition("/")
    return place if number.isdecimal() and place != "unknown" else ""


def _hand_over(update: Update, ids: set[str], before: frozenset[str]) -> frozenset[str]:
    """Let posts count as those of the files that gave them now; the sources without any left."""
    given = {id_: update.now[id_].source for id_ in ids if id_ in update.now}
    for id_, source in given.items():
        update.states[id_] = replace(update.states[id_], source=source)
    if update.writer:
        set_sources(update.writer.catalog, given)
    return before - {state.source for state in update.states.values()}


def _left(update: Update, ids: set[str]) -> str:
    sources = sorted({update.states[id_].source for id_ in ids})
    more = ", …" if len(sources) > _NAMED else ""
    return (
        f"posts of this site that only other files gave, and that were kept: {len(ids)}"
        f" ({', '.join(sources[:_NAMED])}{more}); if what was read now is the whole site,"
        " --whole-site removes them"
    )


def _kept(gone: set[str] | list[str], reason: str) -> str:
    return f"{len(gone)} posts are gone from the source and were kept: {reason}"
