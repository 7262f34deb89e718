"""What a sentence does not say, whatever words it shares with a question.

A signature below a quotation, a tag or a line of signs says nothing by itself; and a sentence on
Kim Il Sung does not say who Kim Jong Il was.
"""

from __future__ import annotations

from collections.abc import Sequence

import regex

from rag.text.post_words import TELLS, VERB

_CAPITALS = r"\p{Lu}[\p{L}\p{M}.’'-]*"
# "– Ben Peterson, UX designer": a name behind a dash, and what its bearer is.
_SIGNED = regex.compile(rf"[-–—~―]\s*{_CAPITALS}(?:\s+{_CAPITALS}){{1,3}}(?:,[^.?!:;]{{1,120}})?")
_BARE_TAG = regex.compile(r"</?\p{L}[^<>]*>")
_LETTER = regex.compile(r"[\p{L}\p{N}]")
_WHO_SAID = regex.compile(
    rf"\bwhose\b|\bwho(?:m|’s|'s)?\b.*\b(?:{TELLS}|{VERB}|thinks?|thought|quoted?)\b",
    regex.IGNORECASE,
)
_WHO_IS = regex.compile(
    rf"\s*who(?:\s+(?:is|was|were|are)|[’']s)\s+(?:the\s+)?({_CAPITALS}(?:\s+{_CAPITALS})+)\s*\??\s*",
    regex.IGNORECASE,
)
_NAME = regex.compile(rf"{_CAPITALS}(?:[ \t]+{_CAPITALS})+")


def says_nothing(text: str, question: str) -> bool:
    """Whether a sentence can answer nothing; who has signed a quotation answers who said it."""
    return (
        not _LETTER.search(text)
        or _BARE_TAG.fullmatch(text) is not None
        or (_SIGNED.fullmatch(text) is not None and not _WHO_SAID.search(question))
    )


def of_others(question: str, passage: str, sentences: Sequence[str]) -> list[bool]:
    """Of each sentence whether it is about a namesake of the one who is asked for.

    That is where the passage does not name the one asked for, and the sentence names another whose
    name begins alike.

    Args:
        question: Such as "Who was Kim Jong Il?"; of any other nothing is said.
        passage: All of it, its title and headings too.
        sentences: Those of the passage.
    """
    asked = _WHO_IS.fullmatch(question)
    # The form is looked for in any case of letters: "who is it for" fits it, and names nobody.
    if not asked or not _NAME.fullmatch(asked[1]) or _plain(asked[1]) in _plain(passage):
        return [False] * len(sentences)
    first = _plain(asked[1]).split()[0]
    return [
        any(_plain(found[0]).split()[0] == first for found in _NAME.finditer(text))
        for text in sentences
    ]


def _plain(text: str) -> str:
    """In lower case, with blanks for hyphens and ends of lines."""
    return " ".join(regex.sub(r"[\s‐-―-]+", " ", text).lower().split())
