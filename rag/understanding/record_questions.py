"""Questions about the posts themselves: which is the newest, who wrote it, when, how many.

What is limited to an author, a category, a tag or a time is recognised first and taken out; what
is left must fit one of a few forms as a whole. A question that fits none is about what stands in
the posts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import regex

from rag.text.date_words import time_words
from rag.text.left_out import parted
from rag.text.names import Names
from rag.text.number_words import SEVERAL, of_several
from rag.text.post_words import NOUN, VERB
from rag.text.recognise import SUBJECT, Found, recognise
from rag.types import Recognised, RecordQuestion, Wanted
from rag.understanding.tally_questions import read_tally

_FLAGS = regex.IGNORECASE
_THE = r"(?:(?:the|this|that|your|their|our|its|all|all of the|any|some|a|an)\s+)?"
_ABOUT = r"(?:about|on|regarding|concerning|covering|mentioning|discussing|related to|dealing with)"
_TOPIC = r"(?P<topic>\S.*?)"
_TITLE = r"(?P<topic>[“\"].+[”\"])"
_WHICH = (
    rf"(?:\s+(?:(?:that|which)\s+)?(?:(?:is|are|was|were|has been|have been)\s+)?(?:there\s+)?"
    rf"(?:published\s+|written\s+|posted\s+)?(?:{_ABOUT}|mentions?|covers?|discuss(?:es)?)"
    rf"\s+{_TOPIC})?"
)
_DONE = r"(?:\s+(?:is|are|was|were|have been|has been))?(?:\s+(?:there|published|written|posted))?"
_IS_THERE = r"(?:(?:is|are|was|were)\s+there|(?:has|have)\s+there\s+been)"
_ASK = (
    r"(?:(?:please\s+)?(?:(?:what|which|who)(?:['’]s|['’]re|\s+is|\s+was|\s+are|\s+were)?|"
    rf"(?:show|give|tell|find|list|name)(?:\s+me)?|{_IS_THERE}|do\s+you\s+have|"
    r"have\s+you\s+(?:got|any)|i\s+(?:want|need)|i['’]m\s+looking\s+for)\s+)?"
)
_BEST = r"(?:very\s+)?(?P<best>newest|latest|most recent|last|oldest|earliest|first)"
_THING = r"(?:anything|something)"
_HAVE = rf"(?:{_IS_THERE}|do\s+you\s+have|have\s+you\s+got|was|were)"
_SITE = rf"(?:you|we|the\s+(?:team|blog|site|authors?|writers?|staff)|anyone|{SUBJECT})"
_ALSO = r"(?:\s+(?:ever|also|already|all|actually))?"
_PAST = r"(?:published|posted|written|released|out|put up|put online)"
_AUTHORED = r"wrote|authored|published|posted|has written|put together|penned"
_NTH = ("second", "2nd", "third", "3rd", "fourth", "4th", "fifth", "5th")
_FORMS: tuple[tuple[str, Wanted | None], ...] = (
    (rf"{_ASK}{_THE}{_BEST}\s+{SEVERAL}\s+{NOUN}{_WHICH}{_DONE}", None),
    (rf"{_ASK}{_THE}{SEVERAL}\s+{_BEST}\s+{NOUN}{_WHICH}{_DONE}", None),
    (rf"(?:what|which)\s+(?:one\s+)?(?:of\s+)?{_THE}{NOUN}{_WHICH}\s+(?:is|are|was|were)\s+"
     rf"{_THE}{_BEST}(?:\s+ones?)?", None),
    (rf"when\s+(?:did|has)\s+{_SITE}\s+(?P<best>last|first|most recently)\s+{VERB}"
     rf"(?:\s+{_ABOUT}\s+{_TOPIC})?", Wanted.NEWEST),
    (rf"(?:{_HAVE}\s+)?{_THING}\s+(?:new|(?:that\s+was\s+)?{_PAST})", Wanted.LIST),
    (rf"{_HAVE}\s+{_THING}\s+(?:about|regarding|concerning|related to)\s+{_TOPIC}", Wanted.LIST),
    (rf"{_ASK}{_THE}{_BEST}\s+{NOUN}{_WHICH}{_DONE}", None),
    (rf"(?:when|on what (?:date|day)) (?:was|were|did|is) {_THE}(?:{_BEST}\s+)?{NOUN}{_WHICH}\s+"
     rf"(?:get\s+|go\s+|come\s+|appear|first\s+)?(?:{_PAST}|appear|up|live|online)?", Wanted.DATE),
    (rf"(?:when|on what (?:date|day)) (?:was|did) {_THE}series{_WHICH}\s+(?P<begin>begin|start)",
     Wanted.OLDEST),
    (rf"(?:when|on what (?:date|day)) was {_TITLE} {_PAST}", Wanted.DATE),
    (rf"(?:who|which author) (?:wrote|authored|published|posted) {_TITLE}",
     Wanted.AUTHORS),
    (rf"(?:who|which author) (?:{_AUTHORED}) {_THE}(?:{_BEST}\s+)?"
     rf"{NOUN}{_WHICH}", Wanted.AUTHORS),
    (rf"(?:who|which author) (?:wrote|has written|writes) {_ABOUT}\s+{_TOPIC}", Wanted.AUTHORS),
    (rf"who (?:is|are|was|were) {_THE}(?:authors?|writers?) of {_THE}(?:{_BEST}\s+)?{NOUN}{_WHICH}",
     Wanted.AUTHORS),
    (rf"(?:who|by whom) was {_THE}(?:{_BEST}\s+)?{NOUN}{_WHICH} (?:written|published)(?: by)?",
     Wanted.AUTHORS),
    (rf"how many {_THE}{NOUN}{_WHICH}{_DONE}", Wanted.COUNT),
    (rf"(?:what|which) {NOUN} (?:did|has|have) {_SITE}\s+{VERB}\s+"
     r"(?P<best>last|first|most recently)", None),
    (rf"{_ASK}{_THE}(?P<nth>{'|'.join(_NTH)})[\s-]{_BEST}\s+{NOUN}{_WHICH}{_DONE}", Wanted.LIST),
    (rf"(?:what|which) {NOUN}{_WHICH} (?:did|has|have) {_SITE}{_ALSO} {VERB}", Wanted.LIST),
    (rf"how many {NOUN}{_WHICH} (?:did|has|have) {_SITE}{_ALSO} {VERB}", Wanted.COUNT),
    (rf"how many {NOUN} (?:did|has|have|do) {_SITE}{_ALSO} (?:have|{VERB})"
     rf"(?:\s+(?:{_ABOUT}|for)\s+{_TOPIC})?", Wanted.COUNT),
    (rf"how many times (?:did|has|have) {_SITE}{_ALSO} (?:{VERB})\s+(?:{_ABOUT})\s+{_TOPIC}",
     Wanted.COUNT),
    (rf"(?:what|which(?:\s+of)?(?:\s+the)?(?:\s+{NOUN})|what {NOUN}) (?:did|has|have) {_SITE}"
     rf"{_ALSO} (?:{VERB})(?:\s+(?:{_ABOUT}|for)\s+{_TOPIC}|\s+about)?", Wanted.LIST),
    (rf"(?:did|has|have) {_SITE}{_ALSO} (?:wrote|written|write|published|posted|blogged)"
     rf"(?:\s+(?:anything|something|posts?))?\s+{_ABOUT}\s+{_TOPIC}", Wanted.LIST),
    (rf"{_ASK}{_THE}(?:new|recent)\s+{NOUN}{_WHICH}{_DONE}", Wanted.LIST),
    (rf"{_ASK}{_THE}{NOUN}{_WHICH}{_DONE}", Wanted.LIST),
    (rf"{_ASK}{_THE}(?:{_BEST}\s+)?{NOUN}{_WHICH} (?:(?:that|which)\s+)?{SUBJECT}"
     r" (?:has\s+|have\s+)?(?:wrote|written|published|posted)", Wanted.LIST),
    (rf"{_ASK}{_THE}{_BEST}\s+thing (?:(?:that|which)\s+)?{_SITE}"
     r" (?:has\s+|have\s+)?(?:wrote|written|published|posted)", None),
    (rf"what (?:is|was) {_THE}{_BEST}\s+{NOUN}\s+(?P<content>about)", None),
    (rf"what (?:is|was) {_THE}{NOUN}\s+(?P<content>about)", Wanted.NEWEST),
    (r"what is new", Wanted.LIST),
    (r"what (?:was|has been|is|were) (?:published|posted|written)", Wanted.LIST),
)  # fmt: skip
_TAIL = regex.compile(
    r",?\s+and\s+(?:(?P<content>what\s+(?:(?:is|was|are|were)\s+(?:it|they)\s+about|"
    r"(?:do|does|did)\s+(?:it|they)\s+say))|"
    r"(?:by\s+)?(?:who|what|when|which)\b[^,]*\b(?:it|its|they|them|their|this|that)\b[^,]*|"
    r"who\s+(?:is|are)\s+the\s+authors?|by\s+whom|when)\s*$",
    _FLAGS,
)
_PLACE = regex.compile(
    r"\s+(?:(?:on|in|of|at|from)\s+(?:the|this|your|our|their)\s+(?:whole\s+)?"
    r"(?:blog|site|web\s?site|page)|here)(?=\W|$)",
    _FLAGS,
)
_IN_ALL = regex.compile(r"\s+(?:in\s+(?:total|all)|altogether|overall|so\s+far|to\s+date)$", _FLAGS)
_OF_SITE = regex.compile(
    rf"\s+(?:on|in|of|at|from|by)\s+(?:the\s+)?{SUBJECT}(?:['’]s)?(?:\s+(?:blog|site))?(?=\W|$)"
)
# "My" and "our" lettuces are the reader's: no conversation says whose they are.
_POINTS = regex.compile(
    r"(?:it|its|this|that|these|those|them|they|theirs?|him|his|hers?|he|she|one|ones|what|there)\b",
    _FLAGS,
)
_CLAUSE = regex.compile(r"[?!;]|,\s|\b(?:is|are|was|were|did|does|has|have)\b", _FLAGS)
_AND_WHAT = regex.compile(r"\band\s+(?:who|what|which|when|where|why|how)\b", _FLAGS)
_NEWS = regex.compile(r"\bnews\b", _FLAGS)
_NEW = regex.compile(r"\b(?:newest|latest|last|recent)\b", _FLAGS)
_WROTE_ABOUT = regex.compile(rf"^what (?:did|has|have) .*\b(?:{VERB})\b", _FLAGS)
_IS = regex.compile(r"\b(?:(what|which|who|when|where|how)['’]|(who|what))s\b", _FLAGS)
_HAS = regex.compile(
    rf"\b(?:(what|which|who|when|where|how)['’]s(?=\s+been\b)|(who)['’]?s(?=\s+{VERB}\b))", _FLAGS
)
_QUOTES = r"[“\"][^”\"]*[”\"]"  # a title's words are its own
_LONGEST = 300  # characters; what is longer is no short question about posts
_OLDEST = {"oldest", "earliest", "first"}
_SO_MANY = regex.compile(rf"\b(?P<number>{SEVERAL})\s+(?:{_BEST}\s+)?{NOUN}", _FLAGS)
_SEVERAL = regex.compile(
    rf"{_BEST}\s+(?:(?:blog|news)[ -])?(?:posts|articles|entries|pieces|columns|stories)\b", _FLAGS
)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a question about posts is read."""

    recognised: tuple[Recognised, ...] = ()
    record: RecordQuestion | None = None
    rest: str = ""
    """The question without the words that became filters."""


def read_question(question: str, names: Names, now: datetime) -> Reading:
    """What a question says of posts' records; nothing recognised leaves `rest` the question."""
    if len(question) > _LONGEST:
        return Reading(rest=question)
    asked, question = question, in_full(question)
    found = recognise(question, names, now)
    record = _limited(question, found, names)
    if record is None:
        several = len(time_words(question, now)) > 1 or _AND_WHAT.search(question)
        found = [] if several else [one for one in found if one.firm]
        record = _limited(question, found, names)
    # "What is the post about?" asks for the newest where it says so, or for the one by Ines.
    bare = record == RecordQuestion(Wanted.NEWEST, content=True)
    if bare and not (found or _NEW.search(question)):
        record = None
    return Reading(
        recognised=tuple(one.recognised for one in found),
        record=record,
        rest=_tidy(_without(question, found)) if found else asked,
    )


def in_full(question: str) -> str:
    """Forms have it so: "What is the newest post about?" of "What's the newest post about?"."""
    full = _HAS.sub(lambda match: f"{match[1] or match[2]} has", question)
    return _IS.sub(lambda match: f"{match[1] or match[2]} is", full)


def _without(question: str, found: Sequence[Found]) -> str:
    for one in reversed(found):
        instead = SUBJECT if one.subject else ""
        question = f"{question[: one.start]}{instead}{question[one.end :]}"
    return question


def _tidy(text: str) -> str:
    text = regex.sub(r"\s+(?=[,?.!;](?:\s|$))|(?<=^)[\s,]+", "", " ".join(text.split()))
    return regex.sub(r",(?=[?.!]|$)", "", text).strip()


def _limited(question: str, found: Sequence[Found], names: Names) -> RecordQuestion | None:
    """The question without its filters, and without what it says that is not meant."""
    text = _without(question, found)
    others, left_out = parted(text.rstrip(" ?.!"))
    record = _record(others, names) if left_out and SUBJECT not in left_out else None
    if record and (found or record.topic):  # else all posts would be named
        return replace(record, left_out=left_out)
    return _record(text, names)


def _record(text: str, names: Names) -> RecordQuestion | None:
    plain = _tidy(text).rstrip(" ?.!")
    plain = regex.sub(rf"{SUBJECT}(?:{SUBJECT})+", SUBJECT, plain)  # "A and B", each taken out
    for site in sorted(names.sites - {"blog", "www", "com", "org", "net", "example"}):
        plain = regex.sub(
            rf"{_QUOTES}(*SKIP)(*FAIL)|(?<![\w.]){regex.escape(site)}(?![\w.-])",
            SUBJECT,
            plain,
            flags=_FLAGS,
        )
    plain = _IN_ALL.sub("", _OF_SITE.sub("", _PLACE.sub("", plain)))
    tail = _TAIL.search(plain)
    content = False
    if tail and tail.start() > 0 and len(tail[0].split()) > 1:
        plain, content = plain[: tail.start()], bool(tail["content"])
    if not content and (tally := read_tally(_tidy(plain))):
        subject = _topic(tally.topic)
        return None if subject is None else replace(tally, topic=subject)
    return _of_form(plain, content)


def _of_form(plain: str, content: bool) -> RecordQuestion | None:
    """A question that fits one of the forms as a whole."""
    for form, wanted in _FORMS:
        match = regex.fullmatch(form, _tidy(plain), _FLAGS)
        if match is None:
            continue
        parts = match.groupdict()
        topic = _topic(parts.get("topic") or "")
        if topic is None:
            return None
        best = (parts.get("best") or "").lower()
        head = plain[: match.start("topic")] if topic else plain
        news = bool(_NEWS.search(head))
        many = _SO_MANY.search(head) if best else None
        if best and wanted != Wanted.COUNT:
            several = many or parts.get("nth") or (wanted is None and _SEVERAL.search(head))
            one = Wanted.OLDEST if best in _OLDEST else Wanted.NEWEST
            wanted = Wanted.LIST if several else one
        if wanted in (Wanted.DATE, Wanted.AUTHORS) and not topic:
            return None
        content = (
            content or "content" in parts or bool(topic and (news or _WROTE_ABOUT.match(plain)))
        )
        titled = _TITLE in form
        record = RecordQuestion(wanted or Wanted.LIST, topic, content, titled)
        if record.wanted != Wanted.LIST:
            return record
        most = _number(many["number"] if many else parts.get("nth") or "0")
        return replace(record, oldest=best in _OLDEST, most=most)
    return None


def _number(word: str) -> int:
    if word.lower() in _NTH:
        return _NTH.index(word.lower()) // 2 + 2
    return of_several(word)


def _topic(text: str) -> str | None:
    """The subject as it is named; None where it is none, or more than one thing."""
    if text[:1] in '“"' and text:  # a title
        return text.strip(' "“”')
    topic = text.strip(" ,.\"“”'‘’").replace(SUBJECT, "").strip()
    if text and (not topic or _POINTS.match(topic) or _CLAUSE.search(topic)):
        return None
    return topic
