"""Posts of real sentences recombined, and their vectors without a forward pass for each passage.

Sentences are taken from real posts, and each goes through the real model once. A made post has
sections of a few of them, drawn anew from a few posts that stood beside each other; a passage's
vector is the mean of its sentences' own, weighted by their tokens, and its tokens' vectors are
theirs. So an index of any size costs a few minutes of the model. `likeness` says how much the
vectors are like those that the model gives for the same passages.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from bench.wrapped import Wrapped
from ingest.html.sections import sections
from ingest.posts.wordpress_post import ReadPost
from ingest.read import read_source
from ingest.split import split
from rag.backends import load_embedder
from rag.embedding.embedder import Embedder, PassageText, PassageVectors, TokenVectors, unit
from rag.settings import load_settings
from rag.text.sentences import split_sentences
from rag.types import ParsedPost, Vectors

SECTIONS = 5
"""Of a made post; each becomes a passage, some two."""
_SENTENCES = (5, 8)  # of a section, from and to
_NEAR = 100  # sentences on either side of one from which a post draws: those of a few posts
_SHORT = 60  # characters; a sentence up to here may be a heading
_LENGTHS = (15, 300)  # characters of a sentence that is taken
_CRUMB = " › "
_COMMON = 0.15
"""What is taken away of the direction that all sentences share: a mean has more of it than the
model gives a passage. With it, passages are about as far from each other as the model's."""
_LIKE = 20  # made posts whose passages are compared with the model's
_LIMIT = 256  # tokens of a passage
_SEED = 7


@dataclass(frozen=True)
class Sentences:
    """Real sentences, each with what one forward pass gave for it alone."""

    texts: tuple[str, ...]
    vectors: Vectors
    """A row for each."""
    tokens: TokenVectors
    """Of all of them, one behind another."""
    token_ids: NDArray[np.int32]
    starts: NDArray[np.int64]
    """Where each one's tokens start, and at the end their number."""

    @cached_property
    def places(self) -> dict[str, int]:
        return {text: place for place, text in enumerate(self.texts)}

    @cached_property
    def common(self) -> Vectors:
        """The direction that all share, shape (1, dimension)."""
        return unit(self.vectors.mean(axis=0, keepdims=True))

    def save(self, file: Path) -> None:
        np.savez(
            file, texts=np.asarray(self.texts), vectors=self.vectors, tokens=self.tokens,
            token_ids=self.token_ids, starts=self.starts,
        )  # fmt: skip

    @classmethod
    def load(cls, file: Path) -> Sentences:
        with np.load(file) as kept:
            arrays = {name: kept[name] for name in kept.files}
        return cls(tuple(arrays.pop("texts").tolist()), **arrays)


def real_sentences(source: str, most: int) -> tuple[str, ...]:
    """Different sentences of a source's posts in reading order; at most so many, drawn at random.

    Only those that stay one sentence when they are a paragraph of their own.
    """
    found: dict[str, None] = {}
    for one in read_source(source):
        if isinstance(one, ReadPost):
            for section in sections(one.raw.html, title=one.raw.post.title):
                for sentence in split_sentences(section.text, section.blocks):
                    text = " ".join(sentence.text.split())
                    if _LENGTHS[0] <= len(text) <= _LENGTHS[1] and _is_one(text):
                        found[text] = None
    texts = list(found)
    chosen = sorted(Random(_SEED).sample(range(len(texts)), min(most, len(texts))))
    return tuple(texts[place] for place in chosen)


def _is_one(text: str) -> bool:
    (section,) = sections(f"<p>{escape(text)}</p>", title="") or (None,)
    if section is None:
        return False
    return [one.text for one in split_sentences(section.text, section.blocks)] == [text]


def embedded(texts: Sequence[str], embedder: Embedder) -> Sentences:
    """Each sentence through the model, by itself."""
    every = embedder.embed_passages([PassageText(text, ((0, len(text)),)) for text in texts])
    lengths = [len(one.token_ids) for one in every]
    return Sentences(
        texts=tuple(texts),
        vectors=np.stack([one.passage for one in every]),
        tokens=np.concatenate([one.tokens for one in every]),
        token_ids=np.concatenate([one.token_ids for one in every]),
        starts=np.cumsum([0, *lengths]),
    )


def lines(sentences: Sequence[str], posts: int, *, first: int = 1) -> Iterator[str]:
    """Made posts as lines of JSON, as a site's REST API gives posts; the same ones every time.

    Args:
        sentences: Real ones.
        posts: How many.
        first: The number of the first; each number stands for one post.
    """
    for number in range(first, first + posts):
        draw = Random(f"{_SEED}/{number}")
        middle = draw.randrange(len(sentences))
        near = sentences[max(0, middle - _NEAR) : middle + _NEAR]
        short = [text for text in near if len(text) <= _SHORT] or near
        parts = []
        for _ in range(SECTIONS):
            chosen = draw.choices(near, k=draw.randint(*_SENTENCES))
            body = "".join(f"<p>{escape(text)}</p>" for text in chosen)
            parts.append(f"<h2>{escape(draw.choice(short))}</h2>{body}")
        entry = {
            "id": number,
            "link": f"https://recombined.example/{number}/",
            "date_gmt": f"20{number % 20 + 5:02}-{number % 12 + 1:02}-01T00:00:00",
            "status": "publish",
            "type": "post",
            "title": {"rendered": escape(draw.choice(short))},
            "content": {"rendered": "".join(parts)},
        }
        yield json.dumps(entry, ensure_ascii=False) + "\n"


class RecombinedEmbedder(Wrapped):
    """Gives passages of known sentences their vectors without a forward pass.

    Bears the real model's id, so that questions are embedded by that and everything fitted holds.
    """

    def __init__(self, sentences: Sentences, model: Embedder) -> None:
        super().__init__(model)
        self.sentences = sentences
        self.unknown = 0
        """Sentences that went through the model, since they are none of the known."""

    def embed_passages(self, texts: Sequence[PassageText]) -> list[PassageVectors]:
        return [self._passage(text) for text in texts]

    def _passage(self, text: PassageText) -> PassageVectors:
        crumb = text.text[: text.spans[0][0]].strip()
        heads = [one for one in crumb.split(_CRUMB) if one]
        own = [text.text[start:end] for start, end in text.spans]
        parts = [self._known(one) for one in (*heads, *own)]
        counts = [len(ids) for _, _, ids in parts]
        numbers = [*[-1] * len(heads), *range(len(own))]
        vectors = np.stack([vector for vector, _, _ in parts])
        mean = (vectors * np.maximum(counts, 1)[:, np.newaxis]).sum(axis=0, keepdims=True)
        return PassageVectors(
            passage=unit(unit(mean) - _COMMON * self.sentences.common)[0],
            sentences=vectors[len(heads) :],
            tokens=np.concatenate([tokens for _, tokens, _ in parts]),
            token_ids=np.concatenate([ids for _, _, ids in parts]),
            token_sentence=np.repeat(np.asarray(numbers, dtype=np.int16), counts),
        )

    def _known(self, text: str) -> tuple[Vectors, TokenVectors, NDArray[np.int32]]:
        place = self.sentences.places.get(text)
        if place is None:
            self.unknown += 1
            (one,) = self.model.embed_passages([PassageText(text, ((0, len(text)),))])
            return one.passage, one.tokens, one.token_ids
        start, end = self.sentences.starts[place : place + 2]
        return (
            self.sentences.vectors[place],
            self.sentences.tokens[start:end],
            self.sentences.token_ids[start:end],
        )


@dataclass(frozen=True, slots=True)
class Likeness:
    """Made vectors of some passages beside those that the model gives them."""

    cosine: float
    """Of a made vector and the model's for the same passage, mean."""
    made: tuple[float, float, float]
    """Cosines between two passages' made vectors: mean, standard deviation, 99th percentile."""
    model: tuple[float, float, float]
    """The same of the model's."""


def likeness(texts: Sequence[PassageText], made: RecombinedEmbedder) -> Likeness:
    """Of passages of known sentences; at least three."""
    own, model = (
        np.stack([one.passage for one in embedder.embed_passages(texts)])
        for embedder in (made, made.model)
    )
    return Likeness(float((own * model).sum(axis=1).mean()), _between(own), _between(model))


def _between(vectors: Vectors) -> tuple[float, float, float]:
    cosines = (vectors @ vectors.T)[np.triu_indices(len(vectors), 1)]
    return float(cosines.mean()), float(cosines.std()), float(np.percentile(cosines, 99))


def prepared(source: str, most: int, file: Path) -> Likeness:
    """See to it that a file holds a source's sentences, and compare their vectors with the model's.

    Args:
        source: As `pullquote ingest` takes it.
        most: Sentences at most.
        file: Is made where there is none.
    """
    model = load_embedder(load_settings())
    if not file.is_file():
        embedded(real_sentences(source, most), model).save(file)
    made = RecombinedEmbedder(Sentences.load(file), model)
    with TemporaryDirectory(prefix="pullquote-bench-") as folder:
        posts = Path(folder) / "posts.jsonl"
        posts.write_text("".join(lines(made.sentences.texts, _LIKE)), encoding="utf-8")
        read = [one.raw for one in read_source(str(posts)) if isinstance(one, ReadPost)]
    parsed = [ParsedPost(raw.post, sections(raw.html, title=raw.post.title)) for raw in read]
    pieces = [piece for post in parsed for piece in split(post, made, limit=_LIMIT)]
    return likeness([piece.text for piece in pieces], made)
