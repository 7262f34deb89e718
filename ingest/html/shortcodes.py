"""The `[tags]` that a plugin left in a text when it was switched off."""

from __future__ import annotations

import re

_SHORTCODE = re.compile(r"\[(/?)([a-zA-Z][\w-]*)((?:\s[^\[\]]*)?)(/?)\]")
_ATTRIBUTE = re.compile(r"(?<![\w-])[\w-]+\s*=\s*[\"'“”„″‘’′«&]|^\s+[\w-]+=\S")
_BARE = frozenset("toc contact-form".split())
_CLOSING = re.compile(r"\[/([a-zA-Z][\w-]*)\s*\]")
# Stands for "[" in inline code, whose brackets are meant.
_MEANT = "\ufdd3"


def closed_in(html: str) -> frozenset[str]:
    """The names, in lower case, of which a document has a closing tag."""
    return frozenset(name.lower() for name in _CLOSING.findall(html))


def without_shortcodes(text: str, closed: frozenset[str], instead: str = "") -> str:
    """Without plugins' tags; `[1]`, `[sic]`, `array[0]` and what is code stay.

    Args:
        text: Of a block.
        closed: Names that have a closing tag somewhere in the document.
        instead: Stands where a tag stood.
    """

    def keep(match: re.Match[str]) -> str:
        name = match[2].lower()
        is_tag = (
            match[1] or match[4] or name in closed or name in _BARE
            or _ATTRIBUTE.search(match[3]) or (not match[3] and "_" in name)
        )  # fmt: skip
        return instead if is_tag else match[0]

    if "[" in text:
        text = _SHORTCODE.sub(keep, text)
    return text.replace(_MEANT, "[")


def verbatim(text: str) -> str:
    """Code within a line, kept from being taken for a tag."""
    return text.replace("[", _MEANT)
