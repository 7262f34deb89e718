"""Ways of finding texts in an index of ours: the product's own, and its parts alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from eval.cases.gold import RetrievedText
from rag.assistant import Assistant
from rag.catalog import read as catalog_read
from rag.embedding.embedder import QuestionVectors
from rag.index.index import Index
from rag.pipeline import Pipeline
from rag.text.sentences import question_words
from rag.types import Passage, Turn

Search = Callable[[str, Sequence[Turn]], Sequence[RetrievedText]]
"""A question and the turns before it to texts, best first."""
EmbedQuestion = Callable[[str], QuestionVectors]

OURS, UNREAD, WORDS, MEANING, BOTH = "ours", "ours-unread", "words", "meaning", "both"
_CANDIDATES = 100  # of each list that is fused
_FLAT = 60  # k of reciprocal rank fusion, as its authors have it


def index_system(name: str, assistant: Assistant, depth: int) -> Search:
    """`ours` as the assistant finds its hits; the others know the question alone.

    Args:
        name: `OURS`; `UNREAD`, ours without the reader, which was trained on some collections that
            are graded here; `WORDS` (BM25), `MEANING` (cosine), or `BOTH`: their ranks fused by
            Cormack et al., 2009, https://doi.org/10.1145/1571941.1572114 (nothing to fit).
        assistant: Whose index is searched.
        depth: How many texts are found at most.
    """

    def whole(pipeline: Pipeline) -> Search:
        def search(question: str, history: Sequence[Turn]) -> Sequence[RetrievedText]:
            query = pipeline.understand(question, history=history)
            return [RetrievedText.of(hit) for hit in pipeline.retrieve(query).hits[:depth]]

        return search

    if name == OURS:
        return whole(assistant.pipeline)
    if name == UNREAD:
        return whole(replace(assistant.pipeline, reader=None))
    find = passage_search(name, assistant.index, assistant.pipeline.embedder.embed_question, depth)

    def texts(question: str, _history: Sequence[Turn]) -> Sequence[RetrievedText]:
        return [RetrievedText(one.post.id, one.text) for one in find(question)]

    return texts


def passage_search(
    name: str, index: Index, embed: EmbedQuestion | None, depth: int
) -> Callable[[str], Sequence[Passage]]:
    """A question to passages by one way of finding them, best first.

    Args:
        name: `WORDS`, `MEANING` or `BOTH`.
        index: What is searched.
        embed: A question to its vectors, by the index's model; None will do for words alone.
        depth: How many passages are found at most.

    Raises:
        ValueError: By the function that is given: meaning is asked for without a model.
    """

    def words(question: str, limit: int) -> list[str]:
        with index.catalog.reading():
            return list(catalog_read.by_words(index.catalog, question_words(question), limit))

    def meaning(question: str, limit: int) -> list[str]:
        if embed is None:
            raise ValueError("finding by meaning needs a model")
        return list(index.search(embed(question).question, limit))

    def both(question: str, limit: int) -> list[str]:
        return fused([find(question, _CANDIDATES) for find in (words, meaning)])[:limit]

    find = {WORDS: words, MEANING: meaning, BOTH: both}[name]

    def found(question: str) -> Sequence[Passage]:
        return known_passages(index, find(question, depth))

    return found


def known_passages(index: Index, ids: Sequence[str]) -> list[Passage]:
    """The passages of these ids, which the index has, in their order."""
    with index.catalog.reading():
        passages = catalog_read.passages(index.catalog, ids)
    return [passages[one] for one in ids]


def fused(lists: Sequence[Sequence[str]]) -> list[str]:
    """Reciprocal rank fusion: the sum of 1 / (60 + rank) over the lists, best first."""
    scores: dict[str, float] = {}
    for one in lists:
        for rank, id_ in enumerate(one, 1):
            scores[id_] = scores.get(id_, 0.0) + 1 / (_FLAT + rank)
    return sorted(scores, key=lambda id_: (-scores[id_], id_))
