"""Sentences that mislead when they are quoted without what stands around them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from eval.cases.jsonl import ItemLine, Line, Text, read_items
from eval.small_index import SmallPost, SmallSection

PLAIN: Final = "plain"
Trap = Literal[
    "reported_speech", "conditional", "denied_next", "lost_antecedent", "outdated", "irony",
    "question", "example", "quote_of_opponent", "plain",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class QuoteCase:
    """A question, a post about it, and which of its sentences would answer it honestly."""

    id: str
    kind: Trap
    """Why the sentence misleads; "plain" for the control group, in which nothing does."""
    question: str
    post: SmallPost
    misleading: str
    """Alone it answers the question wrongly, or not at all; empty for "plain"."""
    right: tuple[str, ...]
    """Sentences that answer; with the misleading one among them, all of them go together. Empty
    where the post has no answer."""
    put_right_by: tuple[str, ...] = ()
    """Beside any one of these, or of `right`, the misleading sentence does no harm."""

    @property
    def together(self) -> bool:
        return self.misleading in self.right


def bundled_contexts() -> Path:
    """Seventy cases of our own."""
    return Path(str(files("eval.data") / "misleading_quotes.jsonl"))


def load_contexts(path: Path) -> tuple[QuoteCase, ...]:
    """The cases of a JSON Lines file, in its order; ids are unique.

    Raises:
        SourceError: The file cannot be read or has mistakes; the hint lists the first ten.
    """
    return tuple(line.case() for line in read_items(path, _ContextLine))


class _SectionLine(Line):
    heading: str = ""
    text: Text


class _PostLine(Line):
    title: Text
    date: date
    sections: Annotated[tuple[_SectionLine, ...], Field(min_length=1)]


class _ContextLine(ItemLine):
    kind: Trap
    question: Text
    post: _PostLine
    misleading: str = ""
    right: tuple[Text, ...] = ()
    together: bool = False
    put_right_by: tuple[Text, ...] = ()

    def problems(self) -> list[str]:
        told = [("right", one) for one in self.right]
        told += [("put_right_by", one) for one in self.put_right_by]
        if self.misleading:
            told.append(("misleading", self.misleading))
        found = [
            f"{field}: {sentence!r} does not stand in the post exactly once"
            for field, sentence in told
            if sum(section.text.count(sentence) for section in self.post.sections) != 1
        ]
        if (self.kind == PLAIN) == bool(self.misleading):
            found.append("misleading: every kind but plain has such a sentence")
        if self.kind == PLAIN and not self.right:
            found.append("right: a plain sentence is right, and has to be named")
        if self.together != (self.misleading in self.right):
            found.append("together: true exactly where the misleading sentence is in right")
        if self.misleading and self.misleading in self.put_right_by:
            found.append("put_right_by: the misleading sentence cannot put itself right")
        return found

    def case(self) -> QuoteCase:
        sections = tuple(SmallSection(one.heading, one.text) for one in self.post.sections)
        return QuoteCase(
            id=self.id,
            kind=self.kind,
            question=self.question,
            post=SmallPost(self.post.title, sections, self.post.date.isoformat()),
            misleading=self.misleading,
            right=self.right,
            put_right_by=self.put_right_by,
        )
