"""Addresses and markup in what a model wrote that no cited sentence has.

They would lead a reader somewhere, or a browser astray, where no post does.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from html.entities import html5

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
_ENTITY = regex.compile(r"&\w+;")
_UNENDED = tuple(name for name in html5 if not name.endswith(";"))  # "&ltb;" is "<b;"
# Words with a dot and nothing else, which a browser reads alike in small and capital letters.
_BARE = regex.compile(r"[\p{L}\p{M}\p{N}_-]+(?:\.[\p{L}\p{M}\p{N}_-]+)+")
# Ends of files that end no host: "zip", "py" and "md" do both.
_FILE = regex.compile(
    r"\.(?:bmp|conf|css|csv|docx?|exe|gif|html?|ini|jpe?g|js|json|jsx|log|odt|pdf|php|png|pptx?|svg"
    r"|toml|tsx?|txt|wav|webp|xlsx?|xml|ya?ml)$",
    regex.IGNORECASE,
)
_DOT_AND_SPACE = regex.compile(r"(?<=\p{L}\.)\s+(?=\p{L})")
_BEHIND = ".,;:!?\"'”’)"  # of the sentence, not of the address


def has_foreign(text: str, quotes: Iterable[str]) -> bool:
    """Whether a text has an address or markup that none of the quotes has, letter for letter.

    Of words with a dot capitals make no difference. A space behind the dot makes none either where
    all else is the same: "St.Louis" is said where a quote has "St. Louis", and "bank.it" is not
    where it has "the bank. It".
    """
    parts = set(_parts(text))
    if not parts:
        return False
    there: set[str] = set()
    for quote in quotes:
        there.update(map(_alike, _parts(quote)))
        there.update(map(_alike, _with_a_space(quote, parts)))
    return not set(map(_alike, parts)) <= there


def without_foreign(text: str) -> str:
    """The text with a mark in the place of every address and all markup."""
    even = unicodedata.normalize("NFKC", text)
    changed = _FOREIGN.sub(lambda match: LEFT_OUT if _leads(match[0]) else match[0], even)
    return text if changed == even else changed


def _parts(text: str) -> Iterator[str]:
    # As a browser reads a host: full-width letters and dots are letters and dots.
    for match in _FOREIGN.finditer(unicodedata.normalize("NFKC", text)):
        if _leads(match[0]):
            yield match[0].rstrip(_BEHIND)


def _leads(found: str) -> bool:
    """Whether what looks like an address or markup can be one."""
    if _ENTITY.fullmatch(found):  # "AT&T;" has none
        return found[1:] in html5 or found[1:].startswith(_UNENDED)
    bare = found.rstrip(_BEHIND)
    return not (_BARE.fullmatch(bare) and _FILE.search(bare))


def _alike(found: str) -> str:
    return found.casefold() if _BARE.fullmatch(found) else found


def _with_a_space(quote: str, said: Iterable[str]) -> Iterator[str]:
    """Those words with a dot that a quote has with a space behind the dot."""
    closed = _DOT_AND_SPACE.sub("", unicodedata.normalize("NFKC", quote))
    for one in filter(_BARE.fullmatch, said):
        if regex.search(rf"(?<![\w.@/-]){regex.escape(one)}(?![\w@/-]|\.\w)", closed):
            yield one
