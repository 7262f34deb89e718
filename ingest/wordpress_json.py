"""Answers of WordPress's REST API, as people save them, to posts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from selectolax.lexbor import LexborHTMLParser

from ingest.answer_shapes import Entries, entries
from ingest.recover import last_resort, salvage, salvageable
from ingest.rest_entry import read_entry
from ingest.rest_names import as_rest
from ingest.wordpress_post import ReadPost, Skipped, shown
from rag.errors import SourceError
from rag.types import Damage

_STARTS = 50  # places where JSON may begin in a file with something else around it
_strict = json.JSONDecoder()
_lenient = json.JSONDecoder(strict=False)
_CALL = re.compile(r"\s*(?:/\*\*/)?\s*[\w.$]+\(\s*\)?\s*;?\s*")
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
    cut = _around(text, origin) if way is _inside else ""
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
        try:
            own = _whole(line, f"{origin}, line {n}")
        except SourceError:
            own = None
        if own is None and not good:
            return None
        good += own is not None
        lost = Skipped(f"{origin}, line {n}", "not WordPress data")
        found += [lost] if own is None else own
    return found


def _inside(text: str, origin: str) -> Entries | None:
    """JSON with something in front of it or behind it: a warning, a comment, a function call."""
    if salvageable(text):  # what parses in it are parts
        return None
    try:
        found = _decoded(text, origin)
    except SourceError:
        # What looks like an answer may be a part of a post that is beyond reading as JSON.
        if next(salvage(text), None) is None:
            raise
        return None
    return found[0] if found else None


def _decoded(text: str, origin: str) -> tuple[Entries, int, int] | None:
    """The first JSON in a text that holds posts, where it begins and where it ends.

    Raises:
        SourceError: There is none, and there is an error that WordPress answered with.
    """
    problem: SourceError | None = None
    for start in _starts(text):
        for decoder in (_strict, _lenient):
            try:
                value, end = decoder.raw_decode(text, start)
                found = entries(value, origin)
            except SourceError as error:
                problem = problem or error
                continue
            except (ValueError, RecursionError):
                continue
            if found:
                return found, start, end
    if problem:
        raise problem
    return None


def _around(text: str, origin: str) -> str:
    """What stands around the JSON in a text, shortened; empty for the call of a function."""
    found = _decoded(text, origin)
    if found is None:
        return ""
    around = f"{text[: found[1]]} {text[found[2] :]}"
    return "" if _CALL.fullmatch(around) else shown(around)[:100]


def _in_page(text: str, origin: str) -> Entries | None:
    """An answer as a browser shows it, saved as a page."""
    if not _PAGE.match(text):
        return None
    shown = LexborHTMLParser(text.encode("utf-8", "replace").decode()).css("pre, #json, textarea")
    for one in shown[:_STARTS]:
        found = _whole(one.text(), origin)
        if found:
            return found
    return None


def _cut_list(text: str, origin: str) -> Entries | None:
    """A list that breaks off: what is whole, and what can be made of the rest."""
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
    if not found:
        return None
    tail = _lost_tags(text[place:], origin) or _repaired(text[place:], origin) or []
    lost = Skipped(origin, f"the file breaks off after {len(found)} whole posts")
    return [*found, *tail, lost]


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


def _starts(text: str) -> list[int]:
    found: list[int] = []
    for mark in ("[", "{"):
        place = text.find(mark)
        while place >= 0 and len(found) < _STARTS:
            found.append(place)
            place = text.find(mark, place + 1)
    return sorted(found)[:_STARTS]
