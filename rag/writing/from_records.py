"""Posts to a draft that says what their records say: titles, dates, authors, and how many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from rag.text.record_words import NO_AUTHOR, NO_DATE, named, said, scope
from rag.text.tally_words import best, in_all, of_one
from rag.types import Claim, Draft, Fact, Found, Pointer, Post, Query, Remark, Wanted

_OPENING = 2  # sentences


class _Writer(Protocol):
    @property
    def name(self) -> str: ...

    def write(self, query: Query, found: Found) -> Draft: ...


def write_record(query: Query, found: Found, writer: _Writer) -> Draft:
    """A draft of claims about records.

    Args:
        query: With `record`.
        found: With at least one post.
        writer: Says what stands in the posts, where the question asks for that as well.
    """
    claims: Iterable[Claim | Remark] = list(_claims(query, found))
    again, instead = None, None
    if query.record and query.record.content:
        within = _of_posts(found, named(query, found))
        opening = () if within.hits else tuple(_opening(found))
        if opening:
            return Draft(query, found, (*claims, *opening), writer.name)
        inner = writer.write(query, within)
        claims, again, instead = _both(claims, inner), inner.again, inner.instead
    return Draft(query, found, claims, writer.name, again, instead)


def _both(claims: Iterable[Claim | Remark], inner: Draft) -> Iterator[Claim | Remark]:
    yield from claims
    yield from inner.claims


def _of_posts(found: Found, posts: Sequence[Post]) -> Found:
    ids = {post.id for post in posts}
    hits = [hit for hit in found.hits if hit.passage.post.id in ids and hit.sentences]
    return replace(found, hits=tuple(hits))


def _opening(found: Found) -> Iterator[Claim]:
    """How the first of the posts begins, where nothing in it was searched for."""
    for hit in found.hits:
        passage = hit.passage
        if passage.post == found.posts[0]:
            for sentence in passage.sentences[:_OPENING]:
                pointer = Pointer(passage.post, passage.section, sentence)
                yield Claim(sentence.text, (pointer,))
            return


def _claims(query: Query, found: Found) -> Iterator[Claim]:
    assert query.record is not None
    wanted, first = query.record.wanted, found.posts[0]
    if query.record.by:
        yield from _tallied(query, found)
    elif wanted in (Wanted.NEWEST, Wanted.OLDEST):
        yield _superlative(first, wanted.value, scope(query, found))
    elif wanted == Wanted.DATE:
        yield _dated(first)
    elif wanted == Wanted.AUTHORS:
        yield _written(first)
    else:
        yield _number(query, found)
        if wanted == Wanted.LIST:
            yield from map(_listed, found.posts)


def _superlative(post: Post, best: str, limit: str) -> Claim:
    facts = [_fact(post, "title"), _fact(post, "published")]
    text = f"The {best} post{limit} is {facts[0].said}, published on {facts[1].said}"
    return replace(_with_authors(post, text, facts), of_all=best)


def _dated(post: Post) -> Claim:
    title, date = _fact(post, "title"), _fact(post, "published")
    if date.said == NO_DATE:
        return Claim(f"The record of {title.said} has {NO_DATE}.", (), (title, date))
    return _with_authors(post, f"{title.said} was published on {date.said}", [title, date])


def _written(post: Post) -> Claim:
    title, authors = _fact(post, "title"), _fact(post, "authors")
    if authors.said == NO_AUTHOR:
        return Claim(f"The record of {title.said} names {NO_AUTHOR}.", (), (title, authors))
    text, facts = f"{title.said} was written by {authors.said}", [title, authors]
    if post.published:
        facts.append(_fact(post, "published"))
        text += f" and published on {facts[-1].said}"
    return Claim(f"{text}.", (), tuple(facts))


def _listed(post: Post) -> Claim:
    title, date = _fact(post, "title"), _fact(post, "published")
    if date.said == NO_DATE:
        return Claim(f"{title.said}.", (), (title,))
    return Claim(f"{title.said}, published on {date.said}.", (), (title, date))


def _number(query: Query, found: Found) -> Claim:
    count = f"{found.total:,}"
    one = found.total == 1
    posts = f"{count} {'post' if one else 'posts'}{scope(query, found)}"
    if query.record and query.record.topic:
        text = f"{posts} {'was' if one else 'were'} found"
    else:
        text = f"There {'is' if one else 'are'} {posts}"
    if query.record and query.record.wanted == Wanted.LIST and found.total > len(found.posts):
        text += f"; the {'oldest' if query.record.oldest else 'newest'} are named"
    return Claim(f"{text}.", (), of_all=count)


def _tallied(query: Query, found: Found) -> Iterator[Claim]:
    record, limit = query.record, scope(query, found)
    assert record is not None
    if record.extreme and found.total == len(found.tallies):
        yield Claim(best(found.tallies, record.extreme, limit), (), tallies=found.tallies)
        return
    number = in_all(record, found, limit)
    yield Claim(number, (), of_all=number)
    if record.wanted == Wanted.TALLY:
        yield from (Claim(of_one(tally), (), tallies=(tally,)) for tally in found.tallies)


def _with_authors(post: Post, text: str, facts: list[Fact]) -> Claim:
    if post.authors:
        facts = [*facts, _fact(post, "authors")]
        text += f", by {facts[-1].said}"
    return Claim(f"{text}.", (), tuple(facts))


def _fact(post: Post, field: str) -> Fact:
    return Fact(post, field, said(post, field))
