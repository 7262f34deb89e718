"""Words by which a question says what it is not about: "not by Ines", "without the tag wool".

No filter leaves posts out, so nothing behind such words is taken for one: it would be the
opposite of what was asked.
"""

from __future__ import annotations

from collections.abc import Sequence

import regex

NOUN = (
    r"(?:(?:blog|news)[ -])?(?:posts?|posting|articles?|entry|entries|pieces?|columns?|story"
    r"|stories|series|news)"
)
VERB = r"(?:write|writes|wrote|written|writing|publish(?:ed)?|post(?:ed)?|blogged)"
_FLAGS = regex.IGNORECASE
_NOT = regex.compile(
    r"\b(?:not(?!\s+(?:there|you|we)\b)|never|cannot|nobody|none|neither|nor|no\s+(?:one|longer|"
    rf"earlier|later|tags?|categor(?:y|ies)|authors?|{NOUN})|except(?:ing)?|exclud(?:e|es|ed|ing)|"
    r"other\s+than|(?:all|any(?:one|body|thing)|every(?:one|body|thing))\s+but|"
    r"but\s+(?:those|these|the\s+ones)|"
    r"(?:is|are|was|were|do|does|did|has|have|had|wo|ca|could|would|should)nt)\b"
    r"|n['’]t\b(?!\s+(?:there|you|we)\b)",  # "Don't you have posts by Ines?" asks for hers
    _FLAGS,
)
_NOT_ENDS = regex.compile(r"[.?!;](?=\s|$)|\bbut\b(?!\s+(?:also|not)\b)", _FLAGS)
# Words that keep away what they stand right before. Anywhere else they belong to the subject:
# "posts about slugs without pellets by Tom".
_KEPT_AWAY = regex.compile(
    r"\b(?:without|lack(?:s|ing)?|miss(?:es|ing)|minus|besides|unlike|outside|(?:apart|aside)\s+from|"
    r"rather\s+than|instead\s+of|ignor(?:e|ing)|omit(?:ting)?|skip(?:ping)?|leav(?:e|ing)\s+out)\s+"
    rf"(?:(?:the|a|an|any|all|of|for|those|these|ones?|{NOUN}|things?|anything|everything|that|which|"
    r"are|were|is|was|have|has|been|either)\s+)*$",
    _FLAGS,
)
_NOT_THEN_VERB = regex.compile(
    rf"(?:(?!\b{VERB}\b).)*?(?:\b(?:not|never)\b|n['’]t\b).*?\b{VERB}\b", _FLAGS
)


def is_left_out(
    question: str,
    start: int,
    end: int,
    taken: Sequence[tuple[int, int]],
    *,
    subject: bool,
) -> bool:
    """Whether a question leaves out what its words from `start` to `end` name.

    Args:
        question: As it was asked.
        start: Of the words.
        end: Of the words.
        taken: Spans that are names, such as the tag "no dig": their words leave nothing out.
        subject: Whether the words are the subject of a verb, which may be denied behind them.
    """
    if _KEPT_AWAY.search(question[:start]):
        return True
    if subject and _NOT_THEN_VERB.match(question, end):  # "did Ines and Tom not write"
        return True
    return any(
        _NOT_ENDS.search(question, match.end(), start) is None
        for match in _NOT.finditer(question)
        if match.start() < start
        and not any(match.start() < last and first < match.end() for first, last in taken)
    )
