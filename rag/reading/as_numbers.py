"""What a network that reads takes and gives: question and passage as numbers, scores as a reading.

Whatever computes the network; `with_torch` and `with_numpy` do.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.embedding.bundled import Weights, mapped_weights, special_tokens, tokenizer
from rag.embedding.numpy_bert import linear, unpacked
from rag.reading.reader import NONE, Reading, ShortAnswer
from rag.types import Passage, Vectors

WEIGHTS = Path(__file__).resolve().parents[1] / "models" / "reader.safetensors"
LONGEST = 320  # tokens of question and passage together
QUESTION = 48  # tokens of the question, at most
_SHORT = 20  # tokens of a short answer, at most
_ENCODER = "enc."  # before the names of the encoder's weights


@dataclass(frozen=True, slots=True)
class Encoded:
    """Question and passage as numbers."""

    question: list[int]
    """With the special tokens around it."""
    passage: list[int]
    """With the last, special token."""
    sentence: NDArray[np.int64]
    """Of each token of the passage, without the last one: the number of its sentence, or -1."""
    places: NDArray[np.int64]
    """Shape (tokens, 2): where each of them stands, in characters of the passage."""
    starts: NDArray[np.int64]
    """Of each sentence, in characters of the passage."""

    @property
    def ids(self) -> list[int]:
        return [*self.question, *self.passage]

    @property
    def types(self) -> list[int]:
        return [0] * len(self.question) + [1] * len(self.passage)

    @property
    def sentences(self) -> list[int]:
        """The number of the sentence of every token."""
        return [*[-1] * len(self.question), *self.sentence.tolist(), -1]


def trained_weights(file: Path) -> tuple[Weights, Weights]:
    """The layers of the encoder that `eval.fit.reader` trained, and the heads on top of it."""
    every = unpacked(mapped_weights(file))
    layers = {
        name.removeprefix(_ENCODER): one for name, one in every.items() if name.startswith(_ENCODER)
    }
    return layers, {name: one for name, one in every.items() if not name.startswith(_ENCODER)}


def encode(
    question: str,
    head: str,
    text: str,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
) -> Encoded:
    """A question and a passage as the network takes them.

    Args:
        question: Cut where it is too long.
        head: The passage's title and headings; may be empty.
        text: The passage; cut where it is too long.
        starts: Where its sentences start, in characters of the text.
        ends: Where they end.
    """
    before, after = special_tokens()
    asked = tokenizer().encode(question, add_special_tokens=False).ids[:QUESTION]
    front = f"{head}\n" if head else ""
    found = tokenizer().encode(f"{front}{text}", add_special_tokens=False)
    room = LONGEST - 3 - len(asked)
    places = np.asarray(found.offsets[:room], dtype=np.int64).reshape(-1, 2) - len(front)
    numbers = np.searchsorted(ends, places[:, 0], side="right")
    within = (places[:, 0] >= 0) & (numbers < len(ends))
    within &= places[:, 0] >= starts[np.minimum(numbers, len(ends) - 1)]
    return Encoded(
        [before, *asked, after],
        [*found.ids[:room], after],
        np.where(within, numbers, -1),
        places,
        starts,
    )


def encode_passage(question: str, passage: Passage) -> Encoded:
    """The same, of a passage with its title and headings."""
    head = " › ".join((passage.post.title, *passage.section.headings))
    first = passage.sentences[0].start
    starts = np.asarray([s.start - first for s in passage.sentences])
    ends = np.asarray([s.end - first for s in passage.sentences])
    return encode(question, head, passage.text, starts, ends)


def reading_of_states(one: Encoded, hidden: Vectors, heads: Weights) -> Reading:
    """What the heads make of the encoder's states, shape (tokens, width)."""
    number = np.asarray(one.sentences)
    member = number == np.arange(max(int(number.max()) + 1, 1))[:, np.newaxis]
    sizes = member.sum(axis=1)
    means = member.astype(np.float32) @ hidden / np.maximum(sizes, 1)[:, np.newaxis]
    tokens = linear(hidden, heads, "tok")[:, 0]
    strongest = np.where(member, tokens, np.float32(NONE)).max(axis=1)
    scores = linear(means.astype(np.float32), heads, "sent")[:, 0] + strongest
    scores = np.where(sizes == 0, np.float32(NONE), scores)
    null = linear(hidden[:1], heads, "null")[0, 0]
    return reading_of(one, linear(hidden, heads, "span"), scores - null)


def reading_of(one: Encoded, span: NDArray[np.float32], odds: NDArray[np.float32]) -> Reading:
    """What the network's scores say.

    Args:
        one: What it was given.
        span: Scores of each token as start and end of the short answer, shape (tokens, 2).
        odds: For each sentence that was not cut off, that it answers against that none does.
    """
    odds = np.concatenate([odds, np.full(len(one.starts) - len(odds), NONE)])  # cut off
    return Reading(
        answers=float(np.logaddexp.reduce(odds)),
        sentences=tuple(odds.tolist()),
        short=_short(span, one),
    )


def _short(span: NDArray[np.float32], one: Encoded) -> ShortAnswer | None:
    """The best stretch of tokens within one sentence."""
    first = len(one.question)
    own = span[first : first + len(one.sentence)]
    if not len(own) or (one.sentence < 0).all():
        return None
    total = own[:, 0][:, None] + own[:, 1][None, :]
    n = len(own)
    length = np.arange(n)[None, :] - np.arange(n)[:, None]
    same = (one.sentence[:, None] == one.sentence[None, :]) & (one.sentence >= 0)[:, None]
    total = np.where(same & (length >= 0) & (length < _SHORT), total, -np.inf)
    start, end = divmod(int(total.argmax()), n)
    number = int(one.sentence[start])
    offset = int(one.starts[number])
    return ShortAnswer(
        sentence=number,
        start=int(one.places[start, 0]) - offset,
        end=int(one.places[end, 1]) - offset,
        sure=float(total[start, end] - span[0, 0] - span[0, 1]),
    )
