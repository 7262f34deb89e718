"""Grades what is done where posts of different dates do not say the same.

    python -m eval.older_newer [FILE] [--answers]

FILE holds questions with an older and a newer post each; without it, the bundled ones. In half of
them the posts say different values of the same thing; the other half is a control group: they say
the same, or different values of different things, or each of its own time. All posts go into one
index, and every question is asked through the whole pipeline. Pairs that are `held_out` were
written without the rules at hand, and have rows of their own.

* *newer first*: the first sentence of the answer is the newer post's;
* *older told*: what the older post says is shown, as what it is;
* *misled*: the older sentence is shown as an answer;
* *false alarm*: anything is told to differ that does not.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Literal

import numpy as np

from eval.bootstrap import RESAMPLES, estimate, mean
from eval.cases.jsonl import ItemLine, Line, Text, read_items
from eval.hashes import made_with_text
from eval.run import Asked
from eval.small_index import SmallPost, SmallSection, small_assistant
from eval.tables import shown, table
from rag.settings import load_settings
from rag.types import Answer

Kind = Literal[
    "number", "date", "yes_no", "name", "place", "version", "same", "other_thing", "own_time"
]
DIFFERING: frozenset[Kind] = frozenset({"number", "date", "yes_no", "name", "place", "version"})
"""What the newer post says otherwise; the other kinds are of the control group."""
_COLUMNS = ("newer first", "older told", "misled", "false alarm")


class _PostLine(Line):
    title: Text
    date: date
    text: Text

    def post(self) -> SmallPost:
        return SmallPost(self.title, (SmallSection("", self.text),), self.date.isoformat())


class PairLine(ItemLine):
    """A question with an older and a newer post."""

    kind: Kind
    differs: bool
    held_out: bool = False
    """Written without the rules at hand; the others were before the eyes of who wrote these."""
    question: Text
    older: _PostLine
    newer: _PostLine
    old: Text
    new: Text

    def problems(self) -> list[str]:
        found = [
            f"{field}: {sentence!r} does not stand in its post exactly once"
            for field, sentence, post in (
                ("old", self.old, self.older), ("new", self.new, self.newer),
            )
            if post.text.count(sentence) != 1
        ]  # fmt: skip
        if self.older.date >= self.newer.date:
            found.append("newer: it is not newer than the older one")
        if self.differs != (self.kind in DIFFERING):
            found.append(f"differs: true exactly for {', '.join(sorted(DIFFERING))}")
        return found


@dataclass(frozen=True, slots=True)
class PairGrade:
    """What one question earned."""

    pair: PairLine
    newer_first: bool
    older_told: bool
    misled: bool
    false_alarm: bool
    shown: tuple[str, ...]

    @property
    def marks(self) -> tuple[bool, ...]:
        """In the order of the columns."""
        return self.newer_first, self.older_told, self.misled, self.false_alarm


def bundled_pairs() -> Path:
    """Eighty pairs of our own, half of them held out."""
    return Path(str(files("eval.data") / "older_newer.jsonl"))


def load_pairs(path: Path) -> tuple[PairLine, ...]:
    """The pairs of a JSON Lines file, in its order.

    Raises:
        SourceError: The file cannot be read or has mistakes.
    """
    return tuple(read_items(path, PairLine))


def grade_pairs(assistant: Asked, pairs: Sequence[PairLine]) -> tuple[PairGrade, ...]:
    """Ask every question, one after another."""
    return tuple(grade_pair(pair, assistant.ask(pair.question)) for pair in pairs)


def grade_pair(pair: PairLine, answer: Answer) -> PairGrade:
    said = [sentence.text for sentence in answer.sentences]
    told = [(one.other.quote, one.is_older) for one in answer.disagreements]
    right = (pair.old, True) in told if pair.differs else False
    return PairGrade(
        pair=pair,
        newer_first=said[:1] == [pair.new],
        older_told=right,
        misled=pair.differs and pair.old in said,
        false_alarm=any(one != (pair.old, True) or not pair.differs for one in told),
        shown=(*said, *(f"otherwise: {quote}" for quote, _ in told)),
    )


def pairs_text(grades: Sequence[PairGrade]) -> str:
    """Shares with intervals, and counts by kind; held-out pairs apart in both."""
    rows: list[list[str]] = []
    counts: list[list[str]] = []
    for held_out in dict.fromkeys(one.pair.held_out for one in grades):
        own = [one for one in grades if one.pair.held_out == held_out]
        told = ", held out" if held_out else ""
        rows += _shares(own, told)
        counts += _counts(own, told)
    return (
        f"{table(['Posts', 'n', *_COLUMNS], rows)}\n\n{table(['Kind', 'n', *_COLUMNS], counts)}\n\n"
        "[low, high] is a 95 % interval: percentile bootstrap by question, "
        f"{RESAMPLES:,} resamples."
    )


def _shares(grades: Sequence[PairGrade], told: str) -> Iterator[list[str]]:
    for name, differs in (("differ", True), ("control group", False)):
        own = [one for one in grades if one.pair.differs == differs]
        marks = np.array([one.marks for one in own], np.float64).reshape(-1, len(_COLUMNS))
        found = [estimate(marks[:, [column]], mean) for column in range(len(_COLUMNS))]
        yield [f"{name}{told}", str(len(own)), *map(shown, found)]


def _counts(grades: Sequence[PairGrade], told: str) -> Iterator[list[str]]:
    for kind in dict.fromkeys(one.pair.kind for one in grades):
        own = [one for one in grades if one.pair.kind == kind]
        sums = [str(sum(column)) for column in zip(*(one.marks for one in own), strict=True)]
        yield [f"{kind}{told}", str(len(own)), *sums]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, nargs="?", default=bundled_pairs())
    parser.add_argument("--answers", action="store_true", help="list what was shown as well")
    arguments = parser.parse_args()
    pairs = load_pairs(arguments.file)
    posts = [post.post() for pair in pairs for post in (pair.older, pair.newer)]
    with small_assistant(posts, load_settings()) as assistant:
        grades = grade_pairs(assistant, pairs)
    print(f"{pairs_text(grades)}\n\n{made_with_text([arguments.file], load_settings())}")
    if arguments.answers:
        for one in grades:
            print(f"\n{one.pair.id} [{one.pair.kind}] {one.pair.question}")
            print("\n".join(f"  {text}" for text in one.shown) or "  (refused)")


if __name__ == "__main__":
    main()
