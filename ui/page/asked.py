"""What the browser sends: a question with the conversation that it keeps, and votes on answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rag.asked import filters_of
from rag.errors import QuestionInvalid
from rag.record import FiltersRecord
from rag.types import Filters, Turn

_TURNS = 50
_LONGEST = 20_000  # characters of an earlier question or answer

Reason = Literal["", "wrong-source", "out-of-date", "no-answer", "other"]


class _Sent(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SentTurn(_Sent):
    question: str = Field(max_length=_LONGEST)
    answer: str = Field(default="", max_length=_LONGEST)


class Asked(_Sent):
    """A question, as a browser asks it."""

    id: Annotated[str, Field(min_length=1, max_length=40)]
    """Its own name for it; the answers bear it."""
    question: str = Field(max_length=_LONGEST)
    recognise: bool = True
    filters: FiltersRecord = FiltersRecord()
    without: FiltersRecord = FiltersRecord()
    history: tuple[SentTurn, ...] = Field(default=(), max_length=_TURNS)
    cited: tuple[Annotated[str, Field(max_length=2000)], ...] = Field(default=(), max_length=500)
    """Ids of the posts that earlier answers cite."""

    @property
    def turns(self) -> list[Turn]:
        return [Turn(one.question, one.answer) for one in self.history]

    @property
    def limits(self) -> Filters:
        return _filters(self.filters)

    @property
    def taken_off(self) -> Filters:
        return _filters(self.without)


class Vote(_Sent):
    """What a reader thinks of an answer."""

    id: Annotated[str, Field(max_length=40)] = ""
    """The browser's own name for the question; a later vote of the same name counts instead."""
    question: str = Field(min_length=1, max_length=_LONGEST)
    good: bool
    reason: Reason = ""


def asked(sent: Any) -> Asked:
    """What was sent as a question.

    Raises:
        QuestionInvalid: It is none; the page's own script sends no such thing.
    """
    try:
        return Asked.model_validate(sent)
    except ValidationError as error:
        raise _not_ours(error) from error


def vote(sent: Any) -> Vote:
    """What was sent as a vote.

    Raises:
        QuestionInvalid: It is none.
    """
    try:
        return Vote.model_validate(sent)
    except ValidationError as error:
        raise _not_ours(error) from error


def _filters(given: FiltersRecord) -> Filters:
    return filters_of(
        given.authors,
        given.categories,
        given.tags,
        given.titles,
        since=given.since,
        until=given.until,
    )


def _not_ours(error: ValidationError) -> QuestionInvalid:
    name = ".".join(str(part) for part in error.errors()[0]["loc"]) or "everything"
    return QuestionInvalid(
        f"What was sent does not fit: {name}.", hint="Load the page again, and ask once more."
    )
