"""Questions about the posts themselves to the posts that they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from rag.catalog import posts as catalog_posts
from rag.catalog import read as catalog_read
from rag.catalog.catalog import Catalog
from rag.retrieval.of_tallies import tallied
from rag.text.inflections import bases, holds
from rag.text.itself import WHO_ANSWERS
from rag.text.names import folded
from rag.text.record_words import named
from rag.text.sentences import STOP_WORDS
from rag.types import Filters, Found, Hit, Passage, Post, Query, RecordQuestion, Wanted

NAMED = 10
"""Posts that an answer names, at most."""
_PROBABLE = 0.5  # relevance is a probability: a passage is on the subject rather than not
_SHARE = 0.25  # of a post's passages must be on the subject for the post to be about it
_ALL = 1_000_000  # posts
_ABOUT = "about"  # as `Found.relation` has it
_EVER = datetime.min.replace(tzinfo=UTC)


def posts_asked_for(query: Query, found: Found, catalog: Catalog, *, hits: int) -> Found:
    """What was found, with the posts that a question about posts asks for.

    Without a subject, all posts that the filters let through. With one, the posts whose title,
    headings or terms name it, or of whose passages at least a quarter is on it, unless that is one
    passage that says it once; where there are none, the posts that mention it. No posts: there are
    none of either.

    Args:
        query: With `record`.
        found: For the subject; all passages of posts about it should be among the hits.
        catalog: Where they stand.
        hits: At most so many are handed back, those of the named posts first.
    """
    record = query.record
    assert record is not None
    if record.itself:
        found = replace(found, warnings=(WHO_ANSWERS, *found.warnings))
    if record.by:
        return _by_name(query, record, found, catalog)
    oldest, relation = record.wanted == Wanted.OLDEST or record.oldest, _ABOUT
    if record.topic:
        posts, relation = _about(record, query.filters, found, catalog)
        if record.wanted in (Wanted.DATE, Wanted.AUTHORS):
            posts = _best(record.topic, posts, found)
        else:
            posts.sort(key=lambda post: (_seconds(post, oldest), post.id))
        total = len(posts)
    else:
        posts = list(
            catalog_posts.newest_posts(catalog, NAMED, filters=query.filters, oldest=oldest)
        )
        total = catalog_posts.count_posts(catalog, query.filters)
    if record.wanted in (Wanted.NEWEST, Wanted.OLDEST):
        posts = [post for post in posts if post.published]
    named_posts = tuple(posts[: min(record.most or NAMED, NAMED)])
    complete = replace(found, posts=named_posts, total=total, relation=relation)
    first = _hits(named(query, complete), found, catalog)
    # A subject is found with some probability; that a record says what it says is certain.
    sure = max((hit.relevance for hit in first[:1]), default=0.0) if record.topic else 1.0
    answerable = max(sure, found.answerable) if posts else found.answerable
    return replace(complete, hits=first[:hits], answerable=answerable)


def _by_name(query: Query, record: RecordQuestion, found: Found, catalog: Catalog) -> Found:
    """What was found, with how many posts bear each name; with the newest post of each."""
    posts, relation = None, _ABOUT
    if record.topic:
        posts, relation = _about(record, query.filters, found, catalog)
        posts.sort(key=lambda post: (_seconds(post, oldest=False), post.id))
    tallies, total = tallied(query, posts, catalog)
    newest = tuple({one.newest.id: one.newest for one in tallies}.values())
    hits = _hits(newest, found, catalog)
    answerable = found.answerable if record.topic or not tallies else 1.0
    return replace(
        found, hits=hits, answerable=answerable,
        posts=newest, total=total, tallies=tallies, relation=relation,
    )  # fmt: skip


def _seconds(post: Post, oldest: bool) -> float:
    if post.published is None:
        return float("inf")
    seconds = (post.published - _EVER).total_seconds()
    return seconds if oldest else -seconds


def _about(
    record: RecordQuestion, filters: Filters, found: Found, catalog: Catalog
) -> tuple[list[Post], str]:
    """The posts about a subject, else those that only mention it, and which of both they are."""
    titled = catalog_posts.titled(catalog, [record.topic], filters=filters)
    if record.titled:
        return list(titled), _ABOUT
    passages: dict[str, list[Hit]] = {}
    for hit in found.hits:
        passages.setdefault(hit.passage.post.id, []).append(hit)
    sizes = catalog_posts.passage_counts(catalog, list(passages))
    words = _words(record.topic)
    # A post that is described, and not asked for by its subject, is the one that fits best.
    described = record.wanted in (Wanted.DATE, Wanted.AUTHORS)
    about = [
        own[0].passage.post
        for id_, own in passages.items()
        if _is_about(words, own, sizes[id_], once=described)
    ]
    chosen = {
        post.id: post for post in (*titled, *about, *_labelled(record.topic, filters, catalog))
    }
    if chosen:
        return list(chosen.values()), _ABOUT
    near = [own for own in passages.values() if own[0].relevance >= _PROBABLE]
    said = [own for own in near if any(_times_said(words, hit.passage) for hit in own)]
    return [own[0].passage.post for own in said or near], "mentioning" if said else "touching on"


def _is_about(words: frozenset[str], hits: Sequence[Hit], size: int, *, once: bool) -> bool:
    """Whether a post is about a subject, and does not just mention it once.

    Args:
        words: Of the subject.
        hits: The post's passages, best first.
        size: How many passages it has.
        once: Whether one of four passages is enough, however little it says of the subject.
    """
    sections = [hit.passage.section.headings[-1:] for hit in hits]
    above = [hits[0].passage.post.title, *(heading for own in sections for heading in own)]
    if words and any(_words(one) == words for one in above):
        return True
    on = [hit.passage for hit in hits if hit.relevance >= _PROBABLE]
    if not on:
        return False
    named = [on[0].post.title, *(one for passage in on for one in passage.section.headings)]
    if words and any(holds(_with_bases(one), words) for one in named):
        return True
    several = len(on) > 1 or size == 1 or sum(_times_said(words, one) for one in on) > 1
    return len(on) >= _SHARE * size and (once or several)


def _times_said(words: frozenset[str], passage: Passage) -> int:
    """In how many sentences of a passage all words of a subject stand."""
    if not words:
        return 0
    return sum(holds(_with_bases(sentence.text), words) for sentence in passage.sentences)


def _labelled(topic: str, filters: Filters, catalog: Catalog) -> list[Post]:
    """Posts with a tag or in a category that is named as the subject is."""
    words = folded(topic)
    own, found = catalog_read.choices(catalog), list[Post]()
    tags, categories = (
        tuple(name for name in names if words[:1] and folded(name) in (words, words[1:]))
        for names in (own.tags, own.categories)
    )
    if tags and not filters.tags:
        found += catalog_posts.newest_posts(catalog, _ALL, filters=replace(filters, tags=tags))
    if categories and not filters.categories:
        limits = replace(filters, categories=categories)
        found += catalog_posts.newest_posts(catalog, _ALL, filters=limits)
    return found


def _words(topic: str) -> frozenset[str]:
    return frozenset(word for word in folded(topic) if word not in STOP_WORDS)


def _with_bases(text: str) -> frozenset[str]:
    return frozenset(one for word in folded(text) for one in bases(word))


def _is_titled(topic: str, post: Post) -> bool:
    """Whether a title has all words of a subject."""
    words = _words(topic)
    return bool(words) and words <= set(folded(post.title))


def _best(topic: str, posts: Sequence[Post], found: Found) -> list[Post]:
    relevance: dict[str, float] = {}
    for hit in found.hits:
        id_ = hit.passage.post.id
        relevance[id_] = max(hit.relevance, relevance.get(id_, 0.0))
    return sorted(
        posts,
        key=lambda post: (
            folded(post.title) != folded(topic),
            not _is_titled(topic, post),
            -relevance.get(post.id, 0.0),
        ),
    )


def _hits(posts: Sequence[Post], found: Found, catalog: Catalog) -> tuple[Hit, ...]:
    """Of each named post its best passage, or its first; then the others that were found."""
    best: dict[str, Hit] = {}
    for hit in found.hits:
        best.setdefault(hit.passage.post.id, hit)
    missing = [post.id for post in posts if post.id not in best]
    firsts = catalog_posts.first_passages(catalog, missing)
    passages = catalog_read.passages(catalog, list(firsts.values()))
    for post_id, id_ in firsts.items():
        best[post_id] = Hit(passages[id_], 0.0)
    first = [best[post.id] for post in posts if post.id in best]
    chosen = {hit.passage.id for hit in first}
    return (*first, *(hit for hit in found.hits if hit.passage.id not in chosen))
