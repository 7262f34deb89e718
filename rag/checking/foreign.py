"""Addresses and markup in what a model wrote that no cited sentence has.

They would lead a reader somewhere, or a browser astray, where no post does.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import regex

LEFT_OUT = "(…)"
"""Stands where an address or markup was."""

# Each of these looks at a run of letters once, however long: claims can be made to stall a reader.
_FOREIGN = regex.compile(
    r"!?\[[^\]\[]{0,500}\]\s?(?:\([^)]{0,2000}\)?|:\s?\S+)"  # Markdown's links and pictures
    r"|</?[a-z!?][^>]*>?|&\#?\w{1,30};"  # tags, comments, entities
    r"|(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*+:\s?//\S+|(?<![:\w])//[\p{L}\p{N}-]++\.\S+"
    r"|\b(?:javascript|vbscript|livescript)\s?:\s?\S*"
    r"|\b(?:data|mailto|tel|sms|file|blob|about|intent|view-source):\S+"
    # Hosts and mail addresses without a scheme; "U.S." and "e.g." have one letter at the end.
    r"|(?<![\p{L}\p{M}\p{N}\p{Cf}._%+@-])(?:[\p{L}\p{M}\p{N}\p{Cf}_%+@-]++\.)+\p{L}{2,}"
    r"[\p{L}\p{M}\p{N}\p{Cf}._%+@-]*+"
    r"(?::\d+)?(?:[/?\#]\S*)?"
    r"|(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])(?::\d+)?(?:/\S*)?|```\w*|~~~",
    regex.IGNORECASE,
)
_BEHIND = ".,;:!?\"'”’)"  # of the sentence, not of the address


def has_foreign(text: str, quotes: Iterable[str]) -> bool:
    """Whether a text has an address or markup that none of the quotes has, letter for letter."""
    there = {found for quote in quotes for found in _parts(quote)}
    return any(found not in there for found in _parts(text))


def without_foreign(text: str) -> str:
    """The text with a mark in the place of every address and all markup."""
    even = unicodedata.normalize("NFKC", text)
    return _FOREIGN.sub(LEFT_OUT, even) if _FOREIGN.search(even) else text


def _parts(text: str) -> Iterable[str]:
    # As a browser reads a host: full-width letters and dots are letters and dots.
    for match in _FOREIGN.finditer(unicodedata.normalize("NFKC", text)):
        yield match.group().rstrip(_BEHIND)
