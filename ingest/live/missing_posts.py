"""Posts that a site no longer names: asked for one by one whether they are still public."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from ingest.live.polite import Client
from ingest.live.wordpress_api import Site, ask, with_query
from ingest.posts.wordpress_post import Skipped, is_protected
from rag.errors import SourceError

_NOT_PUBLIC = "no longer public (private, scheduled, a draft or in the trash)"
_DELETED = "deleted from the site"
_PASSWORD = "not public (behind a password)"


def still_there(
    client: Client, site: Site, bases: Sequence[str], ids: Sequence[str]
) -> Generator[Skipped, None, frozenset[str]]:
    """Yields those that the site says are not public or gone; returns their ids.

    Only what it says in WordPress's own words counts: an error or a wall in front of it says
    nothing of a post.

    Args:
        client: Who asks.
        site: Whom.
        bases: The types' parts of the address.
        ids: Post ids of the index.
    """
    closed: set[str] = set()
    answers = client.side_by_side(lambda id_: (id_, _why_closed(client, site, bases, id_)), ids)
    for id_, reason in answers:
        if reason:
            closed.add(id_)
            yield Skipped(id_, reason, id_)
    return frozenset(closed)


def _why_closed(client: Client, site: Site, bases: Sequence[str], id_: str) -> str:
    """For people; empty where it is public, or where the site does not say."""
    number = id_.rpartition("/")[2]
    if not (number.isascii() and number.isdigit()):
        return ""
    reasons = [_of_type(client, site, base, number) for base in bases]
    # An id belongs to one type; the others know nothing of it.
    told = [reason for reason in reasons if reason != _DELETED]
    return told[0] if told else _DELETED


def _of_type(client: Client, site: Site, base: str, number: str) -> str:
    url = with_query(f"{site.api}wp/v2/{base}/{number}", _fields="id,status,content.protected")
    try:
        answer = ask(client, url)
    except SourceError:
        return ""
    if answer.ok and isinstance(answer.value, dict):
        if is_protected(answer.value.get("content")):
            return _PASSWORD
        status = answer.value.get("status") or "publish"
        return "" if status == "publish" else f"not public (status {status})"
    if answer.fetched.status in {401, 403} and answer.code == "rest_forbidden":
        return _NOT_PUBLIC
    if answer.fetched.status == 410 or answer.code == "rest_post_invalid_id":
        return _DELETED
    return ""
