"""Is the gold of cases in an index? Told by line, with what is there instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from eval.cases.cases import Case, resolve_gold
from eval.cases.check import Remark
from eval.cases.gold import Gold, find, is_heading, is_post, normalise
from rag.index.index import Index
from rag.text.sentences import split_sentences
from rag.types import Post, Section

_NEAR = 0.6  # of the characters, for a sentence that may have been meant


def check_gold(cases: Sequence[tuple[int, Case]], index: Index) -> tuple[Remark, ...]:
    """What of the gold the index does not have, by line.

    Args:
        cases: With the lines that they stand in.
        index: The one that will be asked.
    """
    posts = index.posts(limit=max(1, index.status().posts))
    known = resolve_gold([case for _, case in cases], index)
    return tuple(
        Remark(line, f"gold.{place}{told}", mistake)
        for (line, _), case in zip(cases, known, strict=True)
        for place, gold in enumerate(case.gold)
        for told, mistake in _wrong(gold, posts, index)
    )


def _wrong(gold: Gold, posts: Sequence[Post], index: Index) -> Iterator[tuple[str, bool]]:
    own = [post for post in posts if is_post(gold, post.id)]
    if not own:
        near = get_close_matches(gold.post_id, [post.id for post in posts], n=1)
        meant = f"; did you mean {near[0]!r}?" if near else ""
        yield f".post_id: the index has no post {gold.post_id!r}{meant}", True
        return
    sections = [section for post in own for section in index.sections(post.id)]
    if gold.whole_post:
        return
    if not gold.quote:
        yield f".sentence: {own[0].id} has no sentence with the hash {gold.sentence}", True
        return
    found = find(gold, sections)
    if found is None:
        sentence = _nearest(gold.quote, sections)
        meant = f"; it has “{sentence}”" if sentence else ""
        yield f".quote: {own[0].id} has no such sentence{meant}", True
    else:
        yield from _misplaced(gold, own[0].id, found, sections)


def _misplaced(
    gold: Gold, post_id: str, found: Section, sections: Sequence[Section]
) -> Iterator[tuple[str, bool]]:
    """A heading that the sentence does not stand under: cited sections are graded by it."""
    quote = normalise(gold.quote)
    holding = [section for section in sections if quote in normalise(section.text)] or [found]
    if any(is_heading(gold, one.headings) for one in holding):
        return
    place = f"is {found.headings[-1]!r}" if found.headings else "stands before the first one"
    if not gold.heading:
        yield f".heading: is empty, and the sentence has one above it; it {place}", False
    elif any(is_heading(gold, one.headings) for one in sections):
        yield f".heading: the sentence stands under another one; it {place}", False
    else:
        yield f".heading: {post_id} has no heading {gold.heading!r}; it {place}", True


def _nearest(quote: str, sections: Sequence[Section]) -> str:
    sentences = {
        normalise(one.text): one.text
        for section in sections
        for one in split_sentences(section.text, section.blocks)
    }
    near = get_close_matches(normalise(quote), list(sentences), n=1, cutoff=_NEAR)
    return sentences[near[0]] if near else ""
