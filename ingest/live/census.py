"""Which posts a site names now: ids and times, a hundred at once, without their text."""

from __future__ import annotations

import email.utils
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ingest.live.polite import Client
from ingest.live.wordpress_api import Reply, Site, parse, refused, with_query
from ingest.posts.wordpress_post import is_protected, utc

PER_PAGE = 100  # the most that WordPress gives
_MOST_PAGES = 100_000
_FIELDS = "id,link,modified_gmt,slug,status,content.protected"
_PAST_END = "rest_post_invalid_page_number"


@dataclass(frozen=True, slots=True)
class Listed:
    """A post as a census names it."""

    id: int
    link: str
    modified: datetime | None
    """UTC."""
    closed: str = ""
    """Why it must not be read, for people; empty where it is public."""

    @property
    def stamp(self) -> str:
        """Another one means that the post has to be read again."""
        return f"{self.modified:%Y-%m-%dT%H:%M:%S} {self.link}" if self.modified else self.link


@dataclass(frozen=True, slots=True)
class PageKept:
    """A page of a census that the site need not send again while its mark is the same."""

    etag: str
    entries: tuple[Listed, ...]


@dataclass(frozen=True, slots=True)
class Census:
    """The posts of one type that a site names."""

    listed: tuple[Listed, ...]
    """Each once."""
    complete: bool
    """Nothing may be taken for deleted where it is not."""
    at: datetime
    """When, by the site's own clock, UTC."""
    kept: dict[str, PageKept]
    """By address; empty where the site marks nothing."""
    cut: str = ""
    """What stood around the JSON, shortened."""


def take_census(client: Client, site: Site, base: str, kept: dict[str, PageKept]) -> Census:
    """Ask for the ids of all posts of a type.

    Posts that come or go meanwhile move others from page to page: where fewer are seen than the
    site counts, it is asked once more.

    Args:
        client: Who asks.
        site: Whom.
        base: The type's part of the address, as "posts".
        kept: Pages of the census before this one.

    Raises:
        SourceError: A page does not come: then there is no census at all.
    """
    census = _once(client, site, base, kept)
    return census if census.complete else _once(client, site, base, {})


def without(census: Census, is_forgotten: Callable[[Listed], bool]) -> Census:
    """The same with nothing of forgotten posts; a page that named one is to be asked for again."""
    return replace(
        census,
        listed=tuple(one for one in census.listed if not is_forgotten(one)),
        kept={
            url: page
            for url, page in census.kept.items()
            if not any(is_forgotten(one) for one in page.entries)
        },
    )


def _once(client: Client, site: Site, base: str, kept: dict[str, PageKept]) -> Census:
    listed: dict[int, Listed] = {}
    marked: dict[str, PageKept] = {}
    at = datetime.now(UTC)
    total, cut = 0, ""
    for number, (url, answer, page) in enumerate(_pages(client, site, base, kept), 1):
        if number == 1:
            at = _date(answer, at)
        total = _header(answer, "x-wp-total") or total
        cut = cut or answer.cut
        etag = answer.fetched.headers.get("etag", "")
        if etag:
            marked[url] = PageKept(etag, page)
        fresh = [one for one in page if one.id not in listed]
        listed |= {one.id: one for one in fresh}
        # No header alone is trusted: caches drop them, and some sites give shorter pages.
        pages = _header(answer, "x-wp-totalpages")
        if not fresh or (len(page) < PER_PAGE and 0 < pages <= number):
            break
    return Census(tuple(listed.values()), len(listed) >= total, at, marked, cut)


def _pages(
    client: Client, site: Site, base: str, kept: dict[str, PageKept]
) -> Iterator[tuple[str, Reply, tuple[Listed, ...]]]:
    for number in range(1, _MOST_PAGES):
        url = with_query(
            f"{site.api}wp/v2/{base}",
            _fields=_FIELDS, per_page=PER_PAGE, page=number, orderby="id", order="asc",
        )  # fmt: skip
        known = kept.get(url)
        fetched = client.get(url, etag=known.etag if known else "")
        if known and fetched.status == 304:
            yield url, Reply(fetched, [], ""), known.entries
            continue
        answer = parse(fetched)
        if answer.code == _PAST_END:
            return
        if not answer.ok or not isinstance(answer.value, list):
            raise refused(answer)
        yield url, answer, tuple(_listed(answer))


def _listed(answer: Reply) -> Iterator[Listed]:
    for entry in answer.entries:
        protected = is_protected(entry.get("content"))
        status = str(entry.get("status") or "publish")
        closed = "not public (behind a password)" if protected else ""
        if status != "publish":
            closed = f"not public (status {status})"
        if isinstance(entry.get("id"), int):
            link = str(entry.get("link") or "")
            yield Listed(entry["id"], link, utc(entry.get("modified_gmt")), closed)


def _header(answer: Reply, name: str) -> int:
    value = answer.fetched.headers.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0


def _date(answer: Reply, otherwise: datetime) -> datetime:
    try:
        said = email.utils.parsedate_to_datetime(answer.fetched.headers.get("date", ""))
    except ValueError:
        return otherwise
    return said if said.tzinfo else said.replace(tzinfo=UTC)
