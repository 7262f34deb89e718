"""What is no longer in a source leaves the index: never after an error, never too much at once."""

from __future__ import annotations

from dataclasses import replace

from ingest.live.site import Finished
from ingest.updating import Update
from rag.catalog.sources import set_missing, set_source_state

_MASS = 0.2  # more than this part of a source's posts is never removed unasked
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


def prune(update: Update, labels: set[str], *, allow_mass_delete: bool) -> None:
    """Remove what these files held before and no longer hold."""
    before = {id_ for id_, state in update.states.items() if state.source in labels}
    gone = before - set(update.seen)
    reason = ""
    if any(not skipped.post_id for skipped in update.skipped):
        reason = "not everything could be read"
    elif len(gone) > _MASS * len(before) and not allow_mass_delete:
        reason = _TOO_MANY
    if gone and reason:
        update.warn(_kept(gone, reason))
    else:
        update.remove(sorted(gone))


def _kept(gone: set[str] | list[str], reason: str) -> str:
    return f"{len(gone)} posts are gone from the source and were kept: {reason}"
