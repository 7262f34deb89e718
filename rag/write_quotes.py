"""Hits to a draft by quoting: no language model, nothing but the posts' own sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rag.text import question_words
from rag.types import Claim, Draft, Found, Hit, Pointer, Query, SentenceScore

_ASKING = ("?", "？", "؟", "?”", '?"', "?»")
_ALIKE = 0.8  # of the shorter one's words: then a sentence says nothing new


@dataclass(frozen=True, slots=True)
class QuoteWriter:
    """Picks the sentences that answer, and says them in the order of the posts."""

    share: float
    """A further sentence is quoted when it is at least this part as relevant as the best one."""
    most: int
    """Sentences in one answer."""
    name: str = "quotes"

    def write(self, query: Query, found: Found) -> Draft:
        chosen = self._choose(found)
        # By post, the best first; within a post in reading order.
        posts = list(dict.fromkeys(hit.passage.post.id for hit, _ in chosen))
        chosen.sort(
            key=lambda pair: (
                posts.index(pair[0].passage.post.id),
                pair[0].passage.position,
                pair[1].sentence.start,
            )
        )
        return Draft(query, found, [_claim(hit, one) for hit, one in chosen], self.name)

    def _choose(self, found: Found) -> list[tuple[Hit, SentenceScore]]:
        chosen: list[tuple[Hit, SentenceScore]] = []
        for hit, one in self._by_relevance(found):
            if chosen and one.relevance < self.share * chosen[0][1].relevance:
                break
            said = any(
                _alike(one.sentence.text, other.sentence.text)
                # The same post in another language says the same once more.
                or hit.passage.post.id in before.passage.post.translations
                or before.passage.post.id in hit.passage.post.translations
                for before, other in chosen
            )
            if not said:
                chosen.append((hit, one))
            if len(chosen) == self.most:
                break
        return chosen

    def _by_relevance(self, found: Found) -> Iterator[tuple[Hit, SentenceScore]]:
        pairs = [(hit, one) for hit in found.hits for one in hit.sentences]
        # A question says nothing, however much it is like the one that was asked.
        saying = [pair for pair in pairs if not pair[1].sentence.text.endswith(_ASKING)]
        yield from sorted(saying or pairs, key=lambda pair: -pair[1].relevance)


def _claim(hit: Hit, one: SentenceScore) -> Claim:
    pointer = Pointer(hit.passage.post, hit.passage.section, one.sentence)
    return Claim(one.sentence.text, (pointer,))


def _alike(text: str, other: str) -> bool:
    words, others = set(question_words(text)), set(question_words(other))
    smaller = min(len(words), len(others))
    return smaller > 0 and len(words & others) >= _ALIKE * smaller
