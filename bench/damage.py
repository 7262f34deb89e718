r"""Damaged copies of REST answers, of our own making and the same for the same seed.

The worst of them is what a web page's reader makes of JSON: opening tags go, `<\/h2>` is no tag to
it and stays, references become letters (so that a quotation mark ends a string too soon), and an
opened script swallows the rest.
"""

from __future__ import annotations

import html
import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_BLOCKS = "p|h[1-6]|div|ul|ol|table|thead|tbody|tr|td|th|blockquote|figure|figcaption|pre|section"
_BLOCK = re.compile(rf"<(?:{_BLOCKS})\b[^>]*>", re.IGNORECASE)
_ITEM = re.compile(r"<li\b[^>]*>", re.IGNORECASE)
_IMAGE = re.compile(r"<img\b[^>]*?\balt=\\\"([^\"\\]*)\\\"[^>]*>", re.IGNORECASE)
_OPENED = re.compile(r"<(?:script|style|iframe|textarea)\b.*\Z", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<!--.*?-->|<[a-zA-Z][^<>]*>", re.DOTALL)

Entry = Mapping[str, Any]


def whole(entry: Entry) -> str:
    """An answer as WordPress writes it."""
    text = json.dumps(entry, separators=(",", ":"), ensure_ascii=False)
    return text.replace("/", "\\/")


def without_tags(text: str) -> str:
    """An answer that was read as a web page."""
    text = _OPENED.sub("", text)
    text = _IMAGE.sub(lambda image: f'\\"{image[1].split(" ")[0]}', text)
    text = _BLOCK.sub("\n\n", _ITEM.sub("\n  • ", text))
    return html.unescape(_TAG.sub("", text))


def _lost_tags(entry: Entry, _: random.Random) -> bytes:
    return without_tags(whole(entry)).encode()


def _lost_tags_and_cut(entry: Entry, rng: random.Random) -> bytes:
    return _cut(_lost_tags(entry, rng), rng)


def _cut_short(entry: Entry, rng: random.Random) -> bytes:
    return _cut(whole(entry).encode(), rng)


def _cut(data: bytes, rng: random.Random) -> bytes:
    """At any byte behind the beginning of the content, even inside a letter."""
    start = data.find(b'"content"')
    return data[: rng.randrange(start + 25, len(data))]


def _lost_quotes(entry: Entry, rng: random.Random) -> bytes:
    """Without the backslash before about one in five quotation marks."""
    text = whole(entry)
    return re.sub(r'\\"', lambda mark: '"' if rng.random() < 0.2 else mark[0], text).encode()


def _raw_lines(entry: Entry, _: random.Random) -> bytes:
    """With line ends and tabs in its texts as they are."""
    return whole(entry).replace("\\n", "\n").replace("\\t", "\t").encode()


def _wrong_letters(entry: Entry, _: random.Random) -> bytes:
    """Read as Windows' western letters, and written as UTF-8."""
    data = whole(entry).encode()
    return "".join(_western(byte) for byte in data).encode()


def _western(byte: int) -> str:
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)  # as browsers do with the five that are not assigned


def _in_a_page(entry: Entry, _: random.Random) -> bytes:
    page = f"<html><head></head><body><pre>{html.escape(whole(entry), quote=False)}</pre></body>"
    return f"{page}</html>".encode()


WAYS: Mapping[str, Callable[[Entry, random.Random], bytes]] = {
    "lost tags": _lost_tags,
    "lost tags, cut": _lost_tags_and_cut,
    "cut": _cut_short,
    "lost quotes": _lost_quotes,
    "raw line ends": _raw_lines,
    "wrong letters": _wrong_letters,
    "shown in a page": _in_a_page,
}


def damaged(entries: Sequence[Entry], *, seed: int = 0) -> list[tuple[str, Entry, bytes]]:
    """Each entry damaged in each way: the way, the entry as it was, the file.

    Args:
        entries: Posts of a REST answer.
        seed: The same seed gives the same files.
    """
    rng = random.Random(seed)
    return [(way, entry, spoil(entry, rng)) for entry in entries for way, spoil in WAYS.items()]
