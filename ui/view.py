"""An answer as the browser is sent it: words and addresses, and no markup.

The page's script builds its elements from this and sets every text as text, so a post or a chat
model cannot put markup into the page. It is also what a browser keeps of a conversation.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from rag.types import Answer, CheckedSentence, Citation, Filters
from ui.context import surroundings
from ui.copied import markdown
from ui.numbers import numbered
from ui.parts import parts, row_words
from ui.render import excerpt, notes_first, place, record_field, title, web
from ui.texts import Texts

_AROUND = 300  # characters of the section that are shown on either side of a lone quote
_NEAR = 80  # … and of one of several from the same section


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Said(_View):
    """A sentence of an answer."""

    text: str
    short: tuple[int, int] | None = None
    """The characters of it that answer by themselves."""
    basis: str
    marks: tuple[int, ...]
    """Numbers of its sources, from 1."""
    row: bool = False
    """Of a table, with the heads of its columns, which stand elsewhere in the post."""
    before: str = ""
    after: str = ""
    """What stands around it in the post, where words alone could mislead."""


class Shown(_View):
    """Sentences that are shown together."""

    lines: tuple[tuple[Said, ...], ...]
    listed: bool = False
    left: int = 0
    """Further items of the same list in the post."""


class Quote(_View):
    """A sentence in its passage."""

    number: int
    """0 where no sentence of the answer has it."""
    before: str
    text: str
    after: str
    url: str
    """Empty where the post has no address of the web."""


class Card(_View):
    """A section of a post that is cited, or that is near."""

    post: str
    """Its id."""
    title: str
    headings: tuple[str, ...] = ()
    place: str
    published: str = ""
    """ISO 8601; empty without a date."""
    modified: str = ""
    authors: tuple[str, ...] = ()
    language: str = ""
    recovered: str = ""
    cut: bool = False
    """Text may be missing."""
    quotes: tuple[Quote, ...]


class LeftOut(_View):
    """A statement that did not pass the check."""

    text: str
    reason: str


class Otherwise(_View):
    """What another post says."""

    older: bool
    card: Card


class Limit(_View):
    """One thing that posts were limited to."""

    kind: Literal["author", "category", "tag", "title", "dates"]
    name: str = ""
    since: str = ""
    until: str = ""
    """ISO 8601; of a span that is open to one side, the other is empty."""


class PageAnswer(_View):
    """One answer, growing or complete."""

    question: str
    complete: bool
    answered: bool
    text: str
    """Of its sentences, for the conversation."""
    shown: tuple[Shown, ...] = ()
    cards: tuple[Card, ...] = ()
    nearest: tuple[Card, ...] = ()
    searched: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    checked: int = 0
    """Statements that were checked."""
    left_out: tuple[LeftOut, ...] = ()
    otherwise: tuple[Otherwise, ...] = ()
    warnings: tuple[str, ...] = ()
    notes_first: bool = False
    """The warnings are what was asked for."""
    markdown: str = ""
    """With footnotes, to be pasted elsewhere; only of a complete answer."""


def view(answer: Answer, texts: Texts | None = None) -> PageAnswer:
    """What is shown of an answer, complete or still growing.

    Args:
        answer: Either.
        texts: The page's words, for what is taken along as Markdown; None takes the English ones.
    """
    places, marks = numbered(answer)
    done = answer.complete
    return PageAnswer(
        question=answer.query.question,
        complete=done,
        answered=answer.answered,
        text=answer.text,
        shown=_shown(answer, marks),
        cards=tuple(_card(group) for group in _by_section(places)),
        nearest=tuple(_card([(0, one)]) for one in answer.nearest),
        searched=answer.query.searches,
        limits=_limits(answer.query.filters),
        checked=len(answer.sentences) + len(answer.rejected) if done else 0,
        left_out=tuple(
            LeftOut(text=one.claim.text, reason=one.reason) for one in answer.rejected if done
        ),
        otherwise=tuple(
            Otherwise(older=one.is_older, card=_card([(0, one.other)]))
            for one in answer.disagreements
        ),
        warnings=answer.warnings,
        notes_first=notes_first(answer),
        markdown=markdown(answer, texts) if done else "",
    )


def _shown(answer: Answer, marks: Sequence[tuple[int, ...]]) -> tuple[Shown, ...]:
    around = surroundings(answer)

    def said(number: int) -> Said:
        sentence = answer.sentences[number]
        row = row_words(sentence.citations[0])
        before, after = around[number]
        return Said(
            text=row or sentence.text,
            short=None if row else _short(sentence),
            basis=sentence.basis.value,
            marks=marks[number],
            row=bool(row),
            before=before,
            after=after,
        )

    return tuple(
        Shown(
            lines=tuple(tuple(said(number) for number in line) for line in part.lines),
            listed=part.listed,
            left=part.left,
        )
        for part in parts(answer)
    )


def _short(sentence: CheckedSentence) -> tuple[int, int] | None:
    return (sentence.short.start, sentence.short.end) if sentence.short else None


_Numbered = list[tuple[int, Citation]]


def _by_section(places: Sequence[Citation]) -> list[_Numbered]:
    groups: dict[tuple[str, str | None], _Numbered] = {}
    for number, citation in enumerate(places, 1):
        key = (citation.post.id, citation.section.key if citation.section else None)
        groups.setdefault(key, []).append((number, citation))
    return list(groups.values())


def _card(group: _Numbered) -> Card:
    first = group[0][1]
    post = first.post
    around = _AROUND if len(group) == 1 else _NEAR
    return Card(
        post=post.id,
        title=title(post),
        headings=first.section.headings if first.section else (),
        place=place(first),
        published=_iso(post.published),
        modified=_iso(post.modified),
        authors=post.authors,
        language=post.language or "",
        recovered=post.damage.recovered if post.damage else "",
        cut=post.damage is not None and not post.damage.complete,
        quotes=tuple(_quote(number, citation, around) for number, citation in group),
    )


def _quote(number: int, citation: Citation, around: int) -> Quote:
    url = web(citation.url)
    if citation.section is None or citation.sentence is None:
        name, _, value = record_field(citation).partition(": ")
        return Quote(number=number, before=f"{name}: ", text=value, after="", url=url)
    before, text, after = excerpt(citation, around)
    return Quote(number=number, before=before, text=text, after=after, url=url)


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _limits(filters: Filters) -> tuple[Limit, ...]:
    limits = [Limit(kind="author", name=name) for name in filters.authors]
    limits += [Limit(kind="category", name=name) for name in filters.categories]
    limits += [Limit(kind="tag", name=name) for name in filters.tags]
    limits += [Limit(kind="title", name=name) for name in filters.titles]
    if filters.since or filters.until:
        since, until = _iso(filters.since), _iso(filters.until)
        limits.append(Limit(kind="dates", since=since, until=until))
    return tuple(limits)
