"""Questions made of an index's own posts by rules: from headings, and from sentences.

A sentence is asked about that tells a time, a number or a name, which is left out. For a program to
be fitted on, half of the words become other words of the site that are near in meaning, and some
are dropped, so a question is no copy of what it was made of. For a person to mend, the words stay:
a sentence with a gap is read more easily than one in other words. Either is nearer to the post than
the question of a reader, who does not know it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import regex

from eval.cases.told import UNSPACED, things_told, told_alone
from rag.index.index import Index
from rag.text.sentences import STOP_WORDS, split_sentences
from rag.types import ParsedPost, Post, Section

_LONGEST = 12  # words of a sentence that are asked with, around what is asked for
_FEWEST = 3  # telling ones among them, else it says too little to be asked about
_REPLACED, _DROPPED = 0.5, 0.1  # of the telling words
_EACH = 4  # questions of one post, at most
_WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}’'-]*")
Near = Callable[[str], str | None]
"""Another word for a word, where there is one."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """A question, and where its answer stands."""

    question: str
    kind: str
    """What it was made of, "heading" or "sentence"; "chat" where a chat model wrote it."""
    post_id: str
    heading: str
    sentence: str
    """The one that it was made of; of a heading, the first one below it that says something."""
    told: str = ""
    """What was left out of the sentence and is asked for; empty where nothing was."""


def draft(
    parsed: Sequence[ParsedPost], n: int, near: Near | None, *, seed: int = 0
) -> tuple[Drafted, ...]:
    """At most `n` questions of as many posts as possible, headings and sentences in turn.

    The same posts and seed give the same questions. A script without spaces between its words
    gives headings alone, and a language that is not English questions without a question word.

    Args:
        parsed: The posts.
        n: How many.
        near: Another word for a word; None leaves the words, for a person who reads them.
        seed: Chooses sections, sentences and words.
    """
    draw = random.Random(seed)
    own = Counter(
        section.headings[-1].casefold() for one in parsed for section in one.sections
        if section.headings
    )  # fmt: skip
    of_posts = [_of_post(one, own, near, draw, first=i % 2) for i, one in enumerate(parsed)]
    found: dict[str, Drafted] = {}
    for one in (one for round_ in zip_longest(*of_posts) for one in round_ if one):
        if len(found) == n:
            break
        found.setdefault(one.question.casefold(), one)
    return tuple(found.values())


def draft_with(
    parsed: Sequence[ParsedPost],
    n: int,
    ask: Callable[[str, Section], str | None],
    *,
    seed: int = 0,
) -> tuple[Drafted, ...]:
    """At most `n` questions that somebody else writes, one for a section of each post.

    Args:
        parsed: The posts.
        n: How many.
        ask: A post's title and a section to a question that the section answers, or None.
        seed: Chooses the sections.
    """
    draw = random.Random(seed)
    found: list[Drafted] = []
    for one in parsed:
        told = [(s, said) for s in one.sections if (said := telling_sentences(one.post, s))]
        if len(found) == n or not told:
            continue
        section, said = draw.choice(told)
        heading = section.headings[-1] if section.headings else ""
        if question := ask(one.post.title, section):
            found.append(Drafted(question, "chat", one.post.id, heading, said[0]))
    return tuple(found)


def sampled_posts(index: Index, most: int, *, seed: int = 0) -> tuple[ParsedPost, ...]:
    """So many posts at most, in an order that the seed decides."""
    posts = sorted(index.posts(limit=max(1, index.status().posts)), key=lambda post: post.id)
    random.Random(seed).shuffle(posts)
    return tuple(ParsedPost(post, index.sections(post.id)) for post in posts[:most])


def telling_sentences(post: Post, section: Section) -> list[str]:
    """The sentences of a section that hold enough words to be asked about."""
    texts = [s.text for s in split_sentences(section.text, section.blocks, language=post.language)]
    return [
        text
        for text in texts
        if len(_telling(_WORD.findall(text))) > _FEWEST and not text.endswith("?")
    ]


def with_gap(text: str, gap: tuple[int, int], asks: str) -> str:
    """A sentence with dots for what it tells, and behind it the question word, if there is one."""
    return f"{text[: gap[0]]}…{text[gap[1] :]} {asks and f'{asks}?'}".rstrip()


def _of_post(
    parsed: ParsedPost, own: Counter[str], near: Near | None, draw: random.Random, *, first: int
) -> list[Drafted]:
    """Questions of a post, of headings and sentences in turn."""
    sections = list(parsed.sections)
    draw.shuffle(sections)
    kinds = [
        [one for s in sections for one in _of_heading(parsed.post, s, own, near, draw)],
        [one for s in sections for one in _of_sentence(parsed.post, s, near, draw)],
    ]
    turns = zip_longest(kinds[first], kinds[1 - first])
    return [one for turn in turns for one in turn if one][:_EACH]


def _of_heading(
    post: Post, section: Section, own: Counter[str], near: Near | None, draw: random.Random
) -> Iterator[Drafted]:
    """A heading that no other section bears."""
    heading = section.headings[-1] if section.headings else ""
    said = telling_sentences(post, section)
    if not said or own[heading.casefold()] != 1:
        return
    if UNSPACED.search(heading):
        yield Drafted(heading, "heading", post.id, heading, said[0])
        return
    words = _WORD.findall(heading)
    asked = _in_other_words(words, near, draw) if near else words
    if len(_telling(asked)) < _FEWEST - 1:
        return
    start = "What about " if is_english(post) else ""
    about = " ".join(asked) if near else f"“{heading}”"
    yield Drafted(f"{start}{about}?", "heading", post.id, heading, said[0])


def _of_sentence(
    post: Post, section: Section, near: Near | None, draw: random.Random
) -> Iterator[Drafted]:
    """A sentence that tells a time, a number or a name: what is asked for is left out of it."""
    texts = telling_sentences(post, section)
    draw.shuffle(texts)
    for text in texts:
        told = things_told(text)
        if not told:
            continue
        asks, match = told[0]
        before, behind = _WORD.findall(text[: match.start()]), _WORD.findall(text[match.end() :])
        first = 0 if asks == "How many" else min(_LONGEST // 2, len(before))
        words = [*before[len(before) - first :], *behind[: _LONGEST - first]]
        asked = _in_other_words(words, near, draw) if near else words
        if len(_telling(asked)) < _FEWEST:
            continue
        asks = asks if is_english(post) else ""
        heading = section.headings[-1] if section.headings else ""
        question = f"{asks} {' '.join(asked)}?".lstrip()
        if not near:
            question = with_gap(text, match.span(), asks)
        yield Drafted(question, "sentence", post.id, heading, text, told_alone(match))
        return


def _in_other_words(words: Sequence[str], near: Near, draw: random.Random) -> list[str]:
    found = []
    for word in words:
        if word.casefold() in STOP_WORDS:
            found.append(word)
            continue
        chance = draw.random()
        if chance < _REPLACED:
            found.append(near(word) or word)
        elif chance < 1 - _DROPPED:
            found.append(word)
    return found


def _telling(words: Sequence[str]) -> list[str]:
    return [word for word in words if word.casefold() not in STOP_WORDS]


def is_english(post: Post) -> bool:
    return (post.language or "en").lower().startswith("en")
