"""Query to hits by words alone: for languages that the embedding model cannot read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from rag.calibration import Logistic, sigmoid
from rag.catalog import filters as catalog_filters
from rag.catalog import languages as catalog_languages
from rag.catalog import read as catalog_read
from rag.index.index import Index
from rag.index.lexicon import Lexicon
from rag.retrieval.candidates import best_by_words
from rag.text.language import fitted
from rag.text.sentences import is_one_sign, question_words, search_words
from rag.types import Found, Hit, Passage, Query, SentenceScore

# What is measured, in the order in which values are handed over. "share" is the part of the
# question's words, by their rarity, that stand in a passage or a sentence.
PASSAGE_FEATURES = ("words", "share")
SENTENCE_FEATURES = ("share", "passage")
ANSWERABLE_FEATURES = ("share", "best_sentence")


@dataclass(frozen=True, slots=True)
class WordsCalibration:
    """What was fitted for searching by words alone, on languages of several scripts."""

    passage: Logistic
    sentence: Logistic
    answerable: Logistic
    min_answerable: float
    min_share: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A passage that holds words of the question."""

    passage: Passage
    row: tuple[float, float]
    """In the order of `PASSAGE_FEATURES`."""
    shares: tuple[float, ...]
    """Of each sentence."""


@cache
def words_calibration() -> WordsCalibration:
    return parse(fitted()["words"])


def parse(values: Mapping[str, Any]) -> WordsCalibration:
    """A calibration from its JSON form."""

    def logistic(name: str, features: Sequence[str]) -> Logistic:
        own = values[name]
        return Logistic(tuple(own["weights"][feature] for feature in features), own["bias"])

    return WordsCalibration(
        logistic("passage", PASSAGE_FEATURES),
        logistic("sentence", SENTENCE_FEATURES),
        logistic("answerable", ANSWERABLE_FEATURES),
        values["thresholds"]["min_answerable"],
        values["thresholds"]["min_share"],
    )


def retrieve_by_words(
    query: Query, index: Index, lexicon: Lexicon, *, candidates: int, hits: int
) -> Found:
    """The passages most likely to hold the answer, by the question's words in them.

    Args:
        query: The question, as it was understood.
        index: Where to look.
        lexicon: Of the index.
        candidates: How many are looked at for each search text.
        hits: At most so many are handed back.
    """
    own, odds = words_calibration(), float(fitted()["other_language"])
    best: dict[str, Hit] = {}
    rows: list[tuple[float, float]] = []
    with index.catalog.reading():
        names = catalog_filters.unknown_names(index.catalog, query.filters)
        for text in query.searches:
            found = measure(text, query, index, lexicon, limit=candidates)
            ids = [one.passage.id for one in found]
            other = (
                catalog_languages.in_other_languages(index.catalog, ids, query.preferred)
                if query.preferred
                else ()
            )
            for one in found:
                hit = _hit(one, own, against=odds if one.passage.id in other else 0.0)
                before = best.get(one.passage.id)
                if before is None or hit.relevance > before.relevance:
                    best[one.passage.id] = hit
            rows += [answerable_row(one) for one in found if one.passage.id not in other]
    ranked = sorted(best.values(), key=lambda hit: (-hit.relevance, hit.passage.id))
    return Found(
        hits=tuple(ranked[:hits]),
        answerable=1.0
        if query.sections and ranked
        else max((own.answerable(row) for row in rows), default=0.0),
        warnings=tuple(f"No post has the {name}." for name in names),
    )


def measure(
    text: str, query: Query, index: Index, lexicon: Lexicon, *, limit: int
) -> list[Measured]:
    """What is measured of the passages that hold words of a search text, in the order of BM25."""
    chosen, only = query.filters, query.sections
    allowed = (
        catalog_filters.allowed_passages(index.catalog, chosen, only) if chosen or only else None
    )
    scores = best_by_words(text, index, allowed, limit)
    weights = {word: lexicon.rarity(word) or lexicon.rarest for word in question_words(text)}
    passages = catalog_read.passages(index.catalog, list(scores))
    most = max(scores.values(), default=0.0) or 1.0
    return [_measured(passages[id_], score / most, weights) for id_, score in scores.items()]


def _measured(passage: Passage, words: float, weights: Mapping[str, float]) -> Measured:
    above = " ".join((passage.post.title, *passage.section.headings))
    return Measured(
        passage,
        (words, _share(f"{above} {passage.text}", weights)),
        tuple(_share(sentence.text, weights) for sentence in passage.sentences),
    )


def _share(text: str, weights: Mapping[str, float]) -> float:
    """Of the words, by their weight, that stand in a text."""
    held = set(search_words(text).lower().split())
    found = (weight for word, weight in weights.items()
             if word in held or (is_one_sign(word) and word in text))  # fmt: skip
    return sum(found) / (sum(weights.values()) or 1.0)


def answerable_row(one: Measured) -> tuple[float, float]:
    """In the order of `ANSWERABLE_FEATURES`."""
    return one.row[1], max(one.shares)


def _hit(one: Measured, own: WordsCalibration, *, against: float) -> Hit:
    relevance = sigmoid(own.passage.score(one.row) - against)
    scored = (sigmoid(own.sentence.score((share, relevance)) - against) for share in one.shares)
    return Hit(
        one.passage,
        relevance,
        tuple(map(SentenceScore, one.passage.sentences, scored)),
    )
