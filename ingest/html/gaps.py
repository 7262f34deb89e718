"""Where a section's text and the page's part, so that a link can step over the place.

While a text is made, noncharacters of Unicode mark these places; no text of a page holds them.
"""

from __future__ import annotations

import re

GAP = "\ufdd0"
"""The page has something here that the text has not."""
_OPEN, _CLOSE = "\ufdd1", "\ufdd2"
_HARD_SPACE = f"{_OPEN} {_CLOSE}"
_OWN = re.compile("[\ufdd0-\ufdef]")
_EDGES = re.compile(f"^(?:{GAP}| |{_HARD_SPACE})+|(?:{GAP}| |{_HARD_SPACE})+$")
_LOOSE = re.compile(f"(?:[^\\S\n]|{GAP}|{_HARD_SPACE})+")
_SEVERAL = re.compile(r"[^\S\n]{2,}")
_SOFT = " \t\r\f"  # spaces that a browser shows as one

Gaps = tuple[tuple[int, int], ...]
"""Places of a text, in order: (n, n) the page has more there; (n, m) it lacks what stands there."""


def unmarked(text: str) -> str:
    """Text of a page, in which nothing can be taken for a mark."""
    return text if text.isascii() else _OWN.sub("", text)


def lacking(text: str) -> str:
    """Text that does not stand in the page where it stands here."""
    text = " ".join(text.split())
    return f"{_OPEN}{text}{_CLOSE}" if text else GAP


def with_hard_spaces(text: str) -> str:
    """Spaces of which a browser shows more than one are one in the text."""
    return _SEVERAL.sub(lambda run: _HARD_SPACE if run[0].strip(_SOFT) else " ", text)


def tidy(text: str) -> str:
    """A cleaned text with its marks: spaces beside a mark count once, empty lines go."""
    if text.isascii() or not _OWN.search(text):
        return text
    text = _LOOSE.sub(_one, text)
    lines = (
        _EDGES.sub(lambda edge: GAP if GAP in edge[0] else "", line) for line in text.split("\n")
    )
    return "\n".join(line for line in lines if _OWN.sub("", line))


def _one(run: re.Match[str]) -> str:
    space = _HARD_SPACE if _HARD_SPACE in run[0] else " " if " " in run[0] else ""
    return (GAP if GAP in run[0] else "") + space


def split_marks(text: str) -> tuple[str, Gaps]:
    """The text without its marks, and the places that they marked."""
    if text.isascii() or not _OWN.search(text):
        return text, ()
    gaps: list[tuple[int, int]] = []
    parts: list[str] = []
    length = place = start = 0
    for found in _OWN.finditer(text):
        parts.append(text[place : found.start()])
        length += found.start() - place
        place = found.end()
        if found[0] == _OPEN:
            start = length
        else:
            gaps.append((start, length) if found[0] == _CLOSE else (length, length))
    return "".join([*parts, text[place:]]), tuple(dict.fromkeys(gaps))
