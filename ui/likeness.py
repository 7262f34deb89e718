"""Questions that ask alike, put together for whoever reads many of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from rag.text.sentences import search_words
from rag.types import Vector

ALIKE = 0.75
"""Cosine from which a question joins a group. With the bundled model, of the pairs in
tests/data/alike_questions.json that ask the same, 78 % come together, and 10 % of those that ask
something else about the same thing; none of those about something else."""
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question in one wording."""

    question: str
    count: int
    last: str
    """The day on which it was asked last."""


@dataclass(frozen=True, slots=True)
class Group:
    """Wordings of what is probably one question."""

    members: tuple[Asked, ...]
    """The most frequent first."""

    @property
    def question(self) -> str:
        return self.members[0].question

    @property
    def count(self) -> int:
        return sum(one.count for one in self.members)

    @property
    def last(self) -> str:
        return max(one.last for one in self.members)


def wording(question: str) -> tuple[str, ...]:
    """The same for questions that differ in nothing but case and what stands around their words."""
    return tuple(search_words(question.casefold())) or (question.casefold().strip(),)


def counted(questions: Iterable[tuple[str, str]]) -> tuple[Asked, ...]:
    """Days and questions by wording, the most frequent first, then the newest.

    Of one wording, what was typed last is shown.
    """
    found: dict[tuple[str, ...], Asked] = {}
    for day, question in questions:
        key = wording(question)
        before = found.get(key)
        count = before.count + 1 if before else 1
        newer = before is None or day >= before.last
        shown, last = (question, day) if newer or before is None else (before.question, before.last)
        found[key] = Asked(shown, count, last)
    return tuple(sorted(found.values(), key=lambda one: (one.count, one.last), reverse=True))


def grouped(
    asked: Sequence[Asked], embed: Callable[[str], Vector], *, alike: float = ALIKE
) -> tuple[Group, ...]:
    """Groups of questions that ask alike, those that were asked most often first.

    Args:
        asked: Each wording once.
        embed: A question's vector, of length 1.
        alike: Cosine with a group's mean from which a question joins it.
    """
    groups: list[list[Asked]] = []
    sums: list[Vector] = []
    numbers: list[frozenset[str]] = []
    for one in asked:
        vector = embed(one.question)
        own = frozenset(_NUMBER.findall(one.question))
        near = max(
            (
                (float(total @ vector) / float(np.linalg.norm(total)), at)
                for at, total in enumerate(sums)
                if numbers[at] == own  # questions about two years differ in nothing else
            ),
            default=(0.0, 0),
        )
        if near[0] >= alike:
            groups[near[1]].append(one)
            sums[near[1]] = sums[near[1]] + vector
        else:
            groups.append([one])
            sums.append(vector)
            numbers.append(own)
    made = [Group(tuple(members)) for members in groups]
    return tuple(sorted(made, key=lambda group: (group.count, group.last), reverse=True))
