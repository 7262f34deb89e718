r"""Questions and passages as numbers, in one file: what the reader is trained on.

    python -m eval.fit.reader_pool --squad DEV.json --xquad XQUAD.json --clapnq FOLDER \
        --articles SQUAD_ARTICLES.tar.gz --output POOL.npz

`eval.fit.reader_data` says where they are from. The file can be taken to a machine with a graphics
card, which needs neither the data nor what reads it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.fit.ragged import flat, ragged
from eval.fit.reader_data import Corpus, Passage, bundled_reading, clapnq, own, squad
from eval.hashes import file_sha256
from rag.embedding.bundled import special_tokens, tokenizer
from rag.reading.as_numbers import LONGEST, QUESTION, encode

Numbers = NDArray[np.int32]
PARTS = ("squad", "clapnq", "own")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the passage that it was written for, and others."""

    part: str
    ids: Numbers
    passage: int
    right: tuple[int, ...]
    """Sentences that answer; none: the passage does not."""
    unsure: tuple[int, ...]
    start: int
    end: int
    """Tokens of the passage's text that are the short answer; -1 where there is none."""
    others: tuple[int, ...]
    """Passages that share its words and do not hold its answer, the nearest first."""
    is_graded: bool
    """Whether it is kept for grading."""


@dataclass(frozen=True, slots=True)
class Text:
    """A passage."""

    head: Numbers
    """Its title's tokens."""
    ids: Numbers
    sentence: Numbers
    """Of each token the number of its sentence, or -1."""
    part: str
    is_kept: bool
    """Whether it is kept for grading, and is not to be met in training."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Question and passage as the network takes them."""

    ids: Numbers
    types: Numbers
    sentence: Numbers
    first: int
    """Where the passage's text starts."""


@dataclass(frozen=True, slots=True)
class Pool:
    """All of it."""

    asked: tuple[Asked, ...]
    texts: tuple[Text, ...]

    def pair(self, question: Numbers, passage: int, *, titled: bool) -> Pair:
        """As `rag.reading.as_numbers.encode` makes it."""
        before, after = special_tokens()
        text = self.texts[passage]
        head = text.head if titled else text.head[:0]
        own = question[:QUESTION]
        room = LONGEST - 3 - len(own)
        ids = np.concatenate(
            [[before], own, [after], np.concatenate([head, text.ids])[:room], [after]]
        )
        first = len(own) + 2
        sentence = np.full(len(ids), -1, np.int32)
        numbers = text.sentence[: max(0, room - len(head))]
        sentence[first + len(head) : first + len(head) + len(numbers)] = numbers
        types = np.zeros(len(ids), np.int32)
        types[first:] = 1
        return Pair(ids.astype(np.int32), types, sentence, first + len(head))

    def save(self, file: Path) -> None:
        """Write it."""
        plain = [[one.passage, one.start, one.end, one.is_graded] for one in self.asked]
        arrays: dict[str, Any] = {
            "parts": np.asarray([one.part for one in self.asked]),
            "plain": np.asarray(plain, np.int32),
            "text_parts": np.asarray([one.part for one in self.texts]),
            "kept": np.asarray([one.is_kept for one in self.texts]),
            **flat("asked", [one.ids for one in self.asked]),
            **flat("right", [one.right for one in self.asked]),
            **flat("unsure", [one.unsure for one in self.asked]),
            **flat("others", [one.others for one in self.asked]),
            **flat("head", [one.head for one in self.texts]),
            **flat("text", [one.ids for one in self.texts]),
            **flat("sentence", [one.sentence for one in self.texts]),
        }
        np.savez_compressed(file, **arrays)


def load_pool(file: Path) -> Pool:
    """A pool that was written before."""
    with np.load(file) as kept:
        rows = zip(
            kept["parts"].tolist(), kept["plain"].tolist(), ragged(kept, "asked"),
            ragged(kept, "right"), ragged(kept, "unsure"), ragged(kept, "others"), strict=True,
        )  # fmt: skip
        asked = tuple(
            Asked(
                part, ids, passage, tuple(right.tolist()), tuple(unsure.tolist()), start, end,
                tuple(others.tolist()), bool(is_graded),
            )
            for part, (passage, start, end, is_graded), ids, right, unsure, others in rows
        )  # fmt: skip
        texts = zip(
            *(ragged(kept, name) for name in ("head", "text", "sentence")),
            kept["text_parts"].tolist(), kept["kept"].tolist(), strict=True,
        )  # fmt: skip
        return Pool(asked, tuple(Text(*one) for one in texts))


def pool_of(corpora: Iterable[tuple[str, Corpus]]) -> Pool:
    """Corpora by the name of their part, as numbers."""
    asked: list[Asked] = []
    texts: list[Text] = []
    for part, corpus in corpora:
        first = len(texts)
        places = []
        for passage in corpus.passages:
            text, where = _text(passage, part)
            texts.append(text)
            places.append(where)
        for one in corpus.questions:
            span = _span(one.answer, places[one.passage])
            if one.answer and span is None:
                continue
            asked.append(
                Asked(
                    part, _ids(one.question), first + one.passage, one.right, one.unsure,
                    *(span or (-1, -1)), tuple(first + i for i in one.others), one.is_graded,
                )
            )  # fmt: skip
    return Pool(tuple(asked), tuple(texts))


def _text(passage: Passage, part: str) -> tuple[Text, NDArray[np.int64]]:
    ends = np.cumsum([len(s) + 1 for s in passage.sentences]) - 1
    starts = ends - [len(s) for s in passage.sentences]
    whole = encode("", "", " ".join(passage.sentences), starts, ends)
    ids = np.asarray(whole.passage[:-1], np.int32)
    sentence = whole.sentence.astype(np.int32)
    return Text(_ids(passage.title), ids, sentence, part, passage.is_kept), whole.places


def _span(answer: tuple[int, int] | None, places: NDArray[np.int64]) -> tuple[int, int] | None:
    if answer is None:
        return None
    first, behind = answer
    inside = np.flatnonzero((places[:, 0] < behind) & (places[:, 1] > first))
    return (int(inside[0]), int(inside[-1])) if len(inside) else None


def _ids(text: str) -> Numbers:
    return np.asarray(tokenizer().encode(text, add_special_tokens=False).ids, np.int32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--squad", type=Path, required=True)
    parser.add_argument("--xquad", type=Path, required=True)
    parser.add_argument("--clapnq", type=Path, required=True)
    parser.add_argument("--articles", type=Path, required=True)
    parser.add_argument("--questions", type=Path, default=bundled_reading())
    parser.add_argument("--output", type=Path, required=True)
    given = parser.parse_args()
    pool = pool_of(
        [
            ("squad", squad(given.squad, given.xquad)),
            ("clapnq", clapnq(given.clapnq)),
            ("own", own(given.questions, given.articles)),
        ]
    )
    pool.save(given.output)
    print(len(pool.asked), "questions,", len(pool.texts), "passages")
    files = [given.squad, given.xquad, given.articles, given.questions]
    for file in (*files, *sorted(given.clapnq.glob("clapnq_dev_*.jsonl")), given.output):
        print(file.name, file_sha256(file))


if __name__ == "__main__":
    main()
