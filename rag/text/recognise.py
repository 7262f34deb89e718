"""Authors, categories, tags and times that a question names to say which posts it is about.

Precision before recall: a name or a year counts only where the question's words around it say that
it belongs to posts: "posts by", "tagged", "published in". Anywhere else it is part of the subject.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

import regex

from rag.text.date_words import TimeWords, time_words
from rag.text.left_out import is_left_out
from rag.text.names import WORD, Names, folded, is_part_of_a_name
from rag.text.post_dates import dates_posts
from rag.text.post_words import ASKS_LABELS, KIND, NOUN, TELLS, VERB
from rag.text.unknown_tags import HAS, unknown_tag
from rag.types import Filters, Recognised

SUBJECT = "SITE"
"""Stands where an author was the subject of a verb, or where the site is named."""
_LONGEST = 6  # words of a name
_FLAGS = regex.IGNORECASE
_OF_POSTS = regex.compile(rf"\b(?:{NOUN}|{VERB}|{KIND})\b", _FLAGS)
_SPEAKS = regex.compile(rf"\b{NOUN}\b", _FLAGS)
_BY = regex.compile(rf"\b{NOUN}\b.*\b(?:by|authors?:?)\s+$", _FLAGS)
_WRITTEN_BY = regex.compile(
    r"(?:\b(?:written|published|posted)\s+)?\b(?:by|authors?:?)\s+$", _FLAGS
)
_WROTE = regex.compile(r"\b(?:did|has|have|had|does|do)\s+$", _FLAGS)
_OFTEN = r"(?:(?:ever|also|already|first|last|just|recently|actually)\s+)?"
_THEN_USES = regex.compile(r"\s+(?:use[sd]?|cover(?:s|ed)?)\b", _FLAGS)
_THEN_VERB = regex.compile(rf"\s+{_OFTEN}{VERB}\b", _FLAGS)
_THEN_OR = regex.compile(r"\s*(?:,|,?\s+and|,?\s+or)\s+\p{L}", _FLAGS)  # one more who wrote
_THEN_NOUN = regex.compile(rf"['’]s?\s+(?:[\w-]+\s+){{0,3}}{NOUN}\b", _FLAGS)
_THAT = regex.compile(rf"\b(?:{NOUN}|thing)\s+(?:that\s+|which\s+)?$|^what\s+$", _FLAGS)
_THEN_WROTE = regex.compile(rf"\s+(?:has\s+|have\s+|had\s+)?{_OFTEN}(?:wrote|written)\b", _FLAGS)
_GO_ON = (
    r"and|or|about|on|from|in|since|before|after|until|between|during|regarding|that|which|tagged|"
    r"filed|published|written|posted|last|this|of|with|is|are|was|were|has|have|did|at|here|to|there|"
    r"but|not|without|except(?:ing)?|excluding|other\s+than|apart\s+from"
)
_THEN_END = regex.compile(rf"\s*(?:[?.!,;:)]|$|\b(?:{_GO_ON})\b)", _FLAGS)
_OR = regex.compile(r"\s*(?:,|,?\s+and|,?\s+or)\s+$", _FLAGS)
_ONE_MORE = regex.compile(r"(?:\s*(?P<comma>,)|,?\s+(?:and|or))\s+[\"“'‘]?", _FLAGS)
# Behind the last of a list: "What do posts tagged wool or spring say?"
_LIST_ENDS = regex.compile(
    rf"[\"”'’]?\s*(?:[?.!,;:)]|$|\b(?:{_GO_ON}|by|for|when|who|you|we|i|do|does|can|{TELLS})\b)",
    _FLAGS,
)
# Behind the author of posts that tell something: "What do posts by Ines really say?"
_THEN_TELLS = regex.compile(
    r"\s+(?:(?:do|does|did|can|could|would|should|may|might|must)(?:n['’]t)?\b|(?:(?:actually|also|all|both|"
    rf"ever|often|only|really|usually)\s+)*{TELLS}\b|(?:how|why|what|when|where|who|which)\b)",
    _FLAGS,
)
# Of the posts themselves, and not of what they are about: no "posts about the book by Tom say".
_POSTS_BY = regex.compile(
    rf"\b{NOUN}\s+(?:(?:from|in|of|tagged|about|on)\s+(?!(?:the|an?|this|that)\b)[\w-]+\s+)?"
    r"(?:(?:that|which)\s+)?(?:(?:is|are|was|were|has\s+been|have\s+been)\s+)?"
    r"(?:(?:written|published|posted)\s+)?by\s+$",
    _FLAGS,
)
_GOES_ON = regex.compile(r"[\"”'’]?\s*(?:[?.!,;]|$|\b(?:and|or)\b)", _FLAGS)
_ANY_OF = regex.compile(r",?\s+or\b|\s*(?P<comma>,)(?!\s+and\b)", _FLAGS)
_JOINED = regex.compile(r",?\s+(?:and|or)\s+", _FLAGS)
_TAGGED = regex.compile(
    r"\b(?:(?:tagged|labell?ed)(?:\s+(?:with|as|under))?|"
    rf"(?:{HAS}\s+)?(?:(?:the|a)\s+)?tags?:?)"
    r"(?:\s+the\s+tag)?\s+[\"“'‘]?$",
    _FLAGS,
)
_FILED = regex.compile(
    r"\b(?:filed\s+(?:under|in)|categori[sz]ed\s+(?:as|under|in)|(?:in|from|of|under)\s+(?:the\s+)?"
    r"(?:category|section|rubric)|(?:the\s+)?category:?)\s+[\"“'‘]?$",
    _FLAGS,
)
_POST_IN = regex.compile(
    rf"\b{NOUN}\s+(?:(?:is|are|was|were)\s+)?(?:(?:published|posted|written)\s+)?"
    r"(?P<of>(?:in|from|under)\s+)$",
    _FLAGS,
)
_IN_THE = regex.compile(r"\b(?:in|from|under)\s+(?:the\s+)?[\"“'‘]?$", _FLAGS)
_THEN_CATEGORY = regex.compile(r"[\"”'’]?\s+category\b", _FLAGS)


@dataclass(frozen=True, slots=True)
class Found:
    """Words of a question that became a filter."""

    start: int
    end: int
    recognised: Recognised
    firm: bool
    """It belongs to posts whatever else the question asks."""
    subject: bool = False
    """The words are the subject of a verb, such as an author who wrote."""


def recognise(question: str, names: Names, now: datetime) -> list[Found]:
    """The filters that a question names, in order; none overlaps another."""
    if not _OF_POSTS.search(question):
        return []
    tokens = [(m.start(), m.end(), (folded(m[0]) or ("",))[0]) for m in WORD.finditer(question)]
    found: list[Found] = []
    at = 0
    while at < len(tokens):
        one = _name_at(question, tokens, at, names, found)
        if one is None or _is_left_out(question, one, found):
            at += 1
            continue
        found.append(one)
        while at < len(tokens) and tokens[at][0] < one.end:
            at += 1
    if not any(map(_is_label, found)) and (unknown := unknown_tag(question)):
        start, end, tag = unknown
        limit = Recognised(question[start:end], Filters(tags=(tag,)))
        one = Found(start, end, limit, firm=False)
        found += [] if _is_left_out(question, one, found) else [one]
    found = _without_both(question, found)
    times = [
        one
        for words in time_words(question, now)
        if (one := _time(question, words, found)) and not _is_left_out(question, one, found)
    ]
    return sorted(found + times[:1], key=lambda one: one.start)


def _is_left_out(question: str, one: Found, before: Sequence[Found]) -> bool:
    spans = [(own.start, own.end) for own in before]
    return is_left_out(question, one.start, one.end, spans, subject=one.subject)


def _without_both(question: str, found: list[Found]) -> list[Found]:
    """Without lists of tags and categories that filters cannot say: they let through any of one."""
    labels = [one for one in found if _is_label(one)]
    joined: dict[Found, Found] = {}
    lists: list[list[Found]] = [labels[:1]]
    unsaid: list[list[Found]] = []
    for one, other in pairwise(labels):
        # A comma is an "or" within a list: "tagged wool, spring or slugs".
        any_of = _ANY_OF.match(question, one.end)
        either = any_of is not None and (not any_of["comma"] or other.start == one.end)
        same = bool(one.recognised.filters.tags) == bool(other.recognised.filters.tags)
        if either or same:
            lists[-1].append(other)
        else:
            lists.append([other])
        if either != same:
            unsaid.append(lists[-1])
        if _JOINED.fullmatch(question, one.end, other.start):
            joined[other] = replace(other, start=one.end)
    dropped = {one for several in unsaid for one in several}
    return [joined.get(one, one) for one in found if one not in dropped]


def _is_label(one: Found) -> bool:
    return bool(one.recognised.filters.tags or one.recognised.filters.categories)


Tokens = Sequence[tuple[int, int, str]]


def _name_at(
    question: str, tokens: Tokens, at: int, names: Names, before: Sequence[Found]
) -> Found | None:
    start = tokens[at][0]
    kinds: tuple[tuple[dict[tuple[str, ...], str], Callable[..., Found | None]], ...] = (
        (names.authors, _author),
        (names.tags, _tag),
        (names.categories, _category),
        (names.tags, _category),
    )
    for known, judge in kinds:
        for length in range(min(_LONGEST, len(tokens) - at), 0, -1):
            words = tuple(word for _, _, word in tokens[at : at + length])
            name = known.get(words)
            if name is None and known is names.authors:
                name = known.get(("".join(words),))  # "inesmoreau", as some sites name people
            end = tokens[at + length - 1][1]
            if name is not None and (
                one := judge(question, start, end, name, known, names, before)
            ):
                return one
    word = tokens[at][2]
    if word in names.parts and (question[start].isupper() or question[1:].islower()):
        return _author(question, start, tokens[at][1], names.parts[word], None, names, before)
    return None


def _author(
    question: str, start: int, end: int, name: str, _: object, names: Names, before: Sequence[Found]
) -> Found | None:
    head, tail = question[:start], question[end:]
    if is_part_of_a_name(head, tail, question[start:end]):
        return None
    own = Filters(authors=(name,))
    by = _BY.search(head) and _WRITTEN_BY.search(head)
    if by and (_THEN_END.match(tail) or (_POSTS_BY.search(head) and _THEN_TELLS.match(tail))):
        start = by.start()
        return Found(start, end, Recognised(question[start:end], own), firm=True)
    last = before[-1] if before else None
    if last and last.recognised.filters.authors and _OR.fullmatch(question, last.end, start):
        return Found(last.end, end, Recognised(question[start:end], own), last.firm, last.subject)
    if set(folded(name)) <= names.sites:  # "What did 18F write?" asks for all, "by 18F" for its own
        return None
    if _THEN_NOUN.match(tail):
        behind = regex.match(r"['’]s?", tail)
        end += behind.end() if behind else 0
        return Found(start, end, Recognised(question[start:end], own), firm=True)
    uses = ASKS_LABELS.match(question) and _THEN_USES.match(tail)
    if (_WROTE.search(head) and (_THEN_VERB.match(tail) or _THEN_OR.match(tail) or uses)) or (
        _THAT.search(head) and _THEN_WROTE.match(tail)
    ):
        return Found(start, end, Recognised(question[start:end], own), firm=False, subject=True)
    return None


def _tag(
    question: str, start: int, end: int, name: str, _: object, __: Names, before: Sequence[Found]
) -> Found | None:
    match = _TAGGED.search(question[:start]) if _SPEAKS.search(question) else None
    own = Filters(tags=(name,))
    if match is None:
        return _one_more(question, start, end, own, before)
    return _quoted(question, match.start(), end, own)


def _category(
    question: str,
    start: int,
    end: int,
    name: str,
    known: object,
    names: Names,
    before: Sequence[Found],
) -> Found | None:
    if not _SPEAKS.search(question):
        return None
    match = _FILED.search(question[:start])
    behind = _THEN_CATEGORY.match(question, end)
    if match is None and behind:
        match, end = _IN_THE.search(question[:start]), behind.end()
    own = Filters(tags=(name,)) if known is names.tags else Filters(categories=(name,))
    bare = _POST_IN.search(question[:start]) if known is names.categories else None
    if match is None and bare and _LIST_ENDS.match(question, end):
        at = bare.start("of")
        return Found(at, end, Recognised(question[at:end], own), firm=False)
    if match is None:
        return _one_more(question, start, end, own, before)
    return _quoted(question, match.start(), end, own)


def _one_more(
    question: str, start: int, end: int, own: Filters, before: Sequence[Found]
) -> Found | None:
    """One more tag or category of a list."""
    if not before or not _is_label(before[-1]):
        return None
    last = before[-1].end
    joined = _ONE_MORE.fullmatch(question, last, start)
    if joined is None:
        return None
    # "in the category Growing and spring planting" names one label and a subject.
    ends = _GOES_ON if joined["comma"] else _LIST_ENDS
    if not ends.match(question, end):
        return None
    return replace(_quoted(question, start, end, own), start=last)


def _quoted(question: str, start: int, end: int, filters: Filters) -> Found:
    end += question[end : end + 1] in ("”", '"', "’", "'") and 1
    return Found(start, end, Recognised(question[start:end].strip(), filters), firm=True)


def _time(question: str, words: TimeWords, names: Sequence[Found]) -> Found | None:
    if any(words.start < one.end and one.start < words.end for one in names):
        return None
    # Filters that stand between a noun and its date are passed over: "posts by Ines in 2016".
    head = question[: words.start]
    for one in reversed(names):
        if one.end <= len(head):
            head = head[: one.start] + (SUBJECT if one.subject else "") + head[one.end :]
    tail = question[words.end :]
    text = question[words.start : words.end]
    firm = dates_posts(head, tail, text, words.preposition)
    if firm is None:
        return None
    filters = Filters(since=words.since, until=words.until)
    return Found(words.start, words.end, Recognised(text, filters), firm)
