"""Questions that name one thing and ask of it what was asked before: "And Silla?", "in May?"."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import regex

from rag.text.calendar_words import MONTHS, WEEKDAYS
from rag.text.post_words import NOUN
from rag.text.sentences import STOP_WORDS, search_words
from rag.understanding.pointing import LIGHT
from rag.understanding.said_names import name_spans

_FLAGS = regex.IGNORECASE
_AT = (
    r"in|on|at|for|from|with|without|by|to|of|about|during|before|after|since|until|under|near|behind|"
    r"between|against|into"
)
_ELLIPTIC = regex.compile(
    rf"\s*(?:(?:(?:and|but|or|so)\s+)?(?:what|how)\s+about|and|but|or)\s+(?:(?P<at>{_AT})\s+)?"
    r"(?P<what>(?:[^\s,;:?!()]+\s+){0,4}[^\s,;:?!()]+?)[\s?.!]*",
    _FLAGS,
)
# A sentence of its own, or one that points back: "and is it free?", "and the other one?"
_NO_THING = regex.compile(
    r"\b(?:is|are|was|were|be|been|do|does|did|has|have|had|can|could|will|would|should|might|who|"
    r"whom|whose|what|when|where|why|how|which|that|it|its|he|she|they|them|him|her|his|their|this|"
    r"these|those|ones?|not|then|there|here|i|you|we|me|us|my|your|our|if|to|now|later|so|again|else|"
    r"other|others|another|more|previous|next|same|please|thanks)\b|n['’]t\b",
    _FLAGS,
)
_MONTHS = "|".join(MONTHS)
_TIME = (
    rf"(?:(?:(?:the\s+)?(?:early|late|mid)[\s-]+)?(?:\d{{1,2}}\s+)?(?:(?:{_MONTHS})\s+)?(?:1\d|20)\d\ds?|"
    rf"(?:{_MONTHS})|(?:last|this|next)\s+(?:year|month|week|spring|summer|autumn|fall|winter)|"
    r"(?:spring|summer|autumn|winter)|" + "|".join(WEEKDAYS) + r"|today|yesterday)"
)
_ALL_TIME = regex.compile(_TIME, _FLAGS)
_TIME_IN = regex.compile(rf"\b{_TIME}\b", _FLAGS)
# What a name behind these words is may be said of another: "the capital of France", "posts by Tom".
_ADJUNCT = regex.compile(
    r"\b(?:in|at|for|with|on|about|from|of|by|near|under)\s+(?:the\s+)?$", _FLAGS
)
_ARTICLE = regex.compile(r"\b(?:the|an?)\s+$", _FLAGS)
_SUBJECT = ("about", "by")  # of either there is one in a question, whatever it is

_POST = regex.compile(
    rf"{NOUN}|newest|latest|oldest|recent", _FLAGS
)  # nothing else is asked of them
_POSTS_ABOUT = regex.compile(
    rf"\b{NOUN}\s+(?:(?:that\s+|which\s+)?(?:is|are|was|were)\s+)?(?:about|on|mentioning)\b", _FLAGS
)

_Span = tuple[int, int]


def is_elliptic(question: str) -> bool:
    """Whether a question names one thing and nothing that is asked of it."""
    match = _ELLIPTIC.fullmatch(question)
    return match is not None and _NO_THING.search(match["what"]) is None


def named_alone(question: str) -> str:
    """What "And Silla?" names; empty for "and in May?"."""
    match = _ELLIPTIC.fullmatch(question)
    return match["what"] if match and not match["at"] else ""


def in_place(question: str, whole: str, rarity: Callable[[str], float] | None = None) -> str | None:
    """A whole question with what another one names in the place of the element of its kind.

    Args:
        question: "And Silla?", "and in Mississippi?", "what about peppers?".
        whole: What was asked before, as a complete question.
        rarity: Inverse document frequency of a word: a rare one is what a question is about.

    Returns:
        None where nothing in it is of that kind, or the question is none such.
    """
    match = _ELLIPTIC.fullmatch(question)
    if match is None or _NO_THING.search(match["what"]):
        return None
    at, what = (match["at"] or "").lower(), match["what"].strip("“”\"'")
    if _ALL_TIME.fullmatch(what):
        place = max((one.span() for one in _TIME_IN.finditer(whole)), default=None)
    elif next(name_spans(f". {what}"), None):
        place = _name_for(what, at, whole)
    else:
        place = _thing_for(what, at, whole, rarity)
    if place:
        start, end = place
        article = _ARTICLE.search(whole[:start])  # "the Soviet Union", and no "the China"
        start = article.start() if article else start
        return f"{whole[:start]}{what}{whole[end:]}"
    if at == "in" and _POSTS_ABOUT.search(whole) and _ALL_TIME.fullmatch(what):
        at = "from"  # a time behind "in" would belong to their subject
    end = len(whole.rstrip(" ?.!"))
    return f"{whole[:end]} {at} {what}{whole[end:]}" if at else None


def _name_for(what: str, at: str, whole: str) -> _Span | None:
    """Where the name stands that another takes the place of."""
    names = [
        (start, end)
        for start, end, _ in name_spans(whole)
        if not _ALL_TIME.fullmatch(whole[start:end])
    ]
    if at:
        behind = [one for one in names if _stands_behind(at, whole, one[0])]
        return behind[-1] if behind else _thing_for(what, at, whole, None)
    own = set(search_words(what).lower().split()) - STOP_WORDS
    akin = [one for one in names if own & set(search_words(whole[slice(*one)]).lower().split())]
    if akin or not names:
        return akin[-1] if akin else None
    # The last one where it stands behind "in" and the like, else what the question is about.
    return names[-1] if _ADJUNCT.search(whole[: names[-1][0]]) else names[0]


def _stands_behind(at: str, whole: str, start: int) -> bool:
    return regex.search(rf"\b{at}\s+(?:the\s+)?$", whole[:start], _FLAGS) is not None


def _thing_for(
    what: str, at: str, whole: str, rarity: Callable[[str], float] | None
) -> _Span | None:
    """Where the common noun stands, or the words with a preposition, that others replace."""
    if at:
        first = r"\p{L}" if at in _SUBJECT else r"\p{Ll}"
        behind = regex.finditer(
            rf"\b{at}\s+((?:(?!(?:{_AT})\b){first}[\p{{L}}\p{{M}}\p{{N}}’'-]*+\s*+)++)", whole
        )
        ends = [(one.start(1), one.start(1) + len(one[1].rstrip())) for one in behind]
        return ends[-1] if ends and (at in _SUBJECT or what[0].islower()) else None
    words = [
        one for one in regex.finditer(r"[\p{L}\p{M}\p{N}’'-]+", whole)
        if one[0].lower() not in STOP_WORDS | LIGHT and not _POST.fullmatch(one[0])
    ]  # fmt: skip
    common = [one for one in words if one[0][0].islower()]
    alike = [one for one in common if _is_plural(one[0])] if _is_plural(what) else []
    if alike:
        return alike[-1].span()
    if rarity is None or not common or len(common) < len(words) - 1:
        return None
    return max(common, key=lambda one: _rare(one[0], rarity)).span()


def _is_plural(words: str) -> bool:
    return regex.search(r"[^s’'u]s$", words) is not None


def _rare(word: str, rarity: Callable[[str], float]) -> float:
    parts: Sequence[str] = search_words(word.lower()).split()
    return max(map(rarity, parts), default=0.0)
