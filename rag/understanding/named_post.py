"""The one post that a conversation has come to: an answer from the records named it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import regex

from rag.text.post_words import NOUN
from rag.text.record_words import day
from rag.types import Post, Turn
from rag.understanding.pointing import goes_on, leans_back

Quoted = Callable[[str], Post | None]
"""The post that an answer begins with a quote of."""
Titled = Callable[[str], Sequence[Post]]
"""The posts that bear a title."""

_FLAGS = regex.IGNORECASE
# As `writing.from_records` begins what it says of one post, and goes on behind its title.
_OF_ONE = regex.compile(
    r"(?:The (?:newest|oldest) post\b|(?:There is 1|1) post\b|The record of “|“)"
)
_TITLE_ENDS = regex.compile(
    r"”(?:,| was) published on (?P<day>\d+ \p{L}+ \d+)|”(?: was written by| has no date| names no)"
)
_ANSWER = 2000  # characters in which a post is named
_THE_POST = regex.compile(rf"\b(?:the|this|that|same)\s+(?!{NOUN}s\b){NOUN}\b", _FLAGS)
_THAT_POST = regex.compile(rf"\b(?:this|that|the\s+same)\s+(?!{NOUN}s\b){NOUN}\b", _FLAGS)
_POINTS = regex.compile(r"\b(?:it|its|this|that|they|their)\b", _FLAGS)
_PERSON = regex.compile(r"\b(?:he|him|his|she|hers?)\b", _FLAGS)
_SAYS = regex.compile(
    r"\b(?:say|said|tell|told|recommend(?:ed)?|suggest(?:ed)?|advise[ds]?|think|thought|mention(?:ed)?|"
    r"write|wrote|explain(?:ed)?|conclude[ds]?|argue[ds]?|describe[ds]?|learn(?:ed)?)\b",
    _FLAGS,
)
_IT = rf"(?:it|they|he|she|(?:this|that)(?:\s+{NOUN})?|the\s+(?:same\s+)?(?:{NOUN}|authors?))"
_SAYS_ABOUT = regex.compile(
    rf"(?:(?:and|but|so)\s+)?(?:what\s+(?:else\s+)?)?(?:do|does|did)\s+{_IT}\s+(?:also\s+)?"
    r"(?:(?:say|write|tell(?:\s+(?:me|us))?)(?:\s+(?:anything|something))?\s+(?:about|on|of)|mention)\s+"
    r"(?P<topic>[^?!;]+?)[\s?.!]*",
    _FLAGS,
)


def named_post(answer: str, titled: Titled) -> Post | None:
    """The post whose record an answer tells; None where it tells none, or several."""
    said = answer.strip()[:_ANSWER]
    if not _OF_ONE.match(said):
        return None
    end = _TITLE_ENDS.search(said)
    if end is None:
        return None
    # A subject and a title may both have quotation marks of their own.
    for start in regex.finditer("“", said[: end.start()]):
        posts = titled(said[start.end() : end.start()])
        if end["day"] and len(posts) > 1:
            posts = [post for post in posts if day(post.published) == end["day"]]
        if posts:
            return posts[0] if len(posts) == 1 else None
    return None


def post_behind(turn: Turn, before: Post | None, titled: Titled) -> Post | None:
    """The post that a conversation has come to by the end of a turn.

    Args:
        turn: What was asked and answered.
        before: The post that it had come to by then.
        titled: Finds posts by their titles.
    """
    named = named_post(turn.answer, titled)
    return named or (before if is_of_post(turn.question) else None)


def names_post(question: str) -> bool:
    """Whether a question says "that post", and so means one even if no answer named one."""
    return _THAT_POST.search(question) is not None


def is_of_post(question: str) -> bool:
    """Whether a question is asked of the post that was named just now, and not of all posts."""
    if _THE_POST.search(question):
        return True
    if not leans_back(question):
        return False
    if _PERSON.search(question) and not _SAYS.search(question):
        return False  # where somebody lives stands elsewhere
    return _POINTS.search(question) is not None or not goes_on(question)


def sought_in_post(question: str) -> str:
    """What is looked for in one post: of "What does it say about wool?" the wool alone.

    The other words stand for the post, and would find whatever it says of itself.
    """
    match = _SAYS_ABOUT.fullmatch(question)
    return match["topic"] if match else question
