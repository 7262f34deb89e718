"""What is found in languages other than English: by words, by meaning, and by the whole product.

    python -m eval.languages

Twenty questions each about short posts of our own in Spanish, German, Korean and Japanese, ten in
English about posts that stand there in another language as well, ten in English about posts in
Spanish or German alone, and twenty in languages that no post is in, about the sample site. All
posts are in one index, with those of the sample site, which are in English.

*Words* is BM25 and *meaning* the cosine, with nothing fitted; their first sentence is the one of
the first passage that shares most of the question's words by rarity, or that is nearest. *Ours* is
what `pullquote ask` finds and says first; a refusal says nothing.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eval.bootstrap import RESAMPLES, estimate, mean
from eval.cases.cases import Case
from eval.cases.gold import holds, is_post, same_sentence
from eval.hashes import made_with_text
from eval.language_sets import (
    CROSS,
    LANGUAGES,
    OTHER,
    TRANSLATED,
    language_assistant,
    questions,
)
from eval.tables import shown, table
from rag.assistant import Assistant
from rag.catalog import read as catalog_read
from rag.retrieval.by_words import measure
from rag.settings import load_settings
from rag.types import Passage

_DEEP = 5
_COLUMNS = ("Recall@1", "Recall@5", "first sentence")
WAYS = ("words", "meaning", "ours")


@dataclass(frozen=True, slots=True)
class Way:
    """What one way of searching makes of a question."""

    passages: tuple[Passage, ...]
    """Best first."""
    post_id: str
    """Of the sentence that is said first."""
    first: str
    """That sentence; empty where nothing is said."""

    def marks(self, case: Case) -> tuple[bool, ...]:
        """In the order of the columns."""
        right = [
            any(is_post(gold, one.post.id) and holds(one.text, gold.quote) for gold in case.gold)
            for one in self.passages[:_DEEP]
        ]
        said = any(
            is_post(gold, self.post_id) and same_sentence(self.first, gold.quote)
            for gold in case.gold
        )
        return any(right[:1]), any(right), said


def by_words(case: Case, assistant: Assistant) -> Way:
    query = assistant.understand(case.question)
    with assistant.index.catalog.reading():
        found = measure(
            query.question, query, assistant.index, assistant.pipeline.lexicon, limit=_DEEP
        )
    if not found:
        return Way((), "", "")
    first = found[0]
    sentence = first.passage.sentences[int(np.argmax(first.shares))]
    return Way(tuple(one.passage for one in found), first.passage.post.id, sentence.text)


def by_meaning(case: Case, assistant: Assistant) -> Way:
    index = assistant.index
    vectors = assistant.pipeline.embedder.embed_question(case.question)
    with index.catalog.reading():
        ids = list(index.search(vectors.question, _DEEP))
        passages = catalog_read.passages(index.catalog, ids)
        stored = catalog_read.stored_vectors(index.catalog, ids[:1])[ids[0]]
    first = passages[ids[0]]
    nearest = int(np.argmax(stored.sentences.astype(np.float32) @ vectors.sentence))
    return Way(tuple(passages[id_] for id_ in ids), first.post.id, first.sentences[nearest].text)


def by_ours(case: Case, assistant: Assistant) -> Way:
    answer = assistant.ask(case.question)
    passages = tuple(hit.passage for hit in answer.hits)
    if not answer.sentences:
        return Way(passages, "", "")
    first = answer.sentences[0]
    return Way(passages, first.citations[0].post.id, first.text)


def language_marks(
    cases: Sequence[Case], assistant: Assistant
) -> dict[str, list[tuple[bool, ...]]]:
    """What each of `WAYS` earned, question by question, in the order of the columns."""
    ways = dict(zip(WAYS, (by_words, by_meaning, by_ours), strict=True))
    return {
        name: [way(case, assistant).marks(case) for case in cases] for name, way in ways.items()
    }


def languages_text(marks: dict[str, dict[str, list[tuple[bool, ...]]]]) -> str:
    """A row for each language and way."""
    rows = []
    for language, ways in marks.items():
        for name, own in ways.items():
            values = np.array(own, np.float64)
            figures = [estimate(values[:, [column]], mean) for column in range(len(_COLUMNS))]
            rows.append([f"{language}, {name}", str(len(own)), *map(shown, figures)])
    return (
        f"{table(['Questions', 'n', *_COLUMNS], rows)}\n\n[low, high] is a 95 % interval: "
        f"percentile bootstrap by question, {RESAMPLES:,} resamples, seed 0."
    )


def taken_text(cases: Sequence[Case], assistant: Assistant) -> str:
    """What becomes of questions in a language that no post is in, as a line for people."""
    taken, first, said = Counter[str](), Counter[str](), Counter[str]()
    for case in cases:
        answer = assistant.ask(case.question)
        taken[answer.query.language or "none"] += 1
        first.update(str(hit.passage.post.language) for hit in answer.hits[:1])
        said.update(str(one.citations[0].post.language) for one in answer.sentences[:1])
    rows = (("taken for", taken), ("first passage in", first), ("answered in", said))
    told = [
        f"{what} {', '.join(f'{n} {name}' for name, n in counts.most_common()) or 'none'}"
        for what, counts in rows
    ]
    return f"{len(cases)} questions in languages that no post is in: {'; '.join(told)}."


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    with language_assistant(load_settings()) as assistant:
        names = (*LANGUAGES, TRANSLATED, CROSS, OTHER)
        print(languages_text({n: language_marks(questions(n), assistant) for n in names}))
        print(f"\n{taken_text(questions(OTHER), assistant)}")
    print(f"\n{made_with_text([], load_settings())}")


if __name__ == "__main__":
    main()
