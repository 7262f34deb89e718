"""Questions that go on from one about the posts: "only those from 2016", "Who wrote it?"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import regex

from rag.text.names import Names, folded
from rag.text.post_words import NOUN
from rag.types import Filters, Post, Recognised, RecordQuestion, Turn, Wanted
from rag.understanding.among_them import among_them, is_bare, kept_beside
from rag.understanding.followups import put_in_place
from rag.understanding.named_post import Quoted, Titled, is_of_post, names_post, post_behind
from rag.understanding.record_questions import Reading, in_full, read_question

_FLAGS = regex.IGNORECASE
_IT = rf"(?:it|(?:this|that)(?:\s+(?:one|{NOUN}))?|the\s+(?:same\s+)?{NOUN})"
_OF_IT = regex.compile(
    rf"(?P<who>who\s+(?:(?:has\s+)?(?:wrote|written|authored|published|posted)\s+{_IT}|(?:is|was|are|were)\s+"
    rf"the\s+(?:authors?|writers?)(?:\s+of\s+{_IT})?|by)|by\s+whom|who\s+(?:is|was)\s+{_IT}\s+(?:written\s+)?by|"
    rf"whose\s+(?:{NOUN}\s+)?(?:is|was)\s+{_IT}|(?:the\s+)?authors?)|"
    rf"(?:when|(?:on\s+|in\s+)?(?:what|which)\s+(?:date|day|month|year))\s+(?:(?:is|was)\s+{_IT}\s+"
    rf"(?:published|written|posted|from|released|put\s+online|put\s+up)|did\s+{_IT}\s+(?:come\s+out|appear))|"
    rf"how\s+(?:old|recent)\s+is\s+{_IT}|(?:what\s+(?:is|was)\s+)?(?:the|its)\s+(?:publication\s+)?date"
    rf"(?:\s+of\s+{_IT})?|when|"
    rf"(?P<content>what\s+(?:is|was)\s+{_IT}\s+about|what\s+does\s+{_IT}\s+(?:say|cover|deal\s+with)|"
    rf"(?:(?:can|could|would)\s+you\s+)?(?:please\s+)?(?:summari[sz]e(?:\s+{_IT})?|"
    rf"(?:give\s+(?:me\s+)?)?(?:an?\s+|the\s+)?(?:short\s+|brief\s+)?summary(?:\s+of\s+{_IT})?|"
    rf"(?:tell|show)\s+me\s+(?:more\s+)?about\s+{_IT}|tl;?\s?dr))",
    _FLAGS,
)
_BESIDE = regex.compile(
    r"(?:(?:ok(?:ay)?|thanks|thank\s+you|thx|great|nice|cool|perfect|good)\b[^.!,;?]{0,20}[.!,;]+\s*)?"
    r"(?:(?:and|so|but)\s+)?",
    _FLAGS,
)
_PLEASE = regex.compile(r",?\s+(?:please|then|by\s+the\s+way)$", _FLAGS)
_AUTHOR = regex.compile(
    r"\b(?:(?:the\s+same|this|that|the)\s+(?:author|writer|person)s?|him|her|them|he|she|they)\b",
    _FLAGS,
)
_MORE_BY = regex.compile(
    rf"(?:anything|something|what)(?:\s+else|\s+more)\s+(?:is\s+(?:there\s+)?)?(?:by|from)\b|"
    rf"^more(?:\s+{NOUN})?\s+(?:by|from)\b",
    _FLAGS,
)
_ELSE = regex.compile(r"\s*\belse\b|\b(?:other|more|another)\s+", _FLAGS)
_NEXT_TO_IT = regex.compile(
    rf"(?:(?:what|how)\s+about\s+|(?:what|which)\s+(?:is|was|one\s+(?:is|was|came))\s+)?(?:(?:the\s+)?"
    rf"(?:one|{NOUN})\s+)?(?:(?:right|just)\s+)?(?:(?P<before>before)|after)\s+{_IT}|"
    rf"(?:(?:what|how)\s+about\s+)?(?:the\s+)?(?:one|{NOUN})\s+(?:(?P<before>before)|after)|"
    rf"(?:(?:what|how)\s+about\s+|(?:what|which)\s+(?:is|was)\s+)?the\s+(?:(?P<before>previous|preceding)|"
    rf"next|following)(?:\s+(?:one|{NOUN}))?",
    _FLAGS,
)
_COUNTED = regex.compile(
    r"The authors? with the .+? (?:is|are) (?P<names>.+): [\d,]+ posts?( each)?\."
)
_TITLES = regex.compile(r"“([^”]+)”")
_QUOTED = regex.compile(
    rf"(?:(?:the|this|that|your)\s+)?(?:{NOUN}\s+)?(?:(?:called|titled|entitled|named)\s+)?"
    r"[“\"](?P<title>.+)[”\"]",
    _FLAGS,
)
_HOW_MANY = regex.compile(r"^how\s+many(?=\s+(?:did|has|have)\b)", _FLAGS)
_IS_WHO = regex.compile(r"who\s+(?:is|was)\s+(?P<name>\S.*)", _FLAGS)


def read_behind(
    question: str,
    history: Sequence[Turn],
    names: Names,
    now: datetime,
    titled: Titled = lambda title: (),
    quoted: Quoted = lambda answer: None,
) -> Reading | None:
    """A question that can be read as one about posts only behind the turns before it; else None.

    Behind an answer that named one post, that is every question that points at the post: what is
    not in its record is looked for in its text alone.

    Args:
        question: That is none about posts by itself.
        history: Earlier turns, oldest first; at least one.
        names: That posts can be told by.
        now: What "last year" is seen from, UTC.
        titled: Finds posts by their titles.
        quoted: Finds the post that an answer quotes: "that post" is one, too.
    """
    before, post = None, None
    for at, turn in enumerate(history):
        own = read_question(turn.question, names, now)
        past = history[:at]
        alone = own if own.record else None
        if alone is None or is_bare(turn.question):
            before = _further(before, turn.question, past, names, now, post) or alone
        else:
            before = alone
        post = post_behind(turn, post, titled)
    if post is None and names_post(question):
        post = quoted(history[-1].answer)
    if person := _of_person(question, history[-1].question, names, now):
        return person
    if post and (of_post := _of_post(question, post, names, now)):
        return of_post
    if before and (by_author := _by_named(question, before, history[-1].answer, names, now)):
        return by_author
    about = read_about_last_post(question, history[-1].answer)
    # What other answers set in quotation marks may be no title.
    if about and about.record and (before or titled(about.record.topic)):
        return about
    on = _on_from(before, question, names, now, post)
    if on or post is None or not is_of_post(question):
        return on
    limit = Recognised(_post_words(question), Filters(titles=(post.title,)))
    return Reading((limit,), rest=question)


def read_of_title(question: str, titled: Titled) -> Reading | None:
    """A question for the record of a post whose title it quotes; None for any other.

    Whatever the title says is the title's own: no site, time or author in it limits the question.
    """
    match = _QUOTED.search(question)
    if match is None:
        return None
    ways = (match["title"], match["title"].rstrip(" ?.!,"))  # "Who wrote “Wool?”"
    title = next((way for way in ways if titled(way)), None)
    said = f"{question[: match.start()]}it{question[match.end() :]}"
    reading = _of_record(said, title) if title else None
    return replace(reading, rest=question) if reading else None


def read_about_last_post(question: str, answer: str) -> Reading | None:
    """A question such as "Who wrote it?" behind an answer that has one title; else None."""
    titles = set(_TITLES.findall(answer))
    return _of_record(question, titles.pop()) if len(titles) == 1 else None


def _of_record(question: str, title: str) -> Reading | None:
    match = _OF_IT.fullmatch(_plain(question))
    if match is None:
        return None
    wanted = Wanted.AUTHORS if match["who"] else Wanted.DATE
    record = RecordQuestion(wanted, title, content=bool(match["content"]), titled=True)
    return Reading(record=record, rest=question)


def _of_post(question: str, post: Post, names: Names, now: datetime) -> Reading | None:
    """A question for the record of a post, or for others by its authors."""
    of_record = _of_record(question, post.title)
    if of_record or not post.authors:
        return of_record
    return _by_authors(question, post.authors, names, now)


def _by_named(
    question: str, before: Reading, answer: str, names: Names, now: datetime
) -> Reading | None:
    """A question for posts of those with the most or the fewest, or of whom others were asked."""
    match = _COUNTED.fullmatch(answer)
    authors = [name for name in names.authors.values() if match and name in match["names"]]
    asked = [name for one in before.recognised for name in one.filters.authors]
    return _by_authors(question, authors or asked, names, now) if authors or asked else None


def _of_person(question: str, before: str, names: Names, now: datetime) -> Reading | None:
    """A question for what an author wrote, behind who that is."""
    match = _IS_WHO.fullmatch(_plain(before))
    words = folded(match["name"]) if match else ()
    alone = names.parts.get(words[0]) if len(words) == 1 else None
    name = names.authors.get(words) or alone
    return _by_authors(question, [name], names, now) if name else None


def _by_authors(
    question: str, authors: Sequence[str], names: Names, now: datetime
) -> Reading | None:
    plain = _MORE_BY.sub("posts by", _plain(question))
    plain = _HOW_MANY.sub("how many posts", plain)  # "did they write?"
    said, count = _AUTHOR.subn(lambda _: " or ".join(authors), plain)
    reading = read_question(_ELSE.sub(" ", said).strip(), names, now) if count else None
    return reading if reading and reading.record and reading.recognised else None


def _post_words(question: str) -> str:
    """The word of a question that stands for a post; all of it where none does."""
    match = regex.search(rf"\b{_IT}\b", question, _FLAGS)
    return match[0] if match else question


def _next_to(post: Post, question: str, before: Reading | None) -> Reading | None:
    """A question for the post before another, or for the one after it, among those asked for."""
    match = _NEXT_TO_IT.fullmatch(_plain(question))
    at = post.published
    if match is None or before is None or before.record is None or at is None:
        return None
    wanted = Wanted.NEWEST if match["before"] else Wanted.OLDEST
    times = Filters(until=at) if match["before"] else Filters(since=at + timedelta(seconds=1))
    record = replace(before.record, wanted=wanted, content=False, oldest=False, most=0)
    return Reading((*kept_beside(before), Recognised(_plain(question), times)), record, question)


def _further(
    before: Reading | None,
    question: str,
    past: Sequence[Turn],
    names: Names,
    now: datetime,
    post: Post | None,
) -> Reading | None:
    """An earlier question that went on from those before it."""
    if not past:
        return None
    own = _of_person(question, past[-1].question, names, now)
    if own is None and post and post.authors:
        own = _by_authors(question, post.authors, names, now)
    if own or before is None:
        return own
    on = _by_named(question, before, past[-1].answer, names, now)
    on = on or _on_from(before, question, names, now, post)
    again = None if on else put_in_place(question, past)  # "and Tom?"
    put = read_question(again, names, now) if again else None
    return on or (put if put and put.record else None)


def _on_from(
    before: Reading | None, question: str, names: Names, now: datetime, post: Post | None
) -> Reading | None:
    """A question for the posts of the one before, or for some of them, or next to the one named."""
    record = before.record if before else None
    if before is None or record is None:
        return None
    if post and (beside := _next_to(post, question, before)):
        return beside
    of_it = _OF_IT.fullmatch(_plain(question))
    if of_it and record.wanted in (Wanted.NEWEST, Wanted.OLDEST):  # the answer is not at hand
        return replace(
            before, record=replace(record, content=bool(of_it["content"])), rest=question
        )
    among = among_them(before, _plain(question), names, now)
    return replace(among, rest=question) if among else None


def _plain(question: str) -> str:
    asked = in_full(question).rstrip(" ?.!")
    beside = _BESIDE.match(asked)
    return _PLEASE.sub("", asked[beside.end() :] if beside else asked)
