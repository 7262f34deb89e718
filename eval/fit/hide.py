"""A post hidden with all that says the same: a question about it then has no answer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from eval.cases.draft import Drafted
from eval.cases.gold import holds
from rag.catalog import read as catalog_read
from rag.embedding.embedder import Embedder
from rag.index.index import Index
from rag.text.sentences import question_words
from rag.types import Passage, Vector, Vectors

_LOOKED_AT = 50  # passages by words, and as many by meaning, that may hold the sentence


class Hiding:
    """Of the posts of an index."""

    def __init__(self, index: Index, embedder: Embedder) -> None:
        self._index = index
        self._embedder = embedder

    def posts(self, drafted: Drafted) -> frozenset[str]:
        """The ids of the post that a question was made of, and of those that say the same.

        Its translations; posts in which the sentence stands, by the rule that grades passages
        (`eval.cases.gold.holds`); and posts whose text is nearer to its text than its own two
        halves are to each other.
        """
        source = drafted.post_id
        record = catalog_read.record(self._index.catalog, source)
        with_sentence = (
            passage.post.id for passage in self._alike(drafted.sentence)
            if holds(passage.text, drafted.sentence)
        )  # fmt: skip
        known = self._index.published(record.translations)
        return frozenset((source, *known, *with_sentence, *self._near(source)))

    def passages(self, posts: frozenset[str]) -> frozenset[str]:
        return frozenset(id_ for post in posts for id_ in self._ids.get(post, ()))

    def _alike(self, sentence: str) -> Iterator[Passage]:
        by_words = catalog_read.by_words(self._index.catalog, question_words(sentence), _LOOKED_AT)
        vector = self._embedder.embed_question(sentence).question
        by_meaning = self._index.search(vector, _LOOKED_AT)
        yield from catalog_read.passages(
            self._index.catalog, list({**by_words, **by_meaning})
        ).values()

    def _near(self, source: str) -> list[str]:
        own = self._rows[source]
        if len(own) < 2:
            return []
        half = len(own) // 2
        least = float(_middle(own[:half]) @ _middle(own[half:]))
        cosines = self._middles @ _middle(own)
        return [id_ for id_, cosine in zip(self._rows, cosines, strict=True) if cosine > least]

    @cached_property
    def _ids(self) -> dict[str, list[str]]:
        """The passages of each post, in reading order."""
        found: dict[str, list[str]] = {}
        for post, id_ in catalog_read.ids_by_post(self._index.catalog):
            found.setdefault(post, []).append(id_)
        return found

    @cached_property
    def _rows(self) -> dict[str, Vectors]:
        known, rows = catalog_read.passage_vectors(
            self._index.catalog, [id_ for ids in self._ids.values() for id_ in ids]
        )
        place = {id_: i for i, id_ in enumerate(known)}
        return {post: rows[[place[id_] for id_ in ids]] for post, ids in self._ids.items()}

    @cached_property
    def _middles(self) -> Vectors:
        return np.stack([_middle(rows) for rows in self._rows.values()])


def _middle(rows: Vectors) -> Vector:
    middle: Vector = rows.mean(axis=0)
    return middle / (np.linalg.norm(middle) or np.float32(1))
