"""Where in a JSON value posts are: alone, in lists, wrapped, by number, in a table's rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ingest.files.rest_names import as_rest
from ingest.posts.wordpress_post import Skipped, plain
from rag.errors import SourceError
from rag.types import Damage

Entry = tuple[Mapping[str, Any], Damage | None]
Entries = list[Entry | Skipped]
_DEEPEST = 5  # wrappers around the posts


def entries(value: object, origin: str) -> Entries | None:
    """The posts of an answer; None where it is none.

    Raises:
        SourceError: It is an error that WordPress answered with, or has posts without content.
    """
    if isinstance(value, list):
        return _of_list(value, origin)
    if not isinstance(value, Mapping):
        return None
    if "code" in value and "message" in value and "content" not in value:
        raise SourceError(
            f"{origin} is an error that WordPress answered with: {plain(value['message'])}",
            hint="Open its address again, check it, and save the answer.",
        )
    post = as_rest(value)
    if post is not None:
        return [(post, None)]
    if "body" in value and ("headers" in value or "status" in value):
        return entries(value["body"], origin)
    for name in ("posts", "items", "data", "results", "pages"):
        if isinstance(value.get(name), list):
            found = _of_list(value[name], origin)
            if found is not None:
                return found
    deeper = _below(value, _DEEPEST)
    return [*deeper] or None


def _of_list(values: Sequence[Any], origin: str) -> Entries | None:
    if any(isinstance(one, list) for one in values):  # pages of answers in one file
        values = [one for page in values for one in (page if isinstance(page, list) else [page])]
    found: Entries = []
    for number, one in enumerate(values, 1):
        posts = _below(one, _DEEPEST)
        table = isinstance(one, Mapping) and one.get("type") in ("header", "database", "table")
        if not posts and not table:
            found.append(Skipped(f"{origin}, entry {number}", "no post with a content"))
        found += posts
    lost = all(isinstance(one, Skipped) for one in found)
    if found and lost and all(isinstance(one, Mapping) and "id" in one for one in values):
        raise SourceError(
            f"{origin} has no posts with their content.",
            hint="Save an answer of /wp-json/wp/v2/posts without _fields.",
        )
    return None if lost and values else found


def _below(value: object, depth: int) -> list[Entry]:
    """The posts in a value, at most so many wrappers deep; a post's own parts are none."""
    post = as_rest(value) if isinstance(value, Mapping) else None
    if post is not None:
        return [(post, None)]
    if depth == 0 or not isinstance(value, Mapping | list):
        return []
    inner = value.values() if isinstance(value, Mapping) else value
    return [entry for one in inner for entry in _below(one, depth - 1)]
