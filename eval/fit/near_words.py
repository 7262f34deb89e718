"""Other words for a text's words: the nearest in meaning that the same site uses.

The model that searches says what is near, so "group" stands for "team"; some are near and mean
something else ("policy", "government"), as a reader's words do now and then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property

import numpy as np
import regex

from rag.embedding.embedder import Embedder, PassageText
from rag.text.sentences import STOP_WORDS
from rag.types import ParsedPost, Vectors

_MOST = 3000  # words that are compared, the commonest of the site
_SHORTEST = 4  # letters; shorter words say too little by themselves
_ALIKE = 4  # first letters; words that share them are forms of one word
_TRIED = 12  # nearest words, most of which are such forms
_WORD = regex.compile(r"(?<![\p{L}\p{N}])\p{Ll}+(?![\p{L}\p{N}])")


class NearWords:
    """Of the words of some posts."""

    def __init__(self, posts: Sequence[ParsedPost], embedder: Embedder) -> None:
        counted = Counter(
            word
            for parsed in posts
            for section in parsed.sections
            for word in _WORD.findall(section.text)
            if len(word) >= _SHORTEST and word not in STOP_WORDS
        )
        self._words = sorted(word for word, n in counted.most_common(_MOST) if n > 1)
        self._places = {word: place for place, word in enumerate(self._words)}
        self._embedder = embedder

    def __call__(self, word: str) -> str | None:
        """Another word for it; None for a name, and where the site has none that is near."""
        place = self._places.get(word)
        if place is None:
            return None
        order = np.argsort(-(self._vectors @ self._vectors[place]), kind="stable")
        near = (self._words[i] for i in order[: _TRIED + 1].tolist())
        return next((one for one in near if one[:_ALIKE] != word[:_ALIKE]), None)

    @cached_property
    def _vectors(self) -> Vectors:
        texts = [PassageText(word, ((0, len(word)),)) for word in self._words]
        return np.stack([one.passage for one in self._embedder.embed_passages(texts)])
