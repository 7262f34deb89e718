"""Questions that go on from one about the posts: "only those from 2016", "Who wrote it?"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import regex

from rag.text.names import Names
from rag.text.post_words import NOUN
from rag.types import Recognised, RecordQuestion, Turn, Wanted
from rag.understanding.record_questions import Reading, in_full, read_question

_FLAGS = regex.IGNORECASE
_OF_IT = regex.compile(
    r"(?:and\s+)?(?:(?P<who>who\s+(?:wrote|authored|published|is\s+the\s+author\s+of))\s+IT|"
    r"(?P<who>by\s+whom|who\s+by)|(?:when|on\s+what\s+(?:date|day))\s+was\s+IT\s+(?:published|"
    r"written|posted)|when\s+did\s+IT\s+(?:come\s+out|appear)|"
    r"(?P<content>what\s+(?:is|was)\s+IT\s+about|what\s+does\s+IT\s+(?:say|cover|deal\s+with)))".replace(
        "IT", r"(?:it|(?:this|that)(?:\s+(?:post|article|one|entry|piece))?)"
    ),
    _FLAGS,
)
_TITLES = regex.compile(r"“([^”]+)”")
_THOSE = r"(?:them|they|those|these|(?:the\s+)?ones)"
_WHICH = regex.compile(
    rf"(?:and\s+)?(?:which(?:\s+(?:ones|{NOUN}))?(?:\s+(?:are|were)\s+{_THOSE})?|"
    rf"what\s+(?:{NOUN}|(?:are|were)\s+{_THOSE})|"
    rf"(?:please\s+)?(?:show|list|name|give)\s+(?:me\s+)?(?:all\s+(?:of\s+)?)?{_THOSE})",
    _FLAGS,
)
_NARROWS = regex.compile(
    rf"(?:(?:and|but)\s+)?(?:(?:only|just)\s+(?:{_THOSE}\s+|(?:the\s+)?{NOUN}\s+)?|{_THOSE}\s+|"
    rf"(?P<count>how\s+many)\s+(?:of\s+{_THOSE}\s+)?)(?:(?:are|were)\s+)?(?P<limits>\S.*)",
    _FLAGS,
)


def read_behind(
    question: str, history: Sequence[Turn], names: Names, now: datetime
) -> Reading | None:
    """A question that can be read as one about posts only behind the turns before it; else None.

    Args:
        question: That is none about posts by itself.
        history: Earlier turns, oldest first; at least one.
        names: That posts can be told by.
        now: What "last year" is seen from, UTC.
    """
    about = read_about_last_post(question, history[-1].answer)
    plain = _plain(question)
    if not (_OF_IT.fullmatch(plain) or _WHICH.fullmatch(plain) or _narrows(question)):
        return None
    before: Reading | None = None
    for turn in history:
        own = read_question(turn.question, names, now)
        before = own if own.record else _on_from(before, turn.question, names, now)
    # What other answers set in quotation marks may be no title.
    if about and about.record and (before or not about.record.content):
        return about
    return _on_from(before, question, names, now)


def read_about_last_post(question: str, answer: str) -> Reading | None:
    """A question such as "Who wrote it?" behind an answer that names one post; else None."""
    titles = set(_TITLES.findall(answer))
    match = _OF_IT.fullmatch(_plain(question))
    if match is None or len(titles) != 1:
        return None
    wanted = Wanted.AUTHORS if match["who"] else Wanted.DATE
    record = RecordQuestion(wanted, titles.pop(), content=bool(match["content"]), titled=True)
    return Reading(record=record, rest=question)


def _on_from(before: Reading | None, question: str, names: Names, now: datetime) -> Reading | None:
    """A question for the posts of the one before, or for some of them."""
    record = before.record if before else None
    if before is None or record is None:
        return None
    of_it = _OF_IT.fullmatch(_plain(question))
    if of_it and record.wanted in (Wanted.NEWEST, Wanted.OLDEST):  # the answer is not at hand
        return replace(
            before, record=replace(record, content=bool(of_it["content"])), rest=question
        )
    if record.wanted not in (Wanted.LIST, Wanted.COUNT):
        return None
    if _WHICH.fullmatch(_plain(question)):
        return replace(before, record=replace(record, wanted=Wanted.LIST), rest=question)
    match = _narrows(question)
    narrower = read_question(f"posts {match['limits']}", names, now) if match else None
    if match is None or narrower is None or narrower.record != RecordQuestion(Wanted.LIST):
        return None
    if not narrower.recognised:
        return None
    wanted = Wanted.COUNT if match["count"] else record.wanted
    # Another author or time takes the place of the first: posts by both are not asked for.
    again = {_kind(one) for one in narrower.recognised}
    kept = [one for one in before.recognised if _kind(one) not in again]
    limits = (*kept, *narrower.recognised)
    return Reading(limits, replace(record, wanted=wanted), question)


def _plain(question: str) -> str:
    return in_full(question).rstrip(" ?.!")


def _narrows(question: str) -> regex.Match[str] | None:
    return _NARROWS.fullmatch(_plain(question))


def _kind(one: Recognised) -> tuple[bool, ...]:
    limits = one.filters
    return bool(limits.authors), bool(limits.categories), bool(limits.tags)
