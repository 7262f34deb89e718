"""Answers as the page shows them: Markdown for the chat, HTML for the panel of sources.

Posts and chat models are strangers: every word of theirs is escaped here, and only http(s)
addresses become links.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape

from rag.errors import PullquoteError
from rag.record_words import day, filter_words
from rag.types import Answer, Basis, Citation, Disagreement, Post, Rejected
from ui.context import contexts
from ui.markdown import marked, plain_markdown
from ui.numbers import numbered
from ui.parts import more, parts
from ui.withdrawn import card_start

BASES = {
    Basis.QUOTED: "Quoted",
    Basis.SUPPORTED: "Supported (estimated)",
    Basis.RECORD: "From the post's record",
}
REFUSED = "The posts do not answer this question."
LOOKING = "Looking in the posts …"
STOPPED = "Stopped."
_CHECKING = "Checking the next sentence …"
_AROUND = 300  # characters of the section that are shown on either side of a lone quote
_NEAR = 80  # … and of one of several from the same section


# ---------------------------------------------------------------- the chat


def message(answer: Answer, turn: int, *, stopped: bool = False) -> str:
    """An answer as Markdown; its markers lead to `#c-<turn>-<number>` in the panel.

    Args:
        answer: Complete or still growing.
        turn: Number of the question in the conversation, from 0.
        stopped: The reader wants no more of it.
    """
    told = [f"*{plain_markdown(limits(answer))}*"] if answer.query.recognised else []
    told += _sentences(answer, turn)
    if not answer.complete:
        going_on = _CHECKING if answer.sentences else LOOKING
        return "\n\n".join([*told, f"*{STOPPED if stopped else going_on}*"])
    if not answer.answered:
        told.append(f"**{REFUSED}**")
        told.append(f"*Searched for: {plain_markdown(searched_for(answer))}.*")
        if answer.nearest:
            told.append("The nearest sections, and what they say:")
            told.append("\n".join(f"- {_nearest(citation)}" for citation in answer.nearest))
    if answer.rejected:
        told.append(f"*{left_out(answer.rejected)}* [Which, and why](#c-{turn}-out)")
    told += [_otherwise(one) for one in answer.disagreements]
    told += [f"*Note: {plain_markdown(warning)}*" for warning in answer.warnings]
    return "\n\n".join(told)


def _sentences(answer: Answer, turn: int) -> Iterator[str]:
    """Each sentence as a paragraph, and each list as one."""
    _, marks = numbered(answer)
    around = contexts(answer)

    def said(number: int) -> str:
        sentence, own = answer.sentences[number], marks[number]
        links = " ".join(f"[{n}](#c-{turn}-{n})" for n in own)
        context = f"  \n*{plain_markdown(around[number])}*" if around[number] else ""
        return f"{marked(sentence)} {links} *{BASES[sentence.basis]}*{context}"

    for part in parts(answer):
        lines = [" ".join(said(number) for number in line) for line in part.lines]
        if not part.listed:
            yield from lines
            continue
        yield "\n".join(f"- {line}" for line in lines)
        if part.left:
            yield f"*({more(part.left)})*"


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


def _otherwise(one: Disagreement) -> str:
    published = one.other.post.published
    when = f", {day(published)}" if published else ""
    return f"*Note: {plain_markdown(otherwise(one))}* {_nearest(one.other)}{plain_markdown(when)}"


def _nearest(citation: Citation) -> str:
    name = plain_markdown(place(citation))
    url = web(citation.url)
    linked = f"[{name}](<{url}>)" if url else name
    return f"{linked}: “{plain_markdown(citation.quote)}”" if citation.quote else linked


def failure(error: PullquoteError) -> str:
    """What happened and what to do, as Markdown."""
    return f"**{plain_markdown(error.problem)}**\n\n{plain_markdown(error.hint)}"


# ---------------------------------------------------------------- the panel


def panel(turns: Sequence[tuple[int, str]]) -> str:
    """The panel as HTML; of several turns, the last one is in sight.

    Args:
        turns: Number of the turn, and its sources as HTML.
    """
    if not turns:
        return '<p class="pq-none">The sources of an answer appear here.</p>'
    last = turns[-1][0]
    return "".join(
        f'<section class="pq-turn"{"" if turn == last else " hidden"}>{html}</section>'
        for turn, html in turns
    )


def sources(answer: Answer, turn: int) -> str:
    """What an answer rests on, what is nearest, and what was left out, as HTML."""
    places, _ = numbered(answer)
    heading = "Sources" if places else "Nearest sections" if answer.nearest else "No sources"
    if not answer.complete and not places:
        heading = "Sources"
    cards = [f"<h2>{heading}</h2>", f'<p class="pq-for">for “{escape(answer.query.question)}”</p>']
    cards += [_card(group, turn, answer) for group in _by_section(places)]
    cards += [_card([(0, citation)], turn, answer) for citation in answer.nearest]
    if answer.rejected and answer.complete:
        cards.append(_left_out(answer.rejected, turn))
    return "".join(cards)


Numbered = list[tuple[int, Citation]]


def _by_section(places: Sequence[Citation]) -> list[Numbered]:
    groups: dict[tuple[str, str | None], Numbered] = {}
    for number, citation in enumerate(places, 1):
        key = (citation.post.id, citation.section.key if citation.section else None)
        groups.setdefault(key, []).append((number, citation))
    return list(groups.values())


def _card(group: Numbered, turn: int, answer: Answer) -> str:
    first = group[0][1]
    path = "".join(
        f'<span class="pq-path" dir="auto"><span aria-hidden="true">› </span>{escape(h)}</span>'
        for h in (first.section.headings if first.section else ())
    )
    around = _AROUND if len(group) == 1 else _NEAR
    quotes = "".join(
        _quote(number, citation, turn, excerpt(citation, around), answer.complete)
        for number, citation in group
    )
    return (
        f'{card_start(first.post.id)}<h3><span dir="auto">{escape(_title(first.post))}</span>{path}'
        f"</h3>{_facts(first.post)}{quotes}</article>"
    )


def _quote(number: int, citation: Citation, turn: int, words: str, complete: bool) -> str:
    name = escape(place(citation))
    language = f' lang="{escape(citation.post.language)}"' if citation.post.language else ""
    text = f'<blockquote dir="auto"{language}>{words}</blockquote>{_link(citation)}'
    if not number:
        return f'<div class="pq-quote">{text}</div>'
    back = f'<a class="pq-back" href="#m-{turn}-{number}">Back to the answer</a>'
    return (
        f'<div class="pq-quote" id="c-{turn}-{number}" tabindex="-1" role="group" '
        f'aria-label="Source {number}: {name}"><span class="pq-number" aria-hidden="true">{number}'
        f"</span>{text}{back if complete else ''}</div>"
    )


def _link(citation: Citation) -> str:
    url = web(citation.url)
    if not url:
        return '<span class="pq-link">This post has no address.</span>'
    return (
        f'<a class="pq-link" href="{escape(url)}" target="_blank" rel="noopener">Show in the post'
        f'<span class="pq-unseen"> {escape(place(citation))} (opens a new tab)</span></a>'
    )


def _facts(post: Post) -> str:
    facts = " · ".join(filter(None, (day(post.published), ", ".join(post.authors))))
    text = f'<p class="pq-facts">{escape(facts)}</p>' if facts else ""
    if post.damage:
        cut = "" if post.damage.complete else "; text may be missing"
        text += f'<p class="pq-damage">Recovered {escape(post.damage.recovered)}{cut}.</p>'
    return text


def excerpt(citation: Citation, around: int = _AROUND) -> str:
    """The sentence, marked, with the text of its section around it, as HTML.

    Args:
        citation: Of a sentence, or of a field of the record.
        around: Characters of the section that are shown on either side, at most.
    """
    section, sentence = citation.section, citation.sentence
    if section is None or sentence is None:
        name, _, value = record_field(citation).partition(": ")
        return f"{escape(name)}: <mark>{escape(value)}</mark>"
    before, behind = section.text[: sentence.start], section.text[sentence.end :]
    if len(before) > around:
        before = "… " + before[-around:].partition(" ")[2]
    if len(behind) > around:
        behind = behind[:around].rpartition(" ")[0] + " …"
    return f"{escape(before)}<mark>{escape(sentence.text)}</mark>{escape(behind)}"


def record_field(citation: Citation) -> str:
    """A field of a post's record with its name, such as "Published: 3 May 2017"."""
    name = (citation.field or "record").replace("_", " ").capitalize()
    value: object = getattr(citation.post, citation.field or "", "")
    if isinstance(value, datetime):
        return f"{name}: {day(value)}"
    return f"{name}: {', '.join(map(str, value)) if isinstance(value, tuple) else value or 'none'}"


def _left_out(rejected: Sequence[Rejected], turn: int) -> str:
    rows = "".join(
        f'<li><q dir="auto">{escape(one.claim.text)}</q> {escape(one.reason)}</li>'
        for one in rejected
    )
    return (
        f'<details class="pq-out" id="c-{turn}-out"><summary>{escape(left_out(rejected))}</summary>'
        f"<ul>{rows}</ul></details>"
    )


# ---------------------------------------------------------------- both


def place(citation: Citation) -> str:
    """Post and headings, as a reader would look for them."""
    headings = citation.section.headings if citation.section else ()
    return " › ".join((_title(citation.post), *headings))


def _title(post: Post) -> str:
    return post.title or post.id


def web(url: str) -> str:
    """The address where it is one of the web, else nothing."""
    return url if re.fullmatch(r"https?://[^\s<>\"\\]+", url) else ""
