"""Tags that a question names and no post bears: "posts tagged hiring"."""

from __future__ import annotations

import regex

_FLAGS = regex.IGNORECASE
HAS = (
    r"(?:(?:that|which)\s+)?(?:(?:is|are|was|were)\s+(?:filed\s+)?(?:under|with)|have|has|had|having|bear|"
    r"bears|carry|carries|with|under)"
)
# Words that say so without a doubt: a tag that no post has cannot be told by its name.
_UNKNOWN = regex.compile(
    rf"\b(?:(?:tagged|labell?ed)(?:\s+(?:with|as|under))?(?:\s+the\s+tag)?|(?:{HAS})\s+(?:the|a)\s+tag:?)\s+"
    r"(?P<mark>[\"“'‘])?(?P<tag>[\p{L}\p{N}](?:(?!\s(?:and|or|in|from|since|before|after|until|by|about|on|"
    r"that|which|but|not|except|without|is|are|was|were)\b)[^?.!,;:\"”“])*)"
    r"(?P<end>[\"”'’]?)\s*(?=[?.!,;:]|$|\b(?:in|from|since|before|after|until|by)\b)",
    _FLAGS,
)
_LONGEST = 4  # words of a tag


def unknown_tag(question: str) -> tuple[int, int, str] | None:
    """Where a question says which tag posts should have, and the tag; None where it says none.

    Args:
        question: Whose known tags are taken out already, or has none.
    """
    match = _UNKNOWN.search(question)
    if match is None or len(match["tag"].split()) > _LONGEST:
        return None
    return match.start(), match.end("end"), match["tag"].strip(" '’")
