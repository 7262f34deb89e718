"""Text to vectors: what a passage and a question become, and the protocol of those who do it.

One forward pass per passage gives three things: its vector for the search index, a vector for
each of its sentences, and a small vector for each of its tokens for late interaction.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import regex
from numpy.typing import NDArray

from rag.settings import BUNDLED_MODEL
from rag.text.sentences import search_words
from rag.types import Post, Section, Sentence, Vector, Vectors

TokenVectors = NDArray[np.int8]  # shape (n tokens, width); 127 times a vector of length 1
_WORD = regex.compile(r"[\p{L}--[\p{Han}\p{Hiragana}\p{Katakana}]]{3,}", regex.VERSION1)
_QUARTER = 4  # the breadcrumb takes at most this part of a passage


@dataclass(frozen=True, slots=True)
class PassageText:
    """What is embedded for a passage: its breadcrumb, then its sentences."""

    text: str
    spans: tuple[tuple[int, int], ...]
    """Start and end of each sentence in `text`, in order."""


@dataclass(frozen=True, slots=True)
class PassageVectors:
    """What one forward pass gives for a passage."""

    passage: Vector
    sentences: Vectors
    """A row for each sentence, in order: its tokens' vectors, pooled."""
    tokens: TokenVectors
    """A row for each token that is kept for late interaction."""
    token_ids: NDArray[np.int32]
    """The vocabulary's number of each kept token."""
    token_sentence: NDArray[np.int16]
    """The sentence that each kept token stands in, from 0; -1 in the breadcrumb."""


@dataclass(frozen=True, slots=True)
class QuestionVectors:
    """What a question is searched with."""

    question: Vector
    """For the search index, made with the model's own prompt for questions."""
    sentence: Vector
    """Comparable with `PassageVectors.sentences`."""
    tokens: TokenVectors
    token_ids: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class ModelId:
    """Which model makes the vectors, and how.

    Equal ids mean equal vectors. Where only the precision differs they are close enough for a
    question to be compared with passages; but within one index all are made alike.
    """

    name: str
    revision: str
    """Changes whenever the vectors would."""
    dimension: int
    precision: str = "float32"
    """Number format of the forward pass."""

    def __str__(self) -> str:
        return f"{self.model}/{self.precision}"

    @property
    def model(self) -> str:
        """All but the precision."""
        return f"{self.name}@{self.revision}/{self.dimension}"

    @classmethod
    def parse(cls, text: str) -> ModelId:
        """What `str` made of one.

        Raises:
            ValueError: It is none.
        """
        name, _, rest = text.rpartition("@")
        revision, dimension, precision = rest.split("/")
        return cls(name, revision, int(dimension), precision)


@dataclass(frozen=True, slots=True)
class TokenCount:
    """How much of some texts a model's vocabulary knows."""

    tokens: int = 0
    unknown: int = 0
    """Of them, those that stand for what it lacks altogether."""
    spelled: int = 0
    """Of them, those of words that it only has letter by letter: it cannot know such a word."""


BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
BUNDLED_ID = ModelId(BUNDLED_MODEL, BUNDLED_SHA256[:16], 384)


class Embedder(Protocol):
    """A model that embeds passages and questions."""

    @property
    def id(self) -> ModelId: ...

    @property
    def max_tokens(self) -> int:
        """Longest passage in tokens, special tokens included."""

    def token_spans(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """Start and end of each text's tokens in its characters; special tokens not included."""

    def count_tokens(self, texts: Sequence[str]) -> TokenCount:
        """How many tokens texts have, and how many of them say nothing."""

    @property
    def special_tokens(self) -> int:
        """Tokens that are added to every text."""

    def embed_passages(self, texts: Sequence[PassageText]) -> list[PassageVectors]:
        """In the order given; the texts must be within `max_tokens`."""

    def embed_question(self, question: str) -> QuestionVectors:
        """A question longer than `max_tokens` counts with its beginning."""


def breadcrumb(post: Post, section: Section, embedder: Embedder, limit: int) -> str:
    """`title › heading › heading`, cut at a token's border to a quarter of `limit` tokens."""
    parts = [part for part in (post.title, *section.headings) if part]
    text = " › ".join(parts)
    spans = embedder.token_spans([text])[0]
    if len(spans) <= limit // _QUARTER:
        return text
    # The innermost heading says most; the title comes next.
    text = " › ".join(dict.fromkeys((parts[-1], parts[0])))
    spans = embedder.token_spans([text])[0]
    return text if len(spans) <= limit // _QUARTER else text[: spans[limit // _QUARTER - 1][1]]


def passage_text(
    crumb: str, section: Section, sentences: Sequence[Sentence], headers: Mapping[int, str]
) -> PassageText:
    """What is embedded for consecutive sentences of a section.

    Args:
        crumb: The passage's breadcrumb.
        section: Where the sentences stand.
        sentences: At least one.
        headers: The start of each table row to the table's header, which is repeated before the
            first row of a passage here, and only here.
    """
    text = crumb
    spans: list[tuple[int, int]] = []
    header = ""
    end = sentences[0].start
    for sentence in sentences:
        own = headers.get(sentence.start, "")
        if own and own != header:
            text += f"\n{own}"
        header = own
        between = section.text[end : sentence.start] if spans else ""
        text += between if between and not own else "\n" if text else ""
        spans.append((len(text), len(text) + len(sentence.text)))
        text += sentence.text
        end = sentence.end
    return PassageText(text, tuple(spans))


def spelled_out(text: str, spans: Sequence[tuple[int, int]]) -> int:
    """How many tokens belong to words of which each letter is a token of its own.

    Signs that are words, or nearly so (Han, kana), are not counted.

    Args:
        text: Any.
        spans: Start and end of its tokens, in order.
    """
    starts = [start for start, _ in spans]
    words = (match.span() for match in _WORD.finditer(text))
    counts = ((bisect_left(starts, end) - bisect_left(starts, start), start, end)
              for start, end in words)  # fmt: skip
    return sum(tokens for tokens, start, end in counts if tokens >= end - start)


def unit(vectors: Vectors) -> Vectors:
    """Rows scaled to length 1; a row of zeros stays as it is."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Vectors = np.divide(vectors, np.maximum(lengths, 1e-12)).astype(np.float32)
    return scaled


def to_int8(vectors: Vectors) -> TokenVectors:
    """Unit rows as whole numbers of 1/127."""
    return np.clip(np.rint(unit(vectors) * 127), -127, 127).astype(np.int8)


class HashEmbedder:
    """Words to vectors by hashing, without a model: quick and the same everywhere.

    For tests. It finds equal words and nothing else.
    """

    id = ModelId("hash", "1", 256)
    max_tokens = 256
    special_tokens = 0

    def token_spans(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        return [_word_spans(text) for text in texts]

    def count_tokens(self, texts: Sequence[str]) -> TokenCount:
        return TokenCount(sum(len(_word_spans(text)) for text in texts))

    def embed_passages(self, texts: Sequence[PassageText]) -> list[PassageVectors]:
        return [self._passage(text) for text in texts]

    def embed_question(self, question: str) -> QuestionVectors:
        words = search_words(question).lower().split()[: self.max_tokens]
        rows = self._rows(words)
        pooled = unit(rows.sum(axis=0, keepdims=True))[0]
        return QuestionVectors(pooled, pooled, to_int8(rows), _ids(words))

    def _passage(self, text: PassageText) -> PassageVectors:
        pieces = [text.text[: text.spans[0][0]], *(text.text[a:b] for a, b in text.spans)]
        words = [search_words(piece).lower().split() for piece in pieces]
        flat = [word for piece in words for word in piece]
        where = [i - 1 for i, piece in enumerate(words) for _ in piece]
        rows = self._rows(flat)
        sentences = np.stack([self._rows(piece).sum(axis=0) for piece in words[1:]])
        return PassageVectors(
            passage=unit(rows.sum(axis=0, keepdims=True))[0],
            sentences=unit(sentences),
            tokens=to_int8(rows),
            token_ids=_ids(flat),
            token_sentence=np.asarray(where, dtype=np.int16),
        )

    def _rows(self, words: Sequence[str]) -> Vectors:
        rows = np.zeros((len(words), self.id.dimension), dtype=np.float32)
        for i, word in enumerate(words):
            digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
            for j in range(0, 8, 2):
                place = int.from_bytes(digest[j : j + 2], "big")
                rows[i, place % self.id.dimension] += 1.0 if place & 0x8000 else -1.0
        return rows


def _word_spans(text: str) -> list[tuple[int, int]]:
    spans, place = [], 0
    for word in text.split():
        start = text.index(word, place)
        place = start + len(word)
        spans.append((start, place))
    return spans


def _ids(words: Sequence[str]) -> NDArray[np.int32]:
    # Not hash(): Python salts it, so it differs from run to run.
    numbers = [hashlib.blake2b(word.encode(), digest_size=4).digest() for word in words]
    return np.asarray([int.from_bytes(n, "big") >> 1 for n in numbers], dtype=np.int32)
