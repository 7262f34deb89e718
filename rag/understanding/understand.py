"""Question and history to a query: what is asked, of which posts, without the conversation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import regex

from rag.catalog import posts as catalog_posts
from rag.catalog.catalog import Catalog
from rag.errors import QuestionInvalid
from rag.index.lexicon import Lexicon
from rag.index.named_sections import named_sections
from rag.index.quoted_post import post_quoted
from rag.text.itself import asks_who_answers
from rag.types import (
    Filters,
    Post,
    Query,
    Recognised,
    RecordQuestion,
    Turn,
    Wanted,
)
from rag.understanding.among_them import is_bare
from rag.understanding.courtesy import asks_nothing, has_words
from rag.understanding.followups import Rarity, looked_at, put_in_place, said_of_thing, standalone
from rag.understanding.mentioned import unmentioned
from rag.understanding.named_post import sought_in_post
from rag.understanding.record_followups import read_behind, read_of_title
from rag.understanding.record_questions import Reading, read_question

_NAMED = ("authors", "categories", "tags", "titles")
_GOES_ON = regex.compile(r"^(?:and|so|but|then|also|ok(?:ay)?)\b[\s,]+(?=\S)", regex.IGNORECASE)
_SAID_BEFORE = 600  # characters; who repeats a long answer says no more of where it stands
_THEM = regex.compile(r"\b(?:they|them|those|these)\b", regex.IGNORECASE)


def understand(
    question: str,
    *,
    history: Sequence[Turn] = (),
    filters: Filters = Filters(),  # noqa: B008 - frozen
    longest: int = 2000,
    lexicon: Lexicon | None = None,
    recognise: bool = True,
    without: Filters = Filters(),  # noqa: B008 - frozen
    now: datetime | None = None,
) -> Query:
    """Make a question searchable.

    A question that leans on the conversation is also searched with the subject of the turns
    before it; a complete one is left alone. What the question says of authors, categories, tags
    and times of posts becomes filters, and a question about the posts themselves is told from one
    about what stands in them.

    Args:
        question: As it was typed.
        history: Earlier turns, oldest first.
        filters: What the search is limited to; what is recognised only narrows it.
        longest: In characters.
        lexicon: Words of the posts; None: nothing is recognised, and words are taken as they are.
        recognise: Whether to look for filters and for questions about the posts themselves.
        without: What the question may name without being limited to it; the words that name it
            are not searched for either.
        now: What "last year" is seen from, UTC; None: the present.

    Raises:
        QuestionInvalid: It is empty, too long, or a courtesy that asks nothing.
    """
    asked = _asked(question, longest)
    reading = Reading(rest=asked)
    sections = named_sections(asked, lexicon.catalog) if lexicon and recognise else ()
    history = () if sections else looked_at(history)
    reads = lexicon if recognise and not sections else None
    if reads:
        now = now or datetime.now(UTC)
        reading = _read(asked, history, reads, now)
    rarity = lexicon.rarity if lexicon else None
    again = None if reading.record or _of_post(reading) else put_in_place(asked, history, rarity)
    if again and len(again) <= longest:
        put = understand(
            again, filters=filters, longest=longest, lexicon=lexicon, recognise=recognise,
            without=without, now=now,
        )  # fmt: skip
        return replace(put, question=asked)  # of another thing, which may have its own post
    reading, said = _taken_off(reading, without, asked)
    shut_out = _shut_out(filters, reading.recognised)
    if shut_out:  # without its words, it would be asked of what the caller named
        reading = Reading(tuple(o for o in reading.recognised if o not in shut_out), rest=asked)
    whole, searches = _searches(asked, said, reading, history, rarity)
    if reading.record and not reading.record.topic:  # nothing is searched for
        lexicon = None
    unheard = unmentioned(asked, reads) if reads and not reading.record else ()
    narrowed, recognised = _narrow(filters, reading.recognised)
    other = lexicon.otherwise(searches[0]) if lexicon else searches[0]
    return Query(
        asked,
        whole,
        searches=tuple(dict.fromkeys((*searches, other))),
        reworded=None if other in searches else other,
        filters=narrowed,
        recognised=recognised,
        shut_out=shut_out,
        unmentioned=unheard,
        sections=sections,
        record=reading.record,
        before="" if reading.record or _of_post(reading) else _before(history),
    )


def _before(history: Sequence[Turn]) -> str:
    """The last question and its answer; empty where it was not answered."""
    last = history[-1] if history else Turn("")
    return f"{last.question} {last.answer}"[:_SAID_BEFORE] if last.answer.strip() else ""


def _read(asked: str, history: Sequence[Turn], lexicon: Lexicon, now: datetime) -> Reading:
    """What a question says of posts' records, by itself or behind others."""
    if asks_who_answers(asked, alone=not history):
        return Reading(record=RecordQuestion(Wanted.COUNT, itself=True), rest=asked)
    titled = partial(_titled, lexicon.catalog)
    if of_title := read_of_title(asked, titled):
        return of_title
    reading = read_question(asked, lexicon.names, now)
    if not history and not reading.record and (goes_on := _GOES_ON.match(asked)):
        first = read_question(asked[goes_on.end() :], lexicon.names, now)  # it goes on from nothing
        reading = first if first.record else reading
    tallied = reading.record is not None and reading.record.by != ""
    if not history or (reading.record and not tallied and not is_bare(asked)):
        return reading
    quoted = partial(post_quoted, catalog=lexicon.catalog)
    behind = read_behind(asked, history, lexicon.names, now, titled, quoted)
    # "Who are the authors?" is asked of the one post that was named, "Which tags do they have?" of
    # those that were asked for.
    alone = tallied and not _of_one(behind) and not _THEM.search(asked)
    return reading if alone else behind or reading


def _of_one(reading: Reading | None) -> bool:
    """Whether it asks for the record of one post."""
    return bool(reading and reading.record and reading.record.titled)


def _of_post(reading: Reading) -> str:
    """The title of the one post that a question points at; empty where it points at none."""
    return ", ".join(title for one in reading.recognised for title in one.filters.titles)


def _searches(
    asked: str, said: str, reading: Reading, history: Sequence[Turn], rarity: Rarity | None
) -> tuple[str, tuple[str, ...]]:
    """The question as it can be understood by itself, and what is searched for."""
    if reading.record:
        return asked, (reading.record.topic or asked,)
    if title := _of_post(reading):
        # What was said before is of other posts, and nothing of it is looked for in this one.
        whole = f"{asked} ({title})"
        return whole, (sought_in_post(reading.rest), whole)
    own = standalone(reading.rest, history, rarity)
    if said_of_thing(reading.rest, history, rarity):  # all of it is said
        return standalone(said, history, rarity), (own,)
    return standalone(said, history, rarity), (own, reading.rest)


def _titled(catalog: Catalog, title: str) -> Sequence[Post]:
    return catalog_posts.titled(catalog, [title], filters=Filters())


def _asked(question: str, longest: int) -> str:
    asked = " ".join(question.split())
    if not has_words(asked):
        raise QuestionInvalid("The question is empty.", hint="Ask in a few words of your own.")
    if asks_nothing(asked):
        raise QuestionInvalid("Nothing was asked.", hint="Ask a question about the posts.")
    if len(asked) > longest:
        raise QuestionInvalid(
            f"The question has {len(asked):,} characters, more than {longest:,}.",
            hint="Ask one thing at a time, or raise question_characters.",
        )
    return asked


def _taken_off(reading: Reading, without: Filters, asked: str) -> tuple[Reading, str]:
    """The reading with those limits alone that the caller wants, and the question that is left."""
    limits = tuple(one for one in reading.recognised if not _is_off(one.filters, without))
    said = asked if limits == reading.recognised else reading.rest
    return replace(reading, recognised=limits), said


def _is_off(own: Filters, without: Filters) -> bool:
    """Whether the caller does not want what was recognised."""
    if own.since or own.until:
        return bool(without.since or without.until)
    return any(_both(getattr(own, kind), getattr(without, kind)) for kind in _NAMED)


def _shut_out(filters: Filters, recognised: Sequence[Recognised]) -> tuple[Recognised, ...]:
    """Names in a question none of which is among those that the caller set."""
    found: list[Recognised] = []
    for kind in _NAMED:
        own = [one for one in recognised if getattr(one.filters, kind)]
        names = [name for one in own for name in getattr(one.filters, kind)]
        if names and getattr(filters, kind) and not _both(getattr(filters, kind), names):
            found += own
    return tuple(one for one in recognised if one in found)


def _narrow(
    filters: Filters, recognised: Sequence[Recognised]
) -> tuple[Filters, tuple[Recognised, ...]]:
    """The caller's filters and what narrows them further; of names, those that both let through."""
    names = {kind: _names(filters, recognised, kind) for kind in _NAMED}
    now = replace(
        filters,
        authors=names["authors"],
        categories=names["categories"],
        tags=names["tags"],
        titles=names["titles"],
    )
    taken: list[Recognised] = []
    for one in recognised:
        own = one.filters
        since = max(filter(None, (now.since, own.since)), default=None)
        until = min(filter(None, (now.until, own.until)), default=None)
        narrows = any(
            _both(names[kind], getattr(own, kind)) and names[kind] != tuple(getattr(filters, kind))
            for kind in _NAMED
        )
        if narrows or (since, until) != (now.since, now.until):
            taken.append(one)
        now = replace(now, since=since, until=until)
    return now, tuple(taken)


def _names(filters: Filters, recognised: Sequence[Recognised], kind: str) -> tuple[str, ...]:
    callers = tuple(getattr(filters, kind))  # a caller may have given a list
    named = tuple(dict.fromkeys(name for one in recognised for name in getattr(one.filters, kind)))
    return _both(callers, named) if callers and named else callers or named


def _both(names: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    folded = {name.casefold() for name in others}
    return tuple(name for name in names if name.casefold() in folded)
