"""What callers hand over with a question, in the forms that are about: turns and filters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from rag.errors import QuestionInvalid
from rag.record import FiltersRecord
from rag.types import Filters, Turn

Conversation = Iterable[Turn | Mapping[str, Any]] | None
"""What `turns` takes, as far as types say it."""
Limits = Filters | Mapping[str, Any] | None
"""What `limits` takes."""
_USER, _ASSISTANT = {"user", "human"}, {"assistant", "ai"}
_PASSED_OVER = {"system", "developer", "tool", "function"}
_HISTORY = (
    'Pass a list of {"question": …, "answer": …}, or of {"role": …, "content": …} with the roles'
    ' "user" and "assistant".'
)
_LISTS = ("authors", "categories", "tags", "titles")
_TAKEN = "They take authors, categories, tags, titles (lists of names), since and until (times)."


@dataclass(frozen=True, slots=True)
class Asked:
    """All that a caller may hand over with a question, in the form that it is worked with."""

    question: str
    history: tuple[Turn, ...]
    filters: Filters
    recognise: bool
    without: Filters

    @property
    def beside(self) -> dict[str, Any]:
        """What goes along with the question, as keywords of the pipeline."""
        return {one.name: getattr(self, one.name) for one in fields(self)[1:]}


def asked(
    question: Any, history: Any = None, filters: Any = None, recognise: Any = True,
    without: Any = None,
) -> Asked:  # fmt: skip
    """What a caller hands over, looked at before anything is done with it.

    Args:
        question: A text.
        history: As `turns` takes it.
        filters: As `limits` takes them.
        recognise: True or False.
        without: As `limits` takes them.

    Raises:
        QuestionInvalid: Something of it has another form.
    """
    if not isinstance(question, str):
        raise QuestionInvalid(
            f"A question is a text, not {question!r:.80}.", hint='Ask as in "When was it signed?".'
        )
    if not isinstance(recognise, bool):
        raise QuestionInvalid(
            f"recognise is True or False, not {recognise!r:.80}.", hint="Leave it out for True."
        )
    return Asked(question, turns(history), limits(filters), recognise, limits(without))


def turns(history: Iterable[Any] | None) -> tuple[Turn, ...]:
    """Turns of a conversation, oldest first.

    Args:
        history: Each a `Turn`, a mapping with `question` and perhaps `answer`, or a message: a
            mapping with `role` and `content`, a pair of the two, or one of LangChain's. What the
            assistant says answers the question before it; what a system says is passed over.

    Raises:
        QuestionInvalid: Something else is among them.
    """
    if isinstance(history, str | Mapping | Turn) or not isinstance(history or (), Iterable):
        raise _no_history(history)
    found: list[Turn] = []
    for one in history or ():
        if isinstance(one, Turn):
            if not isinstance(one.question, str) or not isinstance(one.answer, str):
                raise _no_history(one)
            found.append(one)
            continue
        question = _field(one, "question")
        if isinstance(question, str):
            answer = _field(one, "answer")
            found.append(Turn(question, answer if isinstance(answer, str) else ""))
            continue
        role, content = _message(one)
        if role in _USER:
            found.append(Turn(content))
        elif role in _ASSISTANT and found:
            last = found[-1]
            found[-1] = Turn(last.question, f"{last.answer}\n{content}".strip())
        elif role not in _ASSISTANT | _PASSED_OVER:
            raise QuestionInvalid(
                f"The history holds a message of {role!r:.80}, which is no role.", hint=_HISTORY
            )
    return tuple(found)


def limits(given: Any) -> Filters:
    """Filters from `Filters`, from a mapping with their fields, or from None.

    One name may stand for a list of it, and a day, also as a text, for its beginning in UTC.

    Raises:
        QuestionInvalid: A field is unknown or has another form.
    """
    if isinstance(given, Filters):
        given = {one.name: getattr(given, one.name) for one in fields(given)}
    if not isinstance(given, Mapping | None):
        raise QuestionInvalid(
            f"The filters do not fit: they are a mapping, not {given!r:.80}.", hint=_TAKEN
        )
    told = {
        name: [value] if name in _LISTS and isinstance(value, str) else value
        for name, value in (given or {}).items()
        if value is not None
    }
    try:
        record = FiltersRecord.model_validate(told)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise QuestionInvalid(
            f"The filters do not fit: {name + ': ' if name else ''}{first['msg']}.", hint=_TAKEN
        ) from error
    return filters_of(
        record.authors,
        record.categories,
        record.tags,
        record.titles,
        since=record.since,
        until=record.until,
    )


def filters_of(
    authors: Sequence[str] | None,
    categories: Sequence[str] | None,
    tags: Sequence[str] | None,
    titles: Sequence[str] | None = None,
    *,
    since: datetime | None,
    until: datetime | None,
) -> Filters:
    """Filters from what was typed or read; a time without a zone is UTC."""
    return Filters(
        authors=tuple(authors or ()),
        categories=tuple(categories or ()),
        tags=tuple(tags or ()),
        titles=tuple(titles or ()),
        since=_utc(since),
        until=_utc(until),
    )


def _message(one: Any) -> tuple[str, str]:
    if isinstance(one, tuple | list) and len(one) == 2:
        role, content = one
    else:
        role = _field(one, "role") or _field(one, "type")
        content = _field(one, "content")
    if not isinstance(role, str) or not isinstance(content, str):
        raise _no_history(one)
    # Of a part of a message LangChain says "AIMessageChunk".
    return role.lower().removesuffix("messagechunk"), content


def _field(one: Any, name: str) -> Any:
    return one.get(name) if isinstance(one, Mapping) else getattr(one, name, None)


def _no_history(given: Any) -> QuestionInvalid:
    return QuestionInvalid(
        f"The history holds something that is no turn: {type(given).__name__}.",
        hint=_HISTORY,
    )


def _utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError as error:
        raise QuestionInvalid(
            f"{moment} is a time that UTC has no year for.", hint="Take years from 2 to 9998."
        ) from error
