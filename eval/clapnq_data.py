"""Questions of CLAPNQ with the passage that each was asked about, as posts of a small site.

Rosenthal et al., 2024, https://arxiv.org/abs/2404.02103. Each sentence becomes a paragraph, so that
what is quoted can be told by its paragraph, however the sentence itself is split.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from eval.cases.gold import normalise
from eval.fit.reader_data import untokenised
from eval.seen import is_graded
from eval.small_index import SmallPost, SmallSection, post_id
from rag.errors import SourceError
from rag.types import Filters

_FIRST_DAY = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Question:
    """A question and its passage."""

    text: str
    answerable: bool
    graded: bool
    """Whether nothing of this project is trained or fitted on it."""
    passage: int
    """Number of the passage, from 1."""
    title: str
    sentences: tuple[str, ...]
    references: tuple[frozenset[int], ...]
    """What each person chose; empty where the passage has no answer."""

    @property
    def post_id(self) -> str:
        return post_id(self.passage)

    @property
    def only_this_post(self) -> Filters:
        """Limits a search to the passage: each is a post of a day of its own."""
        day = datetime.combine(_day(self.passage), datetime.min.time(), UTC)
        return Filters(since=day, until=day + timedelta(days=1))

    def place(self, line: str) -> int | None:
        """The sentence that a paragraph of the passage is."""
        wanted = normalise(line)
        return next((i for i, one in enumerate(self.sentences) if normalise(one) == wanted), None)


def load_questions(folder: Path) -> tuple[Question, ...]:
    """The development part: answerable and unanswerable questions.

    Raises:
        SourceError: The folder does not hold the two files.
    """
    passages: dict[tuple[str, tuple[str, ...]], int] = {}
    found = []
    for part in ("answerable", "unanswerable"):
        file = folder / f"clapnq_dev_{part}.jsonl"
        if not file.is_file():
            raise SourceError(f"{file} is missing.", hint="Name the folder of CLAPNQ's files.")
        for line in file.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            given = entry["passages"][0]
            key = (given["title"], tuple(given["sentences"]))
            chosen = [set(one.get("selected_sentences", ())) for one in entry["output"]]
            sets = [frozenset(i for i, s in enumerate(key[1]) if s in one) for one in chosen]
            question = Question(
                text=entry["input"],
                answerable=part == "answerable",
                graded=is_graded(str(entry["id"])),
                passage=passages.setdefault(key, len(passages) + 1),
                title=untokenised(key[0]),
                sentences=tuple(untokenised(one) for one in key[1]),
                references=tuple(one for one in sets if one),
            )
            found.append(question)
    return tuple(found)


def posts(questions: Sequence[Question]) -> list[SmallPost]:
    """The passages, each once, in the order of their numbers."""
    every = {one.passage: one for one in questions}
    return [
        SmallPost(
            one.title, (SmallSection("", "\n".join(one.sentences)),), _day(one.passage).isoformat()
        )
        for _, one in sorted(every.items())
    ]


def _day(number: int) -> date:
    return _FIRST_DAY + timedelta(days=number)
