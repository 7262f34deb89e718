"""Where posts of different dates do not say the same: the newer one goes first."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

from rag.index.lexicon import Lexicon
from rag.text.differing import (
    Rarity,
    Said,
    Words,
    about,
    asked_of_both,
    common,
    conflict,
    denies_another_thing,
    said,
)
from rag.types import Differing, Found, Hit, Pointer, SentenceScore

FITTED = Path(__file__).resolve().parents[1] / "models" / "differing.json"
_LOOKED_AT = 24  # sentences, the most relevant ones; taking one apart costs some microseconds
_QUOTED = 4  # of them, those that an answer may be made of


@dataclass(frozen=True)
class _Saying:
    """A sentence that may answer."""

    hit: Hit
    score: SentenceScore
    said: Said

    @cached_property
    def words(self) -> Words:
        return about(self.score.sentence.text)

    @cached_property
    def above(self) -> Words:
        """Of the titles that it stands under."""
        return about(" ".join((self.hit.passage.post.title, *self.hit.passage.section.headings)))

    @property
    def pointer(self) -> Pointer:
        return Pointer(self.hit.passage.post, self.hit.passage.section, self.score.sentence)


@cache
def min_alike() -> float:
    """From where on two sentences are taken to be about the same thing, as it was fitted."""
    return float(json.loads(FITTED.read_text(encoding="utf-8"))["min_alike"])


def newer_first(question: str, found: Found, lexicon: Lexicon, *, share: float) -> Found:
    """What was found, with sentences that a newer post puts right behind those of that post.

    Args:
        question: As it can be understood without the conversation.
        found: What was found.
        lexicon: Of the index.
        share: Sentences may be quoted from this part of the best one's relevance on.
    """
    pairs = [
        (newer, older)
        for newer, older, alike in differing_pairs(
            question, found.hits, lexicon, share=share, at_least=min_alike()
        )
        if alike >= min_alike()
    ]
    if not pairs:
        return found
    relevance = {
        (hit.passage.id, one.sentence.start): one.relevance
        for hit in found.hits
        for one in hit.sentences
    }
    for newer, older in pairs:
        mine, others = ((s.hit.passage.id, s.score.sentence.start) for s in (newer, older))
        relevance[mine] = max(relevance[mine], relevance[others])
        relevance[others] = 0.0
    hits = tuple(
        Hit(
            hit.passage,
            hit.relevance,
            tuple(
                replace(one, relevance=relevance[hit.passage.id, one.sentence.start])
                for one in hit.sentences
            ),
        )
        for hit in found.hits
    )
    differing = tuple(Differing(newer.pointer, older.pointer) for newer, older in pairs)
    return replace(found, hits=hits, differing=differing)


def differing_pairs(
    question: str,
    hits: Sequence[Hit],
    lexicon: Lexicon,
    *,
    share: float,
    at_least: float = 0.0,
) -> Iterator[tuple[_Saying, _Saying, float]]:
    """Newer and older sentences with different values, and how alike they are otherwise.

    One of both may be quoted; the other one is among the most relevant sentences. What the
    question itself names, such as a year, is what is asked for, old or not: a sentence
    that has it is not put right by one that lacks it.

    Args:
        question: What is asked.
        hits: What was found.
        lexicon: Of the index.
        share: As in `newer_first`.
        at_least: Pairs that cannot be so much alike may be said to be 0.
    """
    asked, words, rarity = said(question), about(question), cache(lexicon.rarity)
    sayings = list(_sayings(hits))
    least = share * sayings[0].score.relevance if sayings else 0.0
    for place, one in enumerate(sayings[:_QUOTED]):
        if one.score.relevance < least:
            break
        for other in sayings[place + 1 :]:
            mine, others = (each.hit.passage.post.published for each in (one, other))
            if mine is None or others is None or mine == others:
                continue
            if not conflict(one.said, other.said):
                continue
            newer, older = (one, other) if mine > others else (other, one)
            if _names(asked, older) - _names(asked, newer) or _of_another_year(asked, older):
                continue
            yield newer, older, _alike(words, newer, older, rarity, at_least)


def _alike(asked: Words, newer: _Saying, older: _Saying, rarity: Rarity, at_least: float) -> float:
    """How much both are about the same, in [0, 1]: of what is asked, and in all."""
    one, other = newer.words, older.words
    shared = one.keys() & other.keys()
    if not shared or denies_another_thing(newer.said, older.said, shared):
        return 0.0
    alike = asked_of_both(asked, {**one, **newer.above}, {**other, **older.above}, rarity)
    # The words of a question are few and known by now; those of a sentence have to be looked up.
    return alike * common(one, other, rarity) if alike >= at_least else 0.0


def _names(asked: Said, one: _Saying) -> set[tuple[str, str]]:
    """The values of the question that a sentence, or the year of its post, has as well."""
    year = one.hit.passage.post.published
    own = {(kind, value) for kind, values in one.said.values.items() for value in values}
    own |= {("year", str(year.year))} if year else set()
    return {(kind, value) for kind, values in asked.values.items() for value in values} & own


def _of_another_year(asked: Said, one: _Saying) -> bool:
    """Whether the question names a year, and the sentence another one."""
    wanted = asked.values.get("year", set())
    own = one.said.values.get("year", set()) | one.said.values.get("edition", set())
    return bool(wanted and own) and wanted.isdisjoint(own)


def _sayings(hits: Sequence[Hit]) -> Iterator[_Saying]:
    """The most relevant sentences, best first, taken apart."""
    pairs = sorted(
        ((hit, one) for hit in hits for one in hit.sentences), key=lambda pair: -pair[1].relevance
    )
    for hit, one in pairs[:_LOOKED_AT]:
        yield _Saying(hit, one, said(one.sentence.text))
