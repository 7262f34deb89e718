"""Whether a time in a question tells when posts were published, or belongs to their subject."""

from __future__ import annotations

import regex

from rag.text.post_words import KIND, NOUN, VERB

_FLAGS = regex.IGNORECASE
_ABOUT = r"(?:about|on|regarding|concerning|covering|mentioning)"
_NOUN_BEFORE = regex.compile(
    rf"\b{NOUN}\s*(?:,?\s*(?:that\s+|which\s+)?(?:(?:is|are|was|were)\s+)?"
    r"(?:published|written|posted)?\s*)$",
    _FLAGS,
)
_NOUN_BEHIND = regex.compile(rf"(?:['’]s?)?\s+{NOUN}\b", _FLAGS)
_LAST_TRIGGER = regex.compile(
    rf".*\b(?:(?P<verb>{VERB})|{NOUN}\s+(?:(?:are|is|were|was)\s+there\s+)?{_ABOUT})\b", _FLAGS
)
_END = regex.compile(r"\s*(?:[?.!,;]|$|\b(?:and|in total|altogether|so far)\b)", _FLAGS)
# "What did Ines write in 2016 about slugs?"
_WRITE_BEFORE = regex.compile(rf"\b{VERB}\s+$", _FLAGS)
_ABOUT_BEHIND = regex.compile(rf"\s+{_ABOUT}\b", _FLAGS)
# "How many posts per month in 2016?", "Which month of 2015 had most?"
_KIND_LAST = regex.compile(rf"\b{KIND}\s+$", _FLAGS)
_WHICH_KIND = regex.compile(rf"^\s*(?:in\s+)?(?:which|what)\s+{KIND}\s+$", _FLAGS)
_HAD_POSTS = regex.compile(
    rf"\s+(?:had|has|have|saw|got|with|did|were)\b.*\b(?:{NOUN}|{VERB})\b", _FLAGS
)
_STRONG = {"since", "after", "later than", "before", "prior to", "earlier than", "between", "until",
           "till", "starting", "up to"}  # fmt: skip
_RELATIVE = regex.compile(r"\b(?:last|past|previous|this|current|today|yesterday)\b", _FLAGS)


def dates_posts(head: str, tail: str, text: str, preposition: str) -> bool | None:
    """Whether words for a time date posts whatever else is asked; None: they date none.

    Args:
        head: What stands before them.
        tail: What stands behind them.
        text: The words.
        preposition: That of the words, in lower case; empty where there is none.

    Returns:
        False where they date posts only if the whole question asks for posts.
    """
    relative = bool(_RELATIVE.search(text))
    firm = loose = False
    if preposition or relative:
        firm = bool(_NOUN_BEFORE.search(head))
        trigger = _LAST_TRIGGER.match(head)
        at_end = _END.match(tail) is not None
        # "posts about wool from 2016": of what else would "from" tell the time?
        strong = preposition in _STRONG or relative or preposition == "from"
        between = bool(_WRITE_BEFORE.search(head) and _ABOUT_BEHIND.match(tail))
        at_start = not head.strip() and bool(regex.match(r"\s*,?\s*(?:wh|how)", tail, _FLAGS))
        dated = at_end and trigger is not None and (bool(trigger["verb"]) or strong)
        counted = (at_end and _KIND_LAST.search(head)) or (
            _WHICH_KIND.match(head) and _HAD_POSTS.match(tail)
        )
        loose = at_start or between or dated or bool(counted)
    if not preposition:
        firm = firm or bool(_NOUN_BEHIND.match(tail))
    return True if firm else False if loose else None
