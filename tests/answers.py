"""Hits, drafts and judges of our own for tests of the stages after retrieval."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from small_site import GARDEN

from rag.text.sentences import split_sentences
from rag.types import (
    Claim,
    Draft,
    Found,
    Hit,
    ParsedPost,
    Passage,
    Pointer,
    Query,
    Section,
    Sentence,
    SentenceScore,
)

QUERY = Query("Which bed lost most?", "Which bed lost most?", ("Which bed lost most?",))


def hit(parsed: ParsedPost, section: Section, *relevances: float, position: int = 0) -> Hit:
    """A passage that is a whole section; sentences without a relevance get 0."""
    sentences = tuple(split_sentences(section.text, section.blocks))
    given = [*relevances, *[0.0] * len(sentences)]
    scores = tuple(SentenceScore(s, r) for s, r in zip(sentences, given, strict=False))
    passage = Passage(
        f"{parsed.post.id}/{section.key}", parsed.post, section, sentences, 20, position
    )
    return Hit(passage, max(given), scores)


RESULTS = GARDEN[1].sections[1]
SOWING = GARDEN[0].sections[1]


def results(*relevances: float) -> Hit:
    return hit(GARDEN[1], RESULTS, *relevances, position=1)


def sowing(*relevances: float) -> Hit:
    return hit(GARDEN[0], SOWING, *relevances, position=1)


def pointer(text: str, parsed: ParsedPost = GARDEN[1], section: Section = RESULTS) -> Pointer:
    return Pointer(parsed.post, section, Sentence(text, section.text.index(text)))


def draft(*claims: Claim, found: Found | None = None) -> Draft:
    return Draft(QUERY, found or Found((results(0.9), sowing(0.2)), 0.9), claims, "test")


def draft_of(claims: Iterable[Claim]) -> Draft:
    return Draft(QUERY, Found((results(0.9),), 0.9), claims, "test")


@dataclass
class FixedJudge:
    """Scores what it was told to score."""

    scores: Mapping[str, float] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    name: str = "fixed"

    def support(self, claim: str, cited: Sequence[Pointer]) -> float:
        self.asked.append(claim)
        return self.scores.get(claim, 0.0)

    def objection(self, claim: str, cited: Sequence[Pointer]) -> str:
        return "They do not say so."
