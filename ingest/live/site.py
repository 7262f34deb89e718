"""A live site to its posts: what has changed since the last time, and what is gone.

A census decides what is fetched: posts whose time or address is another one than when they were
read. WordPress's own `modified_after` is not asked for, because it compares local times, an hour
wrong when summer time ends, and leaves out the second itself. Instead, what was changed less than
two hours before the last census is fetched again all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ingest.live.census import Census, Listed, take_census, without
from ingest.live.fetch import FetchFailed
from ingest.live.hosts import site_of
from ingest.live.missing_posts import still_there
from ingest.live.polite import Client, SiteUnavailable
from ingest.live.site_posts import Batch, fetch_batch
from ingest.live.site_state import Remembered, SiteState, plain_pages
from ingest.live.wordpress_api import Site, check_secret, find_api, rest_base
from ingest.posts.wordpress_post import ReadPost, Skipped, post_id
from rag.errors import SourceError

_OVERLAP = timedelta(hours=2)
_AT_ONCE = 100  # posts in one answer
_CHECKPOINT = 5  # answers after which what is done is noted


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """All that came before is to be put into the index, and the state kept with it."""

    state: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of a sync, which only comes where nothing went wrong."""

    state: str
    missing: tuple[str, ...]
    """Posts of the index that the site does not name."""
    gone: tuple[str, ...]
    """Those of them that it did not name the last time either: to be deleted."""
    still_public: tuple[str, ...]
    """Those of them that it shows all the same when asked for by id, or does not say."""
    unchanged: int = 0
    """Posts that were read before and not fetched again."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A post that the site names and that is not to be read."""

    post_id: str


Event = ReadPost | Skipped | LeftOut | Checkpoint | Finished


@dataclass(frozen=True, slots=True)
class Asked:
    """What a sync of a site is to do."""

    address: str
    user: str = ""
    """Whose application password the client has; empty without one."""
    types: tuple[str, ...] = ()
    """As "post" or "page"; empty takes those of the last time, or posts."""
    full: bool = False
    """Fetch every post, changed or not."""
    full_days: float = 7
    """That is done anyway when the last time is so long ago."""
    recipe: str = ""
    """Stands for how posts are read and split: another one means the same."""


def read_site(client: Client, asked: Asked, remembered: Remembered) -> Iterator[Event]:
    """The posts that have changed, what is not public, checkpoints, and `Finished` at the end.

    Raises:
        SourceError: The site does not answer as it should; nothing may be deleted then.
    """
    types = asked.types or remembered.state.types or ("post",)
    site, censuses = _censuses(client, asked, remembered.state, types)
    state = _begun(asked, remembered.state, site, types, censuses)
    wanted: list[tuple[str, Listed]] = []
    not_wanted = 0
    for base, census in censuses.items():
        known = state.known.get(base, {})
        for one in census.listed:
            id_ = post_id(one.id, "", site.home)
            if id_ in remembered.forgotten:
                not_wanted += 1
                yield LeftOut(id_)
            elif one.closed:
                not_wanted += 1
                yield Skipped(one.link, one.closed, id_)
            elif known.get(one.id) != one.stamp or _recent(one, remembered.state.asked_at):
                wanted.append((base, one))
    vanished: list[str] = []
    done: dict[str, dict[int, str]] = {base: dict(state.known.get(base, {})) for base in censuses}
    results = client.side_by_side(lambda batch: fetch_batch(client, site, batch), _batches(wanted))
    for number, fetched in enumerate(results, 1):
        for listed, result in fetched.results:
            yield result
            if isinstance(result, ReadPost) or result.post_id:
                done[fetched.base][listed.id] = listed.stamp
        vanished += [post_id(one.id, "", site.home) for one in fetched.vanished]
        if number % _CHECKPOINT == 0:
            yield Checkpoint(state.model_copy(update={"known": done}).model_dump_json())
    named = {post_id(one.id, "", site.home) for c in censuses.values() for one in c.listed}
    not_named = (remembered.ids & _own(remembered, site, state, censuses)) - named
    missing = sorted(not_named | (remembered.ids & set(vanished)))
    closed = yield from still_there(client, site, tuple(censuses), missing)
    unchanged = sum(len(c.listed) for c in censuses.values()) - len(wanted) - not_wanted
    censuses = {
        base: without(census, lambda one: post_id(one.id, "", site.home) in remembered.forgotten)
        for base, census in censuses.items()
    }
    finished = _finished(state, done, censuses, missing, closed, remembered)
    yield replace(finished, unchanged=unchanged)


def _censuses(
    client: Client, asked: Asked, state: SiteState, types: Sequence[str]
) -> tuple[Site, dict[str, Census]]:
    """Where the site's API is, and what it names; the place of the last time is tried first.

    Where all posts are fetched again, the site is asked anew what it calls itself.
    """
    again = asked.full or _is_due(asked, state, datetime.now(UTC))
    for site in (None if again else state.site, None):
        try:
            found = site or find_api(client, asked.address)
            if client.secret:
                check_secret(client, found, asked.user)
            kept = state.kept_pages()
            bases = dict.fromkeys(rest_base(client, found, type_) for type_ in types)
            return found, {base: take_census(client, found, base, kept) for base in bases}
        except SourceError as error:
            # A site that is down is still where it was; another answer may mean that it moved.
            down = isinstance(error, (SiteUnavailable, FetchFailed))
            if site is None or down:
                raise
    raise AssertionError("the second round returns or raises")


def _begun(
    asked: Asked, state: SiteState, site: Site, types: Sequence[str], censuses: Mapping[str, Census]
) -> SiteState:
    """The state to go on from; without what is known, where everything is to be fetched again."""
    now = min((census.at for census in censuses.values()), default=datetime.now(UTC))
    same_site = not state.home or state.home == site.home
    if asked.full or _is_due(asked, state, now) or state.recipe != asked.recipe or not same_site:
        # Noted at the start, so that a sync that is stopped goes on instead of beginning again.
        state = state.model_copy(update={"known": {}, "full_at": now})
    return state.model_copy(
        update={
            "api": site.api, "home": site.home, "zone": site.zone, "name": site.name,
            "types": tuple(types), "recipe": asked.recipe, "pages": {},
        }
    )  # fmt: skip


def _is_due(asked: Asked, state: SiteState, now: datetime) -> bool:
    """Whether it is so long ago that every post was fetched."""
    return state.full_at is None or now - state.full_at >= timedelta(days=asked.full_days)


def _recent(one: Listed, asked_at: datetime | None) -> bool:
    return bool(one.modified and asked_at and one.modified > asked_at - _OVERLAP)


def _batches(wanted: Sequence[tuple[str, Listed]]) -> Iterator[Batch]:
    for base in dict.fromkeys(base for base, _ in wanted):
        own = [listed for of, listed in wanted if of == base]
        for start in range(0, len(own), _AT_ONCE):
            yield Batch(base, tuple(own[start : start + _AT_ONCE]))


def _own(
    remembered: Remembered, site: Site, state: SiteState, censuses: Mapping[str, Census]
) -> set[str]:
    """Posts of the index that could be missing: not those of types that were not asked for."""
    others = {
        post_id(number, "", site.home)
        for base, numbers in {**remembered.state.known, **state.known}.items()
        if base not in censuses
        for number in numbers
    }
    return set(remembered.ids) - others


def _finished(
    state: SiteState,
    done: Mapping[str, Mapping[int, str]],
    censuses: Mapping[str, Census],
    missing: Sequence[str],
    closed: frozenset[str],
    remembered: Remembered,
) -> Finished:
    listed = {
        base: {one.id for one in census.listed if not one.closed}
        for base, census in censuses.items()
    }
    known = {
        **{base: stamps for base, stamps in state.known.items() if base not in censuses},
        **{b: {n: s for n, s in own.items() if n in listed[b]} for b, own in done.items()},
    }
    marked = {url: page for census in censuses.values() for url, page in census.kept.items()}
    ended = state.model_copy(
        update={"known": known, "asked_at": min(c.at for c in censuses.values())}
    )
    whole = SiteState.model_validate({**ended.model_dump(), "pages": plain_pages(marked)})
    warnings = [f"Around the site's JSON stood: {c.cut}" for c in censuses.values() if c.cut]
    complete = all(census.complete for census in censuses.values())
    if not complete:
        warnings.append(
            "the site counts more posts than it names, so nothing was taken for deleted"
        )
    left = tuple(id_ for id_ in missing if id_ not in closed)
    return Finished(
        state=whole.model_dump_json(),
        missing=tuple(missing) if complete else tuple(remembered.missing),
        gone=tuple(id_ for id_ in left if id_ in remembered.missing) if complete else (),
        still_public=left,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def label_of(address: str) -> str:
    """What a site is called in the index: its host and path, however the address was typed."""
    path = address.partition("://")[2].partition("/")[2].partition("?")[0].partition("#")[0]
    path = path.partition("wp-json")[0].rstrip("/")
    return site_of(address) + (f"/{path}" if path else "")
