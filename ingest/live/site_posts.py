"""A hundred posts of a live site at once; where one of them breaks the site, the others come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ingest.live.census import Listed
from ingest.live.fetch import FetchFailed
from ingest.live.hosts import related
from ingest.live.polite import Client, SiteUnavailable
from ingest.live.wordpress_api import Site, ask, refused, with_query
from ingest.posts.rest_entry import read_entry
from ingest.posts.wordpress_post import ReadPost, Skipped, post_id
from rag.errors import SourceError

_STANDARD = frozenset(("posts", "pages"))


@dataclass(frozen=True, slots=True)
class Batch:
    """Posts to ask for together."""

    base: str
    listed: tuple[Listed, ...]


@dataclass(frozen=True, slots=True)
class FetchedBatch:
    """What came of a batch."""

    base: str
    results: tuple[tuple[Listed, ReadPost | Skipped], ...]
    vanished: tuple[Listed, ...]
    """What the census named and the site no longer gives."""


def fetch_batch(client: Client, site: Site, batch: Batch) -> FetchedBatch:
    """The posts of a batch with their text, authors and terms.

    Raises:
        SourceError: The site does not answer as it should.
    """
    results = tuple(_fetch(client, site, batch.base, batch.listed))
    came = {listed.id for listed, _ in results}
    vanished = tuple(one for one in batch.listed if one.id not in came)
    return FetchedBatch(batch.base, results, vanished)


def _fetch(
    client: Client, site: Site, base: str, listed: tuple[Listed, ...]
) -> Iterator[tuple[Listed, ReadPost | Skipped]]:
    ids = {one.id: one for one in listed}
    url = with_query(
        f"{site.api}wp/v2/{base}",
        include=",".join(map(str, ids)), per_page=len(ids), orderby="include",
        _embed="author,wp:term",
    )  # fmt: skip
    try:
        answer = ask(client, url)
    except (SiteUnavailable, FetchFailed) as error:
        if not _one_post_breaks_it(client, site, base, listed[0], error):
            raise
        if len(listed) == 1:
            yield listed[0], Skipped(listed[0].link, f"the site fails to show it: {error.problem}")
            return
        half = len(listed) // 2
        yield from _fetch(client, site, base, listed[:half])
        yield from _fetch(client, site, base, listed[half:])
        return
    if not answer.ok or not isinstance(answer.value, list):
        raise refused(answer)
    for entry in answer.entries:
        one = ids.pop(entry.get("id", 0), None)
        if one:
            yield one, _read(entry, one, base, site)


def _one_post_breaks_it(
    client: Client, site: Site, base: str, one: Listed, error: SourceError
) -> bool:
    """A plugin may fail on the text of one post; a site that is down fails on its id as well."""
    if isinstance(error, SiteUnavailable) and error.status in {429, 503}:
        return False
    url = with_query(f"{site.api}wp/v2/{base}", include=one.id, _fields="id")
    return ask(client, url).ok


def _read(entry: Mapping[str, Any], one: Listed, base: str, site: Site) -> ReadPost | Skipped:
    if base not in _STANDARD:
        # A type that was asked for by name is as welcome as posts are.
        entry = {**entry, "type": "post"}
    if "content" not in entry:
        return Skipped(one.link, "no post with a content")
    result = read_entry(entry, one.link, zone=site.timezone)
    expected = post_id(one.id, "", site.home)
    if isinstance(result, Skipped):
        return replace(result, post_id=expected)
    link = result.raw.post.url
    if not related(link, site.home):
        link = ""  # a post must not send readers elsewhere
    post = replace(result.raw.post, id=expected, url=link)
    return replace(result, raw=replace(result.raw, post=post, site_name=site.name))
