"""Questions with their gold answers: from JSON Lines to `Case`s. Mistakes are told by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from eval.gold import Gold, find, is_post
from eval.jsonl import Id, ItemLine, Line, Text, read_items
from rag.asked import turns
from rag.text import search_words
from rag.types import Turn

if TYPE_CHECKING:
    from rag.index import Index

_NEEDS_ALL = frozenset({"multi"})


@dataclass(frozen=True, slots=True)
class Case:
    """A question and what is known about its answer."""

    id: str
    kind: str
    """For slices, such as "fact", "followup", "near"; "multi" needs every gold sentence."""
    question: str
    history: tuple[Turn, ...] = ()
    """Earlier turns, oldest first."""
    answerable: bool = True
    answer: str = ""
    """A reference answer, for people."""
    must_include: tuple[tuple[str, ...], ...] = ()
    """A right answer contains one of the alternatives of each group."""
    gold: tuple[Gold, ...] = ()
    """Empty exactly where the posts do not answer."""

    @property
    def parts(self) -> tuple[tuple[Gold, ...], ...]:
        """What an answer needs: one of the alternatives of each part."""
        if self.kind in _NEEDS_ALL:
            return tuple((gold,) for gold in self.gold)
        return (self.gold,) if self.gold else ()


def load_cases(path: Path) -> tuple[Case, ...]:
    """The cases of a JSON Lines file, in its order; ids are unique.

    Raises:
        SourceError: The file cannot be read or has mistakes; the hint lists the first ten.
    """
    return tuple(line.case() for line in read_items(path, _CaseLine))


def missing_gold(cases: Sequence[Case], index: Index) -> tuple[str, ...]:
    """Ids of the cases of which a gold sentence does not stand in the index, in order."""
    posts = [post.id for post in index.posts(limit=max(1, index.status().posts))]
    missing = []
    for case in cases:
        for gold in case.gold:
            own = [post for post in posts if is_post(gold, post)]
            if not any(find(gold, index.sections(post)) for post in own):
                missing.append(case.id)
                break
    return tuple(missing)


class _GoldLine(Line):
    post_id: Id
    heading: str = ""
    quote: Text


class _TurnLine(Line):
    """A turn with its answer, or one message of a chat."""

    question: Text | None = None
    answer: str = ""
    role: Literal["user", "assistant"] | None = None
    content: Text | None = None

    @model_validator(mode="after")
    def _one_shape(self) -> _TurnLine:
        turn = self.question is not None
        message = self.role is not None and self.content is not None
        if turn == message or (message and self.answer):
            raise ValueError("write question and answer, or role and content")
        return self


class _CaseLine(ItemLine):
    kind: Text
    question: Text
    history: tuple[_TurnLine, ...] = ()
    answerable: bool
    answer: str = ""
    must_include: tuple[Annotated[tuple[Text, ...], Field(min_length=1)], ...] = ()
    gold: tuple[_GoldLine, ...] = ()

    def problems(self) -> list[str]:
        found = [
            f"gold.{place}.quote: {gold.quote!r} has no word"
            for place, gold in enumerate(self.gold)
            if not search_words(gold.quote)
        ]
        if self.answerable and not self.gold:
            found.append("gold: an answerable question needs at least one")
        if not self.answerable and (self.gold or self.must_include):
            found.append("gold and must_include: a question without an answer has none")
        if self.history and self.history[0].role == "assistant":
            found.append("history: the first message is the user's")
        return found

    def case(self) -> Case:
        return Case(
            id=self.id,
            kind=self.kind,
            question=self.question,
            history=turns(self.history),
            answerable=self.answerable,
            answer=self.answer,
            must_include=self.must_include,
            gold=tuple(Gold(one.post_id, one.heading, one.quote) for one in self.gold),
        )
