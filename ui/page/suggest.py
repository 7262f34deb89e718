"""Questions that the page offers, made of the headings of the site's own posts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from rag.index.index import Index
from rag.types import Answer, Post, Section
from rag.understanding.pointing import LIGHT, leans_back, own_words
from ui.texts import Texts

_TRIED = 12
_FOLLOWING = 3
_NEWEST = 40  # posts that examples are taken from
_LONGEST = 90  # characters of a heading or a title that fits a button


def examples(index: Index, texts: Texts) -> tuple[str, ...]:
    """Questions to begin with, likely ones first, each from another one of the newest posts."""
    posts = index.posts(_NEWEST)
    headings = {post.id: [s.headings[-1] for s in _headed(index, post)] for post in posts}
    seen = Counter(heading for own in headings.values() for heading in set(own))
    found: dict[str, str] = {}
    # First what already is a question, then what one can be made of.
    for asks in (True, False):
        for post in posts:
            for heading in headings[post.id]:
                # "Conclusion" stands in many posts and says nothing of any.
                if post.id not in found and seen[heading] == 1 and _asks(heading) is asks:
                    found[post.id] = _question(heading, post, texts, by_itself=True)
    return tuple(dict.fromkeys(found.values()))[:_TRIED]


def follow_ups(answer: Answer, index: Index, texts: Texts) -> tuple[str, ...]:
    """Questions about sections beside those that an answer cites; none after a refusal."""
    cited = [citation for sentence in answer.sentences for citation in sentence.citations]
    known = {(one.post.id, one.section.headings) for one in cited if one.section}
    posts = {one.post.id: one.post for one in cited}
    beside = [list(_beside(index, post, known, texts)) for post in posts.values()]
    # One of each post before a second one of any.
    turns = [own[n] for n in range(_FOLLOWING) for own in beside if n < len(own)]
    asked = answer.query.question.casefold()
    return tuple(one for one in dict.fromkeys(turns) if one.casefold() != asked)[:_FOLLOWING]


def leads_there(answer: Answer) -> bool:
    """Whether an answer cites the section that its question was made of."""
    asked = answer.query.question
    cited = (one.section for sentence in answer.sentences for one in sentence.citations)
    headings = (one.headings[-1] for one in cited if one and one.headings)
    return any(" ".join(heading.split()) in asked for heading in headings)


def _beside(
    index: Index, post: Post, known: Iterable[tuple[str, tuple[str, ...]]], texts: Texts
) -> Iterator[str]:
    taken = set(known)
    for section in _headed(index, post):
        if (post.id, section.headings) not in taken:
            yield _question(section.headings[-1], post, texts)


def _headed(index: Index, post: Post) -> Iterator[Section]:
    """Sections with a text and with a heading that fits."""
    if post.title and len(post.title) <= _LONGEST:
        for section in index.sections(post.id):
            if section.headings and section.text.strip() and len(section.headings[-1]) <= _LONGEST:
                yield section


def _asks(heading: str) -> bool:
    return heading.rstrip().endswith(("?", "？", "؟"))


def _question(heading: str, post: Post, texts: Texts, *, by_itself: bool = False) -> str:
    """A question that a section answers.

    Args:
        heading: The section's.
        post: Whose.
        texts: The page's own words.
        by_itself: Whether a heading that asks may stand alone, without its post.
    """
    if not _asks(heading):
        return texts.say("ask_section", title=post.title, heading=heading)
    # "How did we get here?" is asked of its post: by itself, any other may answer it.
    if by_itself and not leans_back(heading) and not LIGHT.issuperset(own_words(heading)):
        return heading
    return texts.say("ask_heading", title=post.title, heading=heading)
