"""Answers of WordPress's REST API, as people save them, to posts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from selectolax.lexbor import LexborHTMLParser

from ingest.files.answer_shapes import Entries, entries
from ingest.files.json_values import reason, values
from ingest.files.recover import last_resort, salvage, salvageable
from ingest.files.rest_names import as_rest
from ingest.posts.rest_entry import read_entry
from ingest.posts.wordpress_post import ReadPost, Skipped
from rag.errors import SourceError
from rag.types import Damage

_MOST_SHOWN = 50  # elements of a page in which JSON may be shown
_lenient = json.JSONDecoder(strict=False)
_PAGE = re.compile(r"\s*<(?:!doctype html|html|head|body|pre|textarea)\b", re.IGNORECASE)
_BLANK = re.compile(r"\s*")


def read_json(text: str, origin: str) -> Iterator[ReadPost | Skipped]:
    """The posts of one saved answer, of several, or of what is left of them.

    Raises:
        SourceError: There is nothing of WordPress in it.
    """
    found: Entries | None = None
    for way in (_whole, _lines, _cut_list, _in_page, _inside, _lost_tags, _repaired):
        found = way(text, origin)
        if found is not None:
            break
    if found is None:
        raise SourceError(
            f"{origin} is not WordPress data.",
            hint="Save an answer of /wp-json/wp/v2/posts, or a file of Tools → Export.",
        )
    cut = _around(text, origin) if way is _inside else ""
    for number, entry in enumerate(found, 1):
        if isinstance(entry, Skipped):
            yield entry
        else:
            place = origin if len(found) == 1 else f"{origin}, post {number}"
            post = read_entry(entry[0], place, damage=entry[1])
            if cut and isinstance(post, ReadPost):
                post = replace(post, warnings=(f"{origin}: around its JSON stood: {cut}",))
                cut = ""
            yield post


# ---------------------------------------------------------------- ways to find posts in a text


def _whole(text: str, origin: str) -> Entries | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return entries(value, origin)


def _lines(text: str, origin: str) -> Entries | None:
    """One JSON value a line."""
    # Not splitlines(): some of its line ends stand unescaped in texts. And a cache signs its work
    # with a comment in a line of its own.
    lines = [
        (n, line)
        for n, line in enumerate(text.split("\n"), 1)
        if line.strip() and not line.lstrip().startswith("<!--")
    ]
    if len(lines) < 2:
        return None
    found: Entries = []
    good = 0
    for n, line in lines:
        place = f"{origin}, line {n}"
        try:
            own = _whole(line, place)
            if own is None and not good:
                return None
            found += own if own is not None else _broken_line(line, place)
            good += own is not None
        except SourceError as error:
            if not good:
                return None
            found.append(Skipped(place, reason(error, place)))
    return found


def _broken_line(line: str, origin: str) -> Entries:
    """What is still in a line that is not one JSON value: two of them, or one that breaks off."""
    if "content" in line:  # no post is without it, and to look for one takes its time
        for way in (_cut_list, _inside, _lost_tags, _repaired):
            found = way(line, origin)
            if found:
                return found
    return [Skipped(origin, "not WordPress data")]


def _inside(text: str, origin: str) -> Entries | None:
    """JSON values with something around them, and what is left of the one that breaks off."""
    if salvageable(text):  # what parses in it are parts
        return None
    try:
        found = values(text, origin, only_first=bool(_PAGE.match(text)))
    except SourceError:
        # What looks like an answer may be a part of a post that is beyond reading as JSON.
        if next(salvage(text), None) is None:
            raise
        return None
    if found is None or not found.rest:
        return found.entries if found else None
    begun = _begun_list(found.rest, origin)
    whole, rest = begun or ([], found.rest)
    return _breaking_off([*found.entries, *whole], rest, origin)


def _around(text: str, origin: str) -> str:
    """What stands around the JSON in a text, shortened; empty for the call of a function."""
    found = values(text, origin, only_first=bool(_PAGE.match(text)))
    return found.around if found else ""


def _in_page(text: str, origin: str) -> Entries | None:
    """An answer as a browser shows it, saved as a page."""
    if not _PAGE.match(text):
        return None
    shown = LexborHTMLParser(text.encode("utf-8", "replace").decode()).css("pre, #json, textarea")
    for one in shown[:_MOST_SHOWN]:
        for way in (_whole, _cut_list, _lost_tags):
            found = way(one.text(), origin)
            if found:
                return found
    return None


def _cut_list(text: str, origin: str) -> Entries | None:
    """A list that breaks off: what is whole, and what can be made of the rest."""
    begun = _begun_list(text, origin)
    return _breaking_off(*begun, origin) if begun else None


def _begun_list(text: str, origin: str) -> tuple[Entries, str] | None:
    """The whole posts of a list that breaks off, and where it does; None where it is none."""
    start = text.find("[")
    if start < 0 or "{" in text[:start] or text[_after_blanks(text, start + 1) :][:1] != "{":
        return None
    found: Entries = []
    place = text.index("{", start)
    while True:
        try:
            value, end = _lenient.raw_decode(text, place)
            found += entries(value, origin) or []
        except (ValueError, RecursionError):
            break
        end = _after_blanks(text, end)
        if text[end : end + 1] == "]":
            return None  # it is whole; something stands around it
        place = text.find("{", end)
        if text[end : end + 1] != "," or place < 0:
            place = len(text)
            break
    return (found, text[place:]) if found else None


def _breaking_off(whole: Entries, rest: str, origin: str) -> Entries:
    tail = _lost_tags(rest, origin) or _repaired(rest, origin) or []
    count = sum(not isinstance(one, Skipped) for one in whole)
    posts = "post" if count == 1 else "posts"
    return [*whole, *tail, Skipped(origin, f"the file breaks off after {count} whole {posts}")]


def _after_blanks(text: str, place: int) -> int:
    found = _BLANK.match(text, place)
    return found.end() if found else place


def _lost_tags(text: str, origin: str) -> Entries | None:
    return list(salvage(text)) or None


def _repaired(text: str, origin: str) -> Entries | None:
    value = last_resort(text)
    damage = Damage("from broken JSON", complete=False)
    found = entries(value, origin) if _may_be(value) else None
    return [e if isinstance(e, Skipped) else (e[0], damage) for e in found or ()] or None


def _may_be(value: object) -> bool:
    """Whether what was repaired is a post, and not a page that holds braces."""
    return any(
        isinstance(one, Mapping)
        and as_rest(one) is not None
        and any(name in one for name in ("link", "date", "post_date"))
        for one in (value if isinstance(value, list) else [value])
    )
