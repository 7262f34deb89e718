"""Synced patterns of an export file: parts of posts that the file holds as entries of their own.

A page shows the pattern's text inside the post. The file has only its number there, and the text
before or behind the post, or not at all.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

_REF = re.compile(r"<!--\s*wp:block\s+(\{[^<>]*\})\s*/-->")
_DEEPEST = 5  # patterns in patterns
_MOST = 5_000_000  # characters that patterns may add to a post, which may hold one many times
_EACH = 100  # characters that even an empty one counts for
_STAYS = "<!-- wp:block -->"  # tells that the post is of the block editor


@dataclass(frozen=True, slots=True)
class Filled:
    text: str
    """With the patterns in it that are known."""
    lacking: bool
    """Whether it shows one that is not known."""


class Patterns:
    """The patterns that a file has named so far."""

    def __init__(self) -> None:
        self._texts: dict[int, str] = {}

    def add(self, number: int | None, text: str) -> None:
        """Take one that is public, as it was typed."""
        if number is not None:
            self._texts[number] = text

    def fill(self, text: str) -> Filled:
        """Put the patterns into a text that was typed."""
        left, lacking = _MOST, False

        def filled(text: str, around: tuple[int, ...]) -> str:
            def one(match: re.Match[str]) -> str:
                nonlocal left, lacking
                number = _number(match[1])
                if number is None or number in around or len(around) == _DEEPEST:
                    return _STAYS
                own = self._texts.get(number)
                lacking = lacking or own is None
                left -= len(own or "") + _EACH
                return _STAYS + (filled(own, (*around, number)) if own and left > 0 else "")

            return _REF.sub(one, text)

        return Filled(filled(text, ()), lacking) if "wp:block " in text else Filled(text, False)


def _number(attributes: str) -> int | None:
    """Of the pattern; None where the post has other words in its place than the pattern says."""
    try:
        said = json.loads(attributes)
    except (ValueError, RecursionError):
        return None
    ref = said.get("ref")
    return ref if isinstance(ref, int) and not said.get("content") else None
