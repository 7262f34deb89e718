"""An answer in words, as screens share them, and as Markdown with footnotes to take along.

Posts and chat models are strangers: in the Markdown every word of theirs is escaped, and only
http(s) addresses become links.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from rag.text.record_words import day, filter_words
from rag.types import Answer, Basis, Citation, Disagreement, Post, Rejected
from ui.context import contexts
from ui.markdown import marked, plain_markdown
from ui.numbers import numbered
from ui.parts import more, parts

BASES = {
    Basis.QUOTED: "Quoted",
    Basis.SUPPORTED: "Supported (estimated)",
    Basis.RECORD: "From the post's record",
}
REFUSED = "No answer was found in the posts."


# ---------------------------------------------------------------- Markdown


def markdown(answer: Answer) -> str:
    """A complete answer as Markdown; its footnotes are the quotes, with their addresses."""
    told = [f"*{plain_markdown(limits(answer))}*"] if answer.query.recognised else []
    told += _sentences(answer)
    if not answer.answered:
        told.append(f"**{REFUSED}**")
        told.append(f"*Searched for: {plain_markdown(searched_for(answer))}.*")
        if answer.nearest:
            told.append("The nearest sections, and what they say:")
            told.append("\n".join(f"- {_source(citation)}" for citation in answer.nearest))
    if answer.rejected:
        told.append(f"*{left_out(answer.rejected)}*")
    told += [_otherwise(one) for one in answer.disagreements]
    told += [f"*Note: {plain_markdown(warning)}*" for warning in answer.warnings]
    places, _ = numbered(answer)
    told += [f"[^{number}]: {_source(place)}" for number, place in enumerate(places, 1)]
    return "\n\n".join(told)


def _sentences(answer: Answer) -> Iterator[str]:
    """Each sentence as a paragraph, and each list as one."""
    _, marks = numbered(answer)
    around = contexts(answer)

    def said(number: int) -> str:
        sentence, own = answer.sentences[number], marks[number]
        notes = "".join(f"[^{n}]" for n in own)
        context = f"  \n*{plain_markdown(around[number])}*" if around[number] else ""
        return f"{marked(sentence)}{notes} *{BASES[sentence.basis]}*{context}"

    for part in parts(answer):
        lines = [" ".join(said(number) for number in line) for line in part.lines]
        if not part.listed:
            yield from lines
            continue
        yield "\n".join(f"- {line}" for line in lines)
        if part.left:
            yield f"*({more(part.left)})*"


def _otherwise(one: Disagreement) -> str:
    return f"*Note: {plain_markdown(otherwise(one))}* {_source(one.other)}"


def _source(citation: Citation) -> str:
    """Where a quote stands, with its date, and the quote."""
    name = plain_markdown(place(citation))
    url = web(citation.url)
    linked = f"[{name}](<{url}>)" if url else name
    published = citation.post.published
    when = f", {plain_markdown(day(published))}" if published else ""
    quote = f"“{citation.quote}”" if citation.quote else record_field(citation)
    return f"{linked}{when}: {plain_markdown(quote)}"


# ---------------------------------------------------------------- words


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
