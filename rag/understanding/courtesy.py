"""Turns that ask nothing: thanks, a greeting, a word of praise, in English; and signs alone."""

from __future__ import annotations

import regex

_LONGEST = 80  # characters; whoever writes more says something
_SAID = (
    r"(?:many|much)\s+thanks|thanks|thank\s*(?:you|u)|thx|tysm|ty|cheers|(?:much\s+)?appreciated|"
    r"merci|gracias|danke|grazie|obrigad[oa]|"
    r"hello|hi|hiya|hey|howdy|greetings|good\s+(?:morning|afternoon|evening|night|day)|(?:good)?bye|see\s+you|"
    r"ok(?:ay)?|al(?:l\s+)?right|great|good|nice|cool|perfect|awesome|excellent|wonderful|"
    r"brilliant|lovely|got\s+it|i\s+see|understood|"
    r"(?:that|this|it)\s+(?:really\s+)?(?:helps|helped)(?:\s+me)?|"
    r"(?:that(?:['’]s|\s+is|\s+was)|this\s+is|it\s+was)\s+(?:very\s+|really\s+|so\s+)?"
    r"(?:all|it|great|good|nice|fine|cool|perfect|helpful|useful|interesting)"
)
_BESIDE = (
    r"very\s+(?:much|helpful)|so\s+much|a\s+lot|again|there|all|everyone|then|later|"
    r"for\s+(?:your|the|this|that|all\s+(?:your|the))(?:\s+(?:help|answers?|time|information))?|"
    r"(?:answer|job|work)|have\s+a\s+(?:nice|good|great)\s+(?:day|evening|weekend)"
)
_WORD = regex.compile(r"[\p{L}\p{N}]")
_COURTESY = regex.compile(
    rf"[\p{{P}}\p{{S}}]*+(?:{_SAID})\b(?:[\s\p{{P}}\p{{S}}]+(?:{_SAID}|{_BESIDE})\b)*+"
    r"[\s\p{P}\p{S}]*",
    regex.IGNORECASE,
)


def has_words(turn: str) -> bool:
    """Whether there is a letter or a figure in it, and not signs alone."""
    return _WORD.search(turn) is not None


def asks_nothing(turn: str) -> bool:
    """Whether a turn has no words, or is thanks, a greeting or praise and nothing besides."""
    return not has_words(turn) or is_courtesy(turn)


def is_courtesy(turn: str) -> bool:
    """Whether a turn is thanks, a greeting or praise and nothing besides."""
    said = " ".join(turn.split())
    if len(said) > _LONGEST or "?" in said:
        return False
    return _COURTESY.fullmatch(said) is not None
