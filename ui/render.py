"""An answer in words, as the terminal, the API and the page share them: in English."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from rag.text.record_words import day, filter_words
from rag.types import Answer, Basis, Citation, Disagreement, Post, Rejected

BASES = {
    Basis.QUOTED: "Quoted",
    Basis.SUPPORTED: "Supported (estimated)",
    Basis.RECORD: "From the post's record",
}
REFUSED = "No answer was found in the posts."


def limits(answer: Answer) -> str:
    """What the question itself limited the search to, in words."""
    found = (filter_words(one.filters) for one in answer.query.recognised)
    return f"Searched in posts {', '.join(found)}."


def searched_for(answer: Answer) -> str:
    """The texts that were searched for, in quotation marks, and what the search was limited to."""
    texts = ", ".join(f"“{text}”" for text in answer.query.searches)
    limited = answer.query.filters
    return f"{texts} in posts {filter_words(limited)}" if limited else texts


def left_out(rejected: Sequence[Rejected]) -> str:
    one = len(rejected) == 1
    return (
        f"{len(rejected)} {'sentence' if one else 'sentences'} of the draft did not pass the check "
        f"and {'is' if one else 'are'} left out."
    )


def otherwise(one: Disagreement) -> str:
    """That another post does not say the same as one that is cited."""
    which = "An older" if one.is_older else "A newer"
    return f"{which} post says otherwise: “{one.other.quote}”"


def notes_first(answer: Answer) -> bool:
    """Whether the warnings are what was asked for, as behind "Who are you?"."""
    return answer.query.record is not None and answer.query.record.itself


def excerpt(citation: Citation, around: int) -> tuple[str, str, str]:
    """What stands before a quote in its section, the quote, and what stands behind it.

    Args:
        citation: Of a sentence.
        around: Characters of the section that are given on either side, at most.
    """
    section, sentence = citation.section, citation.sentence
    if section is None or sentence is None:
        return "", citation.quote, ""
    before, behind = section.text[: sentence.start], section.text[sentence.end :]
    if len(before) > around:
        before = "… " + before[-around:].partition(" ")[2]
    if len(behind) > around:
        behind = behind[:around].rpartition(" ")[0] + " …"
    return before, sentence.text, behind


def record_field(citation: Citation) -> str:
    """A field of a post's record with its name, such as "Published: 3 May 2017"."""
    name = (citation.field or "record").replace("_", " ").capitalize()
    value: object = getattr(citation.post, citation.field or "", "")
    if isinstance(value, datetime):
        return f"{name}: {day(value)}"
    return f"{name}: {', '.join(map(str, value)) if isinstance(value, tuple) else value or 'none'}"


def place(citation: Citation) -> str:
    """Post and headings, as a reader would look for them."""
    headings = citation.section.headings if citation.section else ()
    return " › ".join((title(citation.post), *headings))


def title(post: Post) -> str:
    return post.title or post.id


def web(url: str) -> str:
    """The address where it is one of the web, else nothing."""
    return url if re.fullmatch(r"https?://[^\s<>\"\\]+", url) else ""
