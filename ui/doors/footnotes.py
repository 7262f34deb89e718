"""An answer as text with footnotes, for chat programs that know nothing of citations.

Such programs show Markdown. What posts and chat models say is escaped where it would become more
than words: a link, a picture that is fetched, HTML. The answer's record has it letter for letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.text.record_words import day
from rag.types import Answer, Citation
from ui.numbers import numbered
from ui.parts import row_words
from ui.render import BASES, REFUSED, left_out, limits, otherwise, place, searched_for, web

NOTHING_ASKED = "Nothing was asked."
"""Begins what is said to a greeting."""
SOURCES = "Sources:"
"""Begins what stands below an answer's sentences."""
_ACTIVE = re.compile(r"([\\`*\[\]<>~]|(?<!\w)_|_(?!\w)|^[#+=|-])")
_MARK = "[{}]"
# What this module adds to an answer, as clients send it back; some of them take line ends, trailing
# spaces or signs of Markdown out.
_HEAD = re.compile(
    r"\A\s*(?:[*_]Searched in posts [^\n]*?\.[*_]\s+|Searched in posts [^\n]*\.[ \t\r]*(?:\n|\Z))"
)
_BELOW = re.compile(rf"(?:^|\s)[*_]*{SOURCES}[*_]*\s+(?=[-*•]\s|\[\d+\]|\Z)|\n\s*{SOURCES}\s*\Z")
_BASES = "|".join(map(re.escape, BASES.values()))
_MARKS = re.compile(rf"[ \t]*(?:\[\d+\])*[ \t]*[*_]?\((?:{_BASES})\)[*_]?")
_ESCAPED = re.compile(r"\\([\\`*\[\]<>~_#+=|-])")
_GAP = "\n\n"


@dataclass(frozen=True, slots=True)
class Mark:
    """A footnote's number in the text."""

    start: int
    end: int
    citation: Citation


def head(answer: Answer) -> str:
    """What stands above the first sentence."""
    return f"*{inert(limits(answer))}*\n\n" if answer.query.recognised else ""


def sentence(answer: Answer, number: int) -> str:
    """One sentence with its numbers and why it may be shown.

    Args:
        answer: Complete or still growing.
        number: Which sentence, from 0.
    """
    said = answer.sentences[number]
    _, marks = numbered(answer)
    return f"{_words(answer, number)}{_numbers(marks[number])} *({BASES[said.basis]})*"


def below(answer: Answer) -> str:
    """Sources and notes of a complete answer; for one without sentences, what is nearest."""
    return (_GAP if answer.sentences else "") + _GAP.join(_below(answer))


def whole(answer: Answer) -> str:
    """All of it."""
    said = "".join(sentence(answer, number) for number in range(len(answer.sentences)))
    return head(answer) + said + below(answer)


def words_of(content: str) -> str:
    """What an answer said, of the text that `whole` made of it: the way back.

    Limits, numbers, sources and notes are no words of a conversation; a refusal said nothing,
    and neither did the answer to a greeting.
    """
    text = _HEAD.sub("", content, count=1).strip()
    if text.startswith((REFUSED, NOTHING_ASKED)):
        return ""
    above = _BELOW.split(text, maxsplit=1)[0]
    return _ESCAPED.sub(r"\1", _MARKS.sub("", above)).strip()


def marks(answer: Answer) -> Iterator[Mark]:
    """Where the numbers stand in `whole`, in reading order."""
    places, own = numbered(answer)
    at = len(head(answer))
    for number, numbers in enumerate(own):
        start = at + len(_words(answer, number))
        for one in numbers:
            end = start + len(_MARK.format(one))
            yield Mark(start, end, places[one - 1])
            start = end
        at += len(sentence(answer, number))


def _words(answer: Answer, number: int) -> str:
    said = answer.sentences[number]
    return f"{_GAP if number else ''}{inert(row_words(said.citations[0]) or said.text)} "


def _numbers(numbers: Sequence[int]) -> str:
    return "".join(map(_MARK.format, numbers))


def _below(answer: Answer) -> Iterator[str]:
    places, _ = numbered(answer)
    if places:
        rows = (f"- {_MARK.format(n)} {_source(place)}" for n, place in enumerate(places, 1))
        yield "\n".join([f"{SOURCES}\n", *rows])
    else:
        yield f"{REFUSED} Searched for: {inert(searched_for(answer))}."
        yield from _notes(answer)  # why
        if answer.nearest:
            rows = (f"- {_source(one)}" for one in answer.nearest)
            yield "\n".join(["The nearest sections, and what they say:\n", *rows])
    if answer.rejected:
        yield left_out(answer.rejected)
    for one in answer.disagreements:
        yield f"Note: {inert(otherwise(one))} {_source(one.other)}"
    if answer.answered:
        yield from _notes(answer)


def _notes(answer: Answer) -> Iterator[str]:
    return (f"Note: {inert(warning)}" for warning in answer.warnings)


def _source(citation: Citation) -> str:
    name, url = inert(place(citation)), web(citation.url)
    linked = f"[{name}](<{url}>)" if url else name
    published = citation.post.published
    when = f", {day(published)}" if published else ""
    return f"{linked}{when}" + (f": “{inert(citation.quote)}”" if citation.quote else "")


def inert(text: str) -> str:
    """Text on one line, of which Markdown makes nothing but words."""
    return _ACTIVE.sub(r"\\\1", " ".join(text.split()))
