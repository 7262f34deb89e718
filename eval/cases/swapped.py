"""Questions close to what posts say that these may not answer: a value of another post put in.

A sentence is asked about as `eval/cases/draft.py` does, after a name or a year in it was swapped
for one that only other posts have. No sentence of the posts looked at holds what was put in beside
half of the other words. That is a rule about words: whether a post answers all the same, a person
has to say, who reads the proposal.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import regex

from eval.cases.draft import is_english, telling_sentences, with_gap
from eval.cases.gold import sentence_hash
from eval.cases.proposed import Proposed
from eval.cases.told import things_told
from rag.text.calendar_words import MONTHS, WEEKDAYS
from rag.text.sentences import question_words, split_sentences
from rag.types import ParsedPost

KIND = "near"
_TRIED = 20  # values of other posts, for each sentence
_YEARS = 50  # between a year and the one that takes its place
_SHARED = 0.5  # of the sentence's other words: so many beside the value, and it may be answered
_NAME = r"\p{Lu}[\p{L}\p{M}’'-]*\p{Ll}"
_DATES = "|".join(map(str.capitalize, (*MONTHS, *WEEKDAYS)))
_VALUES = {
    "year": regex.compile(r"\b(?:1\d|20)\d\d\b"),
    # A whole name, and not where a sentence begins: every word has a capital there.
    "name": regex.compile(
        rf"(?<=[\p{{Ll}}\d,;:] )(?<!\p{{Lu}}\S* )(?!(?:{_DATES})\b)"
        rf"{_NAME}(?:(?: of| for)? {_NAME})*\b"
        r"(?!-| (?:of |for |and )?\p{Lu})"
    ),
}


@dataclass(frozen=True, slots=True)
class _Swap:
    """A value of a sentence, and one of other posts in its place."""

    sentence: str
    span: tuple[int, int]
    other: str

    @property
    def text(self) -> str:
        return self.sentence[: self.span[0]] + self.other + self.sentence[self.span[1] :]

    def moved(self, span: tuple[int, int]) -> tuple[int, int]:
        """Where another part of the sentence stands afterwards."""
        by = len(self.other) - (self.span[1] - self.span[0])
        return (span[0] + by, span[1] + by) if span[0] >= self.span[1] else span


def near_proposals(parsed: Sequence[ParsedPost], n: int, *, seed: int = 0) -> tuple[Proposed, ...]:
    """At most `n` questions, one of a post; the same posts and seed give the same.

    Each is proposed as one that the posts do not answer. It names no sentence: the note has the one
    that it was made of, for whoever accepts.

    Args:
        parsed: The posts.
        n: How many.
        seed: Chooses sentences and values.
    """
    draw = random.Random(seed)
    texts = {one.post.id: "\n".join(s.text for s in one.sections) for one in parsed}
    values = _values(texts)
    found: list[Proposed] = []
    for one in parsed:
        if len(found) == n:
            break
        if proposal := next(_of_post(one, texts, values, draw), None):
            found.append(proposal)
    return tuple(found)


def _values(texts: Mapping[str, str]) -> dict[str, list[str]]:
    """The values of all posts by what they are, in the order in which they first stand there.

    A name of one word has to stand there twice: what does so once is often none.
    """
    found = {}
    for kind, pattern in _VALUES.items():
        times = Counter(m[0] for text in texts.values() for m in pattern.finditer(text))
        found[kind] = [
            value for value, n in times.items() if kind == "year" or " " in value or n > 1
        ]
    return found


def _of_post(
    one: ParsedPost,
    texts: Mapping[str, str],
    values: Mapping[str, Sequence[str]],
    draw: random.Random,
) -> Iterator[Proposed]:
    sentences = [text for section in one.sections for text in telling_sentences(one.post, section)]
    draw.shuffle(sentences)
    own = f"{one.post.title}\n{texts[one.post.id]}"
    for sentence in sentences:
        for swap in _swaps(sentence, own, values, draw):
            gap = _asked_for(swap)
            if gap and not _may_be_said(swap, texts):
                asks, span = gap
                asks = asks if is_english(one.post) else ""
                yield _proposed(one, with_gap(swap.text, swap.moved(span), asks), swap)
                break


def _swaps(
    sentence: str, own: str, values: Mapping[str, Sequence[str]], draw: random.Random
) -> Iterator[_Swap]:
    """Values that the post does not have, in the places of those that the sentence has."""
    for kind, pattern in _VALUES.items():
        matches = sorted(pattern.finditer(sentence), key=lambda one: -len(one[0].split()))
        for match in matches:
            others = [v for v in values[kind] if v not in own and _is_alike(kind, v, match[0])]
            for other in draw.sample(others, min(_TRIED, len(others))):
                yield _Swap(sentence, match.span(), other)


def _is_alike(kind: str, other: str, value: str) -> bool:
    if kind == "year":
        return abs(int(other) - int(value)) <= _YEARS
    return len(other.split()) == len(value.split())


def _asked_for(swap: _Swap) -> tuple[str, tuple[int, int]] | None:
    """What the sentence tells beside the value, with the question word for it."""
    start, end = swap.span
    return next(
        (
            (asks, match.span())
            for asks, match in things_told(swap.sentence)
            if match.end() <= start or end <= match.start()
        ),
        None,
    )


def _may_be_said(swap: _Swap, texts: Mapping[str, str]) -> bool:
    """Whether a sentence of a post holds the value and much of what stands around it."""
    around = set(question_words(swap.sentence[: swap.span[0]] + swap.sentence[swap.span[1] :]))
    return any(
        len(around & set(question_words(one.text))) >= _SHARED * len(around)
        for text in texts.values()
        if swap.other in text
        for one in split_sentences(text)
        if swap.other in one.text
    )


def _proposed(one: ParsedPost, asked: str, swap: _Swap) -> Proposed:
    was = swap.sentence[slice(*swap.span)]
    return Proposed(
        id=f"near-{sentence_hash(f'{one.post.id} {asked}')[:8]}",
        kind=KIND,
        question=asked,
        note=f"“{one.post.title}” ({one.post.id}) says: “{swap.sentence}” Here {swap.other} stands"
        f" for {was}. Accept it only if no post answers it.",
        answerable=False,
    )
