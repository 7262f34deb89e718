"""Questions about the posts themselves to the posts that they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from rag.catalog import posts as catalog_posts
from rag.catalog import read as catalog_read
from rag.catalog.catalog import Catalog
from rag.text.names import folded
from rag.text.record_words import named
from rag.text.sentences import STOP_WORDS
from rag.types import Filters, Found, Hit, Post, Query, RecordQuestion, Wanted

NAMED = 10
"""Posts that an answer names, at most."""
_PROBABLE = 0.5  # relevance is a probability: a passage is on the subject rather than not
_SHARE = 0.25  # of a post's passages must be on the subject for the post to be about it
_ALL = 1_000_000  # posts
_EVER = datetime.min.replace(tzinfo=UTC)


def posts_asked_for(query: Query, found: Found, catalog: Catalog, *, hits: int) -> Found:
    """What was found, with the posts that a question about posts asks for.

    Without a subject, all posts that the filters let through. With one, the posts whose title or
    terms name it, or of whose passages at least a quarter is on it. No posts: there are none.

    Args:
        query: With `record`.
        found: For the subject; all passages of posts about it should be among the hits.
        catalog: Where they stand.
        hits: At most so many are handed back, those of the named posts first.
    """
    record = query.record
    assert record is not None
    oldest = record.wanted == Wanted.OLDEST or record.oldest
    if record.topic:
        posts = _about(record, query.filters, found, catalog)
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
    complete = replace(found, posts=tuple(posts[: min(record.most or NAMED, NAMED)]), total=total)
    first = _hits(named(query, complete), found, catalog)
    # A subject is found with some probability; that a record says what it says is certain.
    sure = max((hit.relevance for hit in first[:1]), default=0.0) if record.topic else 1.0
    answerable = max(sure, found.answerable) if posts else found.answerable
    return replace(complete, hits=first[:hits], answerable=answerable)


def _seconds(post: Post, oldest: bool) -> float:
    if post.published is None:
        return float("inf")
    seconds = (post.published - _EVER).total_seconds()
    return seconds if oldest else -seconds


def _about(record: RecordQuestion, filters: Filters, found: Found, catalog: Catalog) -> list[Post]:
    topic = record.topic
    titled = catalog_posts.titled(catalog, [topic], filters=filters)
    if record.titled:
        return list(titled)
    passages: dict[str, list[Hit]] = {}
    for hit in found.hits:
        if hit.relevance >= _PROBABLE:
            passages.setdefault(hit.passage.post.id, []).append(hit)
    sizes = catalog_posts.passage_counts(catalog, list(passages))
    posts = {id_: own[0].passage.post for id_, own in passages.items()}
    about = [
        post for id_, post in posts.items()
        if len(passages[id_]) >= _SHARE * sizes[id_] or _is_titled(topic, post)
    ]  # fmt: skip
    words = folded(topic)
    own = catalog_read.choices(catalog)
    tags, categories = (
        tuple(name for name in names if words[:1] and folded(name) in (words, words[1:]))
        for names in (own.tags, own.categories)
    )
    if tags and not filters.tags:
        about += catalog_posts.newest_posts(catalog, _ALL, filters=replace(filters, tags=tags))
    if categories and not filters.categories:
        limits = replace(filters, categories=categories)
        about += catalog_posts.newest_posts(catalog, _ALL, filters=limits)
    chosen = list({post.id: post for post in (*titled, *about)}.values())
    return chosen or list(posts.values())


def _is_titled(topic: str, post: Post) -> bool:
    """Whether a title has all words of a subject."""
    words = {word for word in folded(topic) if word not in STOP_WORDS}
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
