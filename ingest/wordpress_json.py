"""Answers of WordPress's REST API, as people save them, to posts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingest.recover import last_resort, salvage, salvageable
from ingest.wordpress_post import (
    RawPost,
    ReadPost,
    Skipped,
    home_of,
    language,
    names,
    plain,
    post_id,
    public_or_skipped,
    utc,
    web_address,
)
from rag.errors import SourceError
from rag.types import Damage, Post

_LISTS = ("posts", "items", "data", "results", "pages")
_STARTS = 50  # places where JSON may begin in a file with something else around it
_strict = json.JSONDecoder()
_lenient = json.JSONDecoder(strict=False)
Entry = tuple[Mapping[str, Any], Damage | None]


def read_json(text: str, origin: str) -> Iterator[ReadPost | Skipped]:
    """The posts of one saved answer, of several, or of what is left of them.

    Raises:
        SourceError: There is nothing of WordPress in it.
    """
    found: list[Entry | Skipped] | None = None
    for way in (_whole, _lines, _cut_list, _inside, _lost_tags, _repaired):
        found = way(text, origin)
        if found is not None:
            break
    if found is None:
        raise SourceError(
            f"{origin} is not WordPress data.",
            hint="Save an answer of /wp-json/wp/v2/posts, or a file of Tools → Export.",
        )
    for number, entry in enumerate(found, 1):
        if isinstance(entry, Skipped):
            yield entry
        else:
            place = origin if len(found) == 1 else f"{origin}, post {number}"
            yield _post(*entry, place)


# ---------------------------------------------------------------- ways to find posts in a text


def _whole(text: str, origin: str) -> list[Entry | Skipped] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return _unwrap(value, origin)


def _lines(text: str, origin: str) -> list[Entry | Skipped] | None:
    """One JSON value a line."""
    # A cache signs its work with a comment in a line of its own.
    lines = [
        (n, line)
        for n, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.lstrip().startswith("<!--")
    ]
    if len(lines) < 2:
        return None
    found: list[Entry | Skipped] = []
    good = 0
    for n, line in lines:
        try:
            entries = _whole(line, f"{origin}, line {n}")
        except SourceError:
            entries = None
        if entries is None and not good:
            return None
        good += entries is not None
        lost = Skipped(f"{origin}, line {n}", "not WordPress data")
        found += [lost] if entries is None else entries
    return found


def _inside(text: str, origin: str) -> list[Entry | Skipped] | None:
    """JSON with something in front of it or behind it: a warning, a comment, a function call."""
    if salvageable(text):  # what parses in it are parts
        return None
    for start in _starts(text):
        for decoder in (_strict, _lenient):
            try:
                value, _ = decoder.raw_decode(text, start)
            except (ValueError, RecursionError):
                continue
            entries = _unwrap(value, origin)
            if entries:
                return entries
    return None


def _cut_list(text: str, origin: str) -> list[Entry | Skipped] | None:
    """A list that breaks off: what is whole, and what can be made of the rest."""
    start = text.find("[")
    if start < 0 or "{" in text[:start] or text[start + 1 :].lstrip()[:1] != "{":
        return None
    found: list[Entry | Skipped] = []
    place = text.index("{", start)
    while True:
        try:
            value, end = _lenient.raw_decode(text, place)
        except (ValueError, RecursionError):
            break
        found += _unwrap(value, origin) or []
        rest = text[end:].lstrip()
        if rest[:1] == "]":
            return None  # it is whole; something stands around it
        place = text.find("{", end)
        if rest[:1] != "," or place < 0:
            place = len(text)
            break
    if not found:
        return None
    tail = _lost_tags(text[place:], origin) or _repaired(text[place:], origin) or []
    lost = Skipped(origin, f"the file breaks off after {len(found)} whole posts")
    return [*found, *tail, lost]


def _lost_tags(text: str, origin: str) -> list[Entry | Skipped] | None:
    return list(salvage(text)) or None


def _repaired(text: str, origin: str) -> list[Entry | Skipped] | None:
    value = last_resort(text)
    damage = Damage("from broken JSON", complete=False)
    entries = _unwrap(value, origin) if _may_be(value) else None
    return [e if isinstance(e, Skipped) else (e[0], damage) for e in entries or ()] or None


def _starts(text: str) -> list[int]:
    found: list[int] = []
    for mark in ("[", "{"):
        place = text.find(mark)
        while place >= 0 and len(found) < _STARTS:
            found.append(place)
            place = text.find(mark, place + 1)
    return sorted(found)[:_STARTS]


def _unwrap(value: object, origin: str) -> list[Entry | Skipped] | None:
    """The entries of an answer; None where it is none."""
    if isinstance(value, list):
        return _entries(value, origin)
    if not isinstance(value, Mapping):
        return None
    if "code" in value and "message" in value and "content" not in value:
        raise SourceError(
            f"{origin} is an error that WordPress answered with: {plain(value['message'])}",
            hint="Open its address again, check it, and save the answer.",
        )
    if "body" in value and ("headers" in value or "status" in value):
        return _unwrap(value["body"], origin)
    if _is_post(value):
        return [(value, None)]
    lists = (value[name] for name in _LISTS if isinstance(value.get(name), list))
    return next((_entries(one, origin) for one in lists), None)


def _entries(values: Sequence[Any], origin: str) -> list[Entry | Skipped] | None:
    if any(isinstance(one, list) for one in values):  # pages of answers in one file
        values = [one for page in values for one in (page if isinstance(page, list) else [page])]
    found: list[Entry | Skipped] = []
    for number, one in enumerate(values, 1):
        if isinstance(one, Mapping) and _is_post(one):
            found.append((one, None))
        else:
            found.append(Skipped(f"{origin}, entry {number}", "no post with a content"))
    if all(isinstance(one, Skipped) for one in found) and _thin(values):
        raise SourceError(
            f"{origin} has no posts with their content.",
            hint="Save an answer of /wp-json/wp/v2/posts without _fields.",
        )
    return None if found and all(isinstance(one, Skipped) for one in found) else found


def _is_post(value: Mapping[str, Any]) -> bool:
    return "content" in value and any(name in value for name in ("id", "link", "slug", "title"))


def _thin(value: Sequence[object]) -> bool:
    """Posts that were asked for without their content, or something else that has a number."""
    return bool(value) and all(isinstance(one, Mapping) and "id" in one for one in value)


def _may_be(value: object) -> bool:
    entries = value if isinstance(value, list) else [value]
    return any(
        isinstance(one, Mapping) and _is_post(one) and ("link" in one or "date" in one)
        for one in entries
    )


# ---------------------------------------------------------------- an entry to a post


def _post(entry: Mapping[str, Any], damage: Damage | None, origin: str) -> ReadPost | Skipped:
    number = entry.get("id", entry.get("ID"))
    wordpress_id = int(number) if str(number).isascii() and str(number).isdigit() else None
    link = web_address(entry.get("link")) or web_address(entry.get("url"))
    guid = _rendered(entry.get("guid"))
    content = entry.get("content")
    protected = isinstance(content, Mapping) and content.get("protected") is True
    title = plain(_rendered(entry.get("title")))
    html = _rendered(content)
    embedded = entry.get("_embedded")
    embedded = embedded if isinstance(embedded, Mapping) else {}
    terms = [term for group in _list(embedded.get("wp:term")) for term in _list(group)]
    post = Post(
        id=post_id(
            wordpress_id, link or guid, home_of(_self(entry), guid), otherwise=f"{title}\0{html}"
        ),
        title=title,
        url=link,
        published=utc(entry.get("date_gmt"), entry.get("date")),
        modified=utc(entry.get("modified_gmt"), entry.get("modified")),
        authors=_authors(entry, embedded),
        categories=_terms(terms, "category", entry.get("categories")),
        tags=_terms(terms, "post_tag", entry.get("tags")),
        language=language(entry.get("lang")) or language(entry.get("language")),
        damage=damage,
    )
    raw = RawPost(
        wordpress_id=wordpress_id,
        post=post,
        html=html,
        status=str(entry.get("status") or "publish"),
        protected=protected or bool(entry.get("password")),
        post_type=str(entry.get("type") or "post"),
    )
    return public_or_skipped(raw, origin)


def _rendered(value: object) -> str:
    if isinstance(value, Mapping):
        value = value.get("rendered") or value.get("raw")
    return value if isinstance(value, str) else ""


def _self(entry: Mapping[str, Any]) -> str:
    links = entry.get("_links")
    own = links.get("self") if isinstance(links, Mapping) else None
    first = own[0] if isinstance(own, list) and own else None
    address = first.get("href") if isinstance(first, Mapping) else None
    return address if isinstance(address, str) else ""


def _authors(entry: Mapping[str, Any], embedded: Mapping[str, Any]) -> tuple[str, ...]:
    people = [one.get("name") for one in _list(embedded.get("author")) if isinstance(one, Mapping)]
    return names(people) or names(
        [entry.get("author_name"), *(a for a in _list(entry.get("authors")) if isinstance(a, str))]
    )


def _terms(terms: Sequence[object], taxonomy: str, own: object) -> tuple[str, ...]:
    """Names; the numbers that an answer without `_embed` has say nothing."""
    found = [
        t.get("name") for t in terms if isinstance(t, Mapping) and t.get("taxonomy") == taxonomy
    ]
    return names(found) or names(one for one in _list(own) if isinstance(one, str))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
