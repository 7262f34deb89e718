"""Damaged JSON back to posts: what is left of them, and never more than that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from ingest.files.retag import has_tags, retag, retag_line, unescape
from rag.types import Damage

_FIRST_FIELDS = re.compile(r"\{\s*\"id\"\s*:\s*(\d+)\s*,\s*\"date\"\s*:\s*\"")
_TEXT_FIELD = r"\"{}\"\s*:\s*\"([^\"]*)\""
_FIELDS = ("date", "date_gmt", "modified", "modified_gmt", "slug", "status", "type", "link")
_CONTENT = re.compile(r"\"content\"\s*:\s*\{\s*\"rendered\"\s*:\s*\"")
_CONTENT_END = re.compile(r"\"\s*,\s*\"protected\"\s*:\s*(true|false)")
_BEHIND = '","protected":'
_TITLE = re.compile(
    r"\"title\"\s*:\s*\{\s*\"rendered\"\s*:\s*\"(.*?)\"\s*\}\s*,\s*\"content\"", re.DOTALL
)
_GUID = re.compile(r"\"guid\"\s*:\s*\{\s*\"rendered\"\s*:\s*\"([^\"]*)\"")
_LARGEST = 300_000  # characters: its time grows with the square of them
_MOST_ENTRIES = 20  # posts that are repaired as one, in a text that is not too large
_AN_ENTRY = re.compile(r"\{\s*\"(?:id|ID|databaseId)\"\s*:")


def salvageable(text: str) -> bool:
    """Whether it is WordPress JSON that was read as a web page and lost its opening tags."""
    start = _FIRST_FIELDS.search(text)
    if start is None or "<\\/" not in text:
        return False
    content = _CONTENT.search(text, start.start())
    return content is not None and not has_tags(text[content.end() :])


def salvage(text: str) -> Iterator[tuple[Mapping[str, Any], Damage]]:
    r"""Posts in WordPress's own order of fields, from text that is no JSON any more.

    A web page's reader takes the tags out: an opening one leaves a line break, and `<\/h2>`,
    which is no tag to it, stays. So the headings can be told.
    """
    starts = [match.start() for match in _FIRST_FIELDS.finditer(text)]
    for start, end in pairwise([*starts, len(text)]):
        found = _entry(text[start:end])
        if found is not None:
            yield found


def _entry(text: str) -> tuple[Mapping[str, Any], Damage] | None:
    content = _CONTENT.search(text)
    if content is None:
        return None
    number = _FIRST_FIELDS.match(text)
    entry: dict[str, Any] = {"id": number[1]} if number else {}
    head = text[: content.start()]
    for name in _FIELDS:
        field = re.search(_TEXT_FIELD.format(name), head)
        if field:
            entry[name] = unescape(field[1])
    for name, pattern in (("title", _TITLE), ("guid", _GUID)):
        field = pattern.search(text[: content.end()])
        entry[name] = {"rendered": unescape(field[1]) if field else ""}
    end = _CONTENT_END.search(text, content.end())
    body = text[content.end() : end.start()] if end else _without_end(text[content.end() :])
    protected = end is not None and end[1] == "true"
    whole = has_tags(body)
    if not whole:
        entry["title"]["rendered"] = retag_line(entry["title"]["rendered"])
    entry["content"] = {
        "rendered": unescape(body) if whole else retag(body),
        "protected": protected,
    }
    how = "from a damaged file" if whole else "from plain text that lost its tags"
    # Whatever took the tags may have taken a list or the rest of the page with them.
    return entry, Damage(
        how if end else f"{how} and breaks off", complete=whole and end is not None
    )


def _without_end(body: str) -> str:
    """Without the first letters of what follows the content, where the file breaks off in them."""
    body = re.sub(rf"{_BEHIND}[a-z]*$", "", body)
    for length in range(len(_BEHIND), 0, -1):
        if body.endswith(_BEHIND[:length]):
            return body[:-length]
    return body


def last_resort(text: str) -> object:
    """What json-repair makes of it, in pieces where it holds much; None where it makes nothing."""
    starts = [match.start() for match in _AN_ENTRY.finditer(text)]
    if len(text) <= _LARGEST and len(starts) <= _MOST_ENTRIES:
        return _repaired(text)
    pieces = (text[start:end] for start, end in pairwise([0, *starts, len(text)]))
    found = [_repaired(piece) for piece in pieces if len(piece) <= _LARGEST]
    return [one for value in found for one in (value if isinstance(value, list) else [value])]


def _repaired(text: str) -> object:
    # A post cannot be told without these, and the library takes its time.
    if "content" not in text or "{" not in text:
        return None
    import json_repair

    try:
        return json_repair.loads(text)
    except (ValueError, RecursionError, IndexError):
        return None
