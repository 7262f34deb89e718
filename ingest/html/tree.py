"""HTML to its tree, in time that grows with its length, however it is made."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

from ingest.html.items import INLINE

DEEPEST = 500
"""Elements around an element; browsers stop at 512 as well."""

_LONG_TAG = re.compile(r"<([a-zA-Z][^\s/<>]*)[^<>]{10000,}")
_MOST_ATTRIBUTES = 500  # the parser compares each with all before it
_TAG = re.compile(r"<(?:(!--)|(/?)([a-zA-Z][^\s/>]*))")
_RAW = frozenset("script style textarea title xmp noembed noframes iframe".split())
# Those that end by themselves where the next begins, and those that hold nothing.
_FLAT = frozenset(
    "p li dt dd tr td th thead tbody tfoot colgroup caption option optgroup rb rt rp h1 h2 h3 h4 "
    "h5 h6 a nobr button br hr img input meta link area base col embed source track wbr "
    "param".split()
)


def parse(html: str) -> LexborHTMLParser:
    """The tree as a browser builds it; of what nests absurdly deep, the inner tags are left out."""
    # A post is a part of a body: what begins it is not read as the head of a page would be. Half of
    # a surrogate pair cannot be stored or shown anywhere.
    whole = f"<body>{_flattened(_plain(html))}"
    return LexborHTMLParser(whole.encode("utf-8", "replace").decode("utf-8"))


def _plain(html: str) -> str:
    """Without absurdly many attributes."""

    def one(tag: re.Match[str]) -> str:
        return f"<{tag[1]} " if len(tag[0].split()) > _MOST_ATTRIBUTES else tag[0]

    return _LONG_TAG.sub(one, html) if len(html) > 10_000 else html


def _flattened(html: str) -> str:
    # The parser looks through all open elements at each tag: the square of their number.
    if html.count("<") <= DEEPEST:
        return html
    parts: list[str] = []
    depth = dropped = kept_to = place = 0
    while (tag := _TAG.search(html, place)) is not None:
        place = tag.end()
        name = (tag[3] or "").lower()
        if tag[1] or (name in _RAW and not tag[2]):
            place = _end_of_raw(html, place, name)
            continue
        if name in _FLAT:
            continue
        out = bool(dropped) if tag[2] else depth >= DEEPEST
        if out:
            dropped += -1 if tag[2] else 1
            parts += [html[kept_to : tag.start()], "" if name in INLINE else "<br>"]
            end = html.find(">", place)
            place = kept_to = end + 1 if end >= 0 else len(html)
        else:
            depth = max(0, depth - 1) if tag[2] else depth + 1
    return "".join([*parts, html[kept_to:]])


def _end_of_raw(html: str, place: int, name: str) -> int:
    """Where a comment or an element that holds no tags ends."""
    end = re.compile(f"</{name}|\\Z" if name else r"-->|\Z", re.IGNORECASE).search(html, place)
    return end.start() if end else len(html)
