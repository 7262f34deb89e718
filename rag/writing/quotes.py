"""Hits to a draft by quoting: no language model, nothing but the posts' own sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex

from rag.text.sentences import NUMBER, denies, question_words
from rag.text.short_answers import short_answer
from rag.text.whole import wholes
from rag.types import (
    Claim,
    Draft,
    Found,
    Hit,
    Pointer,
    Post,
    Query,
    Section,
    Sentence,
    SentenceScore,
    Span,
)

_ASKING = ("?", "？", "؟", "?”", '?"', "?»")
_ALIKE = 0.8  # of its words stand in another: then a sentence says nothing new
_SEVERAL = regex.compile(
    r"\b(?:what|which)\s+(?:are|were)\b"
    r"|\b(?:what|which)\s+(?:\p{L}+\s+){0,2}(?!(?:does|was|is|has|his|its|this)\b)\p{L}{2,}[^s\W]s\b"
    r"|\b(?:list|steps|ways|reasons|examples)\b"
    r"|\bhow\s+(?:do|does|did|can|could|should|would|to)\b",
    regex.IGNORECASE,
)

# What holds at present, the newest post knows best.
_OF_NOW = regex.compile(
    r"\b(?:now|nowadays|still|currently|today|these days|any ?more|at (?:present|the moment))\b",
    regex.IGNORECASE,
)

_Chosen = tuple[Hit, SentenceScore]
_Stretch = tuple[Post, Section, tuple[Sentence, ...]]


@dataclass(frozen=True, slots=True)
class QuoteWriter:
    """Picks the sentences that answer, and says them in the order of the posts.

    Each comes with what it needs to be read by itself (`rag.text.whole`), and what answers by
    itself comes first; where the present is asked for, what the newest post says.
    """

    share: float
    """A further sentence is quoted when it is at least this part as relevant as the best one."""
    most: int
    """Sentences in one answer, beside those that they need."""
    name: str = "quotes"
    by_rules: bool = True
    """Whether rules look for a short answer where no reader has found one."""
    share_near: float | None = None
    """As `share`, for sentences of the section that the best one stands in; None: the same."""

    def write(self, query: Query, found: Found) -> Draft:
        of_now = _OF_NOW.search(query.question) is not None
        chosen = self._choose(found, of_now)
        if of_now:
            chosen.sort(key=lambda one: -_published(one))
        short = self._short(query, chosen)
        stretches = list(_stretches(chosen, bool(_SEVERAL.search(query.question))))
        if short:
            of, at, _ = short
            # Moving it is safe: what it leans on moves with it.
            stretches.sort(key=lambda one: not (one[1] is of and at in one[2]))
        claims = [
            Claim(
                sentence.text,
                (Pointer(post, section, sentence),),
                short=short[2] if short and section is short[0] and sentence == short[1] else None,
            )
            for post, section, sentences in stretches
            for sentence in sentences
        ]
        return Draft(query, found, claims, self.name)

    def _choose(self, found: Found, of_now: bool) -> list[_Chosen]:
        chosen: list[_Chosen] = []
        for hit, one in self._by_relevance(found):
            newer = of_now and chosen and _published((hit, one)) > _published(chosen[0])
            if chosen and one.relevance < self._least(hit, chosen[0], newer=bool(newer)):
                continue
            said = any(
                _says_nothing_new(one.sentence.text, other.sentence.text)
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

    def _least(self, hit: Hit, best: _Chosen, *, newer: bool) -> float:
        """From which relevance on a further sentence is quoted."""
        here, there = hit.passage, best[0].passage
        # Where the present is asked for, a newer post is as good a place to look as the section.
        near = newer or (here.post.id, here.section.key) == (there.post.id, there.section.key)
        return (self.share_near if near and self.share_near else self.share) * best[1].relevance

    def _by_relevance(self, found: Found) -> Iterator[_Chosen]:
        pairs = [(hit, one) for hit in found.hits for one in hit.sentences]
        # A question says nothing, however much it is like the one that was asked.
        saying = [pair for pair in pairs if not pair[1].sentence.text.endswith(_ASKING)]
        yield from sorted(saying or pairs, key=lambda pair: -pair[1].relevance)

    def _short(
        self, query: Query, chosen: Sequence[_Chosen]
    ) -> tuple[Section, Sentence, Span] | None:
        """The words that answer by themselves, and where they stand."""
        for hit, one in chosen:
            if one.short:
                return hit.passage.section, one.sentence, one.short
        if not chosen or not self.by_rules:
            return None
        hit, one = chosen[0]
        section = hit.passage.section
        (stretch,) = wholes(section, {one.sentence.start}, language=hit.passage.post.language)
        about = (hit.passage.post.title, *section.headings, *(other.text for other in stretch))
        span = short_answer(query.standalone, one.sentence.text, " ".join(about))
        return (section, one.sentence, span) if span else None


def _published(chosen: _Chosen) -> float:
    """Seconds since 1970; 0 where that is not known."""
    published = chosen[0].passage.post.published
    return published.timestamp() if published else 0.0


def _stretches(chosen: Sequence[_Chosen], several: bool) -> Iterator[_Stretch]:
    """What is read together: by post, the best first; within a post in reading order."""
    posts = list(dict.fromkeys(hit.passage.post.id for hit, _ in chosen))
    places = {(hit.passage.post.id, hit.passage.section.key): hit.passage for hit, _ in chosen}
    for passage in sorted(
        places.values(), key=lambda one: (posts.index(one.post.id), one.position)
    ):
        post, section = passage.post, passage.section
        starts = {
            one.sentence.start
            for hit, one in chosen
            if (hit.passage.post.id, hit.passage.section.key) == (post.id, section.key)
        }
        for sentences in wholes(section, starts, language=post.language, several=several):
            yield post, section, sentences


def _says_nothing_new(text: str, said: str) -> bool:
    """Whether a sentence repeats another: other numbers, or a denial, say something else."""
    words, others = set(question_words(text)), set(question_words(said))
    smaller = min(len(words), len(others))
    if not smaller or len(words & others) < _ALIKE * smaller:
        return False
    if denies(text) != denies(said):
        return False
    return set(NUMBER.findall(text)) <= set(NUMBER.findall(said))
