"""Questions of the posts that were asked for just now: "only those from May", "the oldest?"."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import regex

from rag.text.calendar_words import MONTHS
from rag.text.names import Names
from rag.text.post_words import NOUN
from rag.types import Recognised, RecordQuestion, Wanted
from rag.understanding.record_questions import Reading, read_question

_FLAGS = regex.IGNORECASE
_THOSE = r"(?:them|they|those|these|(?:the\s+)?ones)"
_WHICH = regex.compile(
    rf"(?:and\s+)?(?:which(?:\s+(?:ones|{NOUN}))?(?:\s+(?:are|were)\s+{_THOSE})?|"
    rf"what\s+(?:{NOUN}|(?:are|were)\s+{_THOSE})|"
    rf"(?:please\s+)?(?:show|list|name|give)\s+(?:me\s+)?(?:all\s+(?:of\s+)?)?{_THOSE})",
    _FLAGS,
)
_IN_ALL = regex.compile(
    rf"how\s+many(?:\s+(?:of\s+{_THOSE}|{NOUN}))?(?:\s+(?:are\s+(?:there|they|these|those)|is\s+that))?"
    r"(?:\s+(?:in\s+(?:all|total)|altogether|overall))?",
    _FLAGS,
)
_MONTH = "|".join(MONTHS)
_TIME = rf"(?:(?:{_MONTH})\s+)?(?:19|20)\d\d|(?:last|this)\s+(?:year|month)|(?:{_MONTH})"
# Of "about", a subject and no clause of its own: "about how many people?" asks of something else.
_ABOUT = r"about\s+(?!(?:how|what|who|whom|when|where|why|which|whether|me|you|us|\d)\b)"
_NARROWS = regex.compile(
    rf"(?:(?:and|but)\s+)?(?:(?:only|just)\s+(?:{_THOSE}\s+|(?:the\s+)?{NOUN}\s+)?|{_THOSE}\s+|"
    rf"which\s+(?:(?:ones|of\s+{_THOSE})\s+)?(?=(?:are|were)\b)|any\s+(?:of\s+{_THOSE}\s+)?|"
    rf"(?P<count>how\s+many)\s+(?:of\s+{_THOSE}\s+)?)(?:(?:are|were)\s+)?(?P<limits>\S.*)|"
    r"(?:(?:and|but)\s+|(?:and\s+)?(?:what|how)\s+about\s+)?(?:(?:the\s+)?ones\s+)?"
    rf"(?P<limits>(?:(?:by|from|in|since|before|after|during|tagged)\s+|{_ABOUT})\S.*)|"
    rf"(?:(?:what|how)\s+about\s+)?(?P<time>{_TIME})",
    _FLAGS,
)
_BARE_MONTH = regex.compile(rf"\b(?:{_MONTH}|{'|'.join(m[:3] for m in MONTHS)})$", _FLAGS)
_NEWEST = r"(?P<newest>newest|latest|most\s+recent|last)"
_BEST = rf"(?:very\s+)?(?:{_NEWEST}|oldest|earliest|first)"
# "The first one" may be the first that was named: only of what was published is it the oldest.
_SURE = r"(?:very\s+)?(?:(?P<newest>newest|latest|most\s+recent)|oldest|earliest)"
_ONE = rf"(?:\s+(?:one|{NOUN}))?(?:\s+of\s+{_THOSE})?"
_OF_ALL = regex.compile(
    rf"(?:(?:which|what)(?:\s+(?:one|{NOUN}))?(?:\s+of\s+{_THOSE})?\s+(?:is|was)\s+|show\s+me\s+)?"
    rf"(?:the\s+)?{_SURE}{_ONE}(?P<content>\s+about)?|"
    rf"(?:who\s+(?:wrote|published)|when\s+(?:is|was))\s+the\s+{_SURE}{_ONE}(?:\s+(?:from|published|written|posted))?|"
    rf"(?:(?:which|what)(?:\s+(?:one|of\s+{_THOSE}))?|when)\s+(?:is|was)\s+(?:the\s+)?{_BEST}{_ONE}"
    r"\s+(?:to\s+be\s+)?(?:published|written|posted)|"
    rf"(?:which|what)(?:\s+(?:one|of\s+{_THOSE}))?\s+(?:was\s+(?:published|written|posted)|came)\s+{_BEST}",
    _FLAGS,
)
_FIRST_LAST = regex.compile(rf"(?:the\s+)?{_BEST}{_ONE}", _FLAGS)
_EXTREME = regex.compile(
    rf"(?:(?:which|what)(?:\s+(?:one|of\s+{_THOSE}))?\s+(?:(?:has|had|is|was)\s+)?|who\s+(?:has|had)\s+)?(?:the\s+)?"
    rf"(?:one\s+with\s+(?:the\s+)?)?(?P<extreme>most|fewest|least)(?:\s+{NOUN})?(?:\s+(?:often|used))?",
    _FLAGS,
)
_BARE = regex.compile(rf"(?:and\s+)?(?:how\s+many|which|what)\s+{NOUN}[\s?.!]*", _FLAGS)
_THEM = regex.compile(rf"(?:\bof\s+)?\b{_THOSE}\b", _FLAGS)


def is_bare(question: str) -> bool:
    """Whether it asks for all posts by itself, and behind a question for some for those."""
    return _BARE.fullmatch(question) is not None


def among_them(before: Reading, question: str, names: Names, now: datetime) -> Reading | None:
    """A question for the posts of the one before, for some of them, or for what they bear.

    Args:
        before: The question about posts that it goes on from.
        question: Without the courtesies around it, and without its last sign.
        names: That posts can be told by.
        now: What "last year" is seen from, UTC.
    """
    record = before.record
    if record is None:
        return None
    plain = replace(record, content=False, oldest=False, most=0)
    lists = record.wanted in (Wanted.LIST, Wanted.COUNT) and not record.by
    one = record.wanted in (Wanted.NEWEST, Wanted.OLDEST)
    best = _OF_ALL.fullmatch(question) if lists or one else None
    best = best or (_FIRST_LAST.fullmatch(question) if one else None)
    if best:
        wanted = Wanted.NEWEST if best["newest"] else Wanted.OLDEST
        content = bool(best.groupdict().get("content"))
        return Reading(before.recognised, replace(plain, wanted=wanted, content=content), question)
    if record.by and (more := _EXTREME.fullmatch(question)):
        extreme = "most" if more["extreme"].lower() == "most" else "fewest"
        return Reading(
            before.recognised, replace(plain, wanted=Wanted.TALLY, extreme=extreme), question
        )
    if one:
        return _narrowed(before, plain, question, names, now)
    if record.wanted not in (Wanted.LIST, Wanted.COUNT, Wanted.TALLY):
        return None
    if _WHICH.fullmatch(question):
        named = Wanted.TALLY if record.by else Wanted.LIST
        return replace(before, record=replace(record, wanted=named), rest=question)
    if lists and _IN_ALL.fullmatch(question):
        return Reading(before.recognised, replace(plain, wanted=Wanted.COUNT), question)
    if lists and (tally := _tally(question, names, now)):
        of_them = replace(tally, topic=record.topic, left_out=record.left_out)
        return Reading(before.recognised, of_them, question)
    return _narrowed(before, record, question, names, now)


def _tally(question: str, names: Names, now: datetime) -> RecordQuestion | None:
    """What "Who wrote them?" counts."""
    said, count = _THEM.subn(lambda one: "" if one[0].startswith("of") else "the posts", question)
    said = regex.sub(r"\bhow many\b", "how many posts", said) if said != question else said
    reading = read_question(said, names, now) if count else None
    record = reading.record if reading and not reading.recognised else None
    return record if record and record.by and not record.topic else None


def _narrowed(
    before: Reading, record: RecordQuestion, question: str, names: Names, now: datetime
) -> Reading | None:
    """Those of the posts that the question limits them to."""
    match = _NARROWS.fullmatch(question)
    if match is None:
        return None
    limits = _in_its_year(match["limits"] or f"in {match['time']}", before)
    narrower = read_question(f"posts {limits}", names, now)
    own = narrower.record
    if own is None or replace(own, topic="") != RecordQuestion(Wanted.LIST):
        return None
    if not narrower.recognised and not own.topic:
        return None
    wanted = Wanted.COUNT if match["count"] else record.wanted
    # Another author or time takes the place of the first: posts by both are not asked for.
    again = {_kind(one) for one in narrower.recognised}
    kept = [one for one in before.recognised if _kind(one) not in again]
    found = replace(record, wanted=wanted, topic=own.topic or record.topic)
    return Reading((*kept, *narrower.recognised), found, question)


def _in_its_year(limits: str, before: Reading) -> str:
    """A month by itself, behind a year that was asked for, is that year's."""
    times = [
        time
        for one in before.recognised
        if one.filters.since and one.filters.until
        for time in (one.filters.since, one.filters.until - timedelta(seconds=1))
    ]
    years = {time.year for time in times}
    return f"{limits} {years.pop()}" if len(years) == 1 and _BARE_MONTH.search(limits) else limits


def kept_beside(before: Reading) -> tuple[Recognised, ...]:
    """What a question about posts is limited to, but for the times."""
    return tuple(one for one in before.recognised if any(_kind(one)))


def _kind(one: Recognised) -> tuple[bool, ...]:
    limits = one.filters
    return bool(limits.authors), bool(limits.categories), bool(limits.tags)
