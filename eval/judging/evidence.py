"""Which sentences of long evidence a claim is held against: the same ones for every judge.

A judge in the product is given the few sentences that a writer pointed at. Here nobody points, so
the sentences are taken that share most of the claim's words, rare words counting more. Labels are
not looked at.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from math import log

from rag.text.sentences import question_words, split_sentences

MOST = 10  # sentences: all of most evidence, and what a judge can read at once of the rest


@lru_cache(maxsize=20_000)  # every judge asks for the same
def nearest(claim: str, evidence: tuple[str, ...]) -> tuple[str, ...]:
    """At most ten sentences of the evidence, in its order; at least one.

    Weighed by how rare a word is among the evidence's own sentences.
    """
    sentences = [one.text for text in evidence for one in split_sentences(text)] or list(evidence)
    if len(sentences) <= MOST:
        return tuple(sentences)
    words = [frozenset(question_words(one)) for one in sentences]
    held_by = Counter(word for one in words for word in one)
    wanted = frozenset(question_words(claim))
    shared = [sum(log(len(words) / held_by[word]) for word in wanted & one) for one in words]
    best = sorted(range(len(words)), key=lambda i: (-shared[i], i))[:MOST]
    return tuple(sentences[i] for i in sorted(best))


def statements(claim: str) -> tuple[str, ...]:
    """The sentences of what is judged: each is held against the evidence by itself."""
    return tuple(one.text for one in split_sentences(claim)) or (claim,)
