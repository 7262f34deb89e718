"""What callers hand over with a question, in the forms that are about: turns and filters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from rag.errors import QuestionInvalid
from rag.record import FiltersRecord
from rag.types import Filters, Turn

_USER, _ASSISTANT = {"user", "human"}, {"assistant", "ai"}


def turns(history: Iterable[Any] | None) -> tuple[Turn, ...]:
    """Turns of a conversation, oldest first.

    Args:
        history: Each a `Turn`, a mapping with `question` and perhaps `answer`, or a message: a
            mapping with `role` and `content`, a pair of the two, or one of LangChain's. What the
            assistant says answers the question before it; what a system says is passed over.

    Raises:
        QuestionInvalid: Something else is among them.
    """
    if isinstance(history, str | Mapping):
        raise _no_history(history)
    found: list[Turn] = []
    for one in history or ():
        if isinstance(one, Turn):
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
    return tuple(found)


def filters(given: Any) -> Filters:
    """Filters from `Filters`, from a mapping with their fields, or from None.

    Raises:
        QuestionInvalid: A field is unknown or has another form.
    """
    if given is None or isinstance(given, Filters):
        return given or Filters()
    try:
        record = FiltersRecord.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise QuestionInvalid(
            f"The filters do not fit: {name + ': ' if name else ''}{first['msg']}.",
            hint="They take authors, categories, tags and titles (lists), since and until (times).",
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
    return role, content


def _field(one: Any, name: str) -> Any:
    return one.get(name) if isinstance(one, Mapping) else getattr(one, name, None)


def _no_history(given: Any) -> QuestionInvalid:
    return QuestionInvalid(
        f"The history holds something that is no turn: {type(given).__name__}.",
        hint='Pass a list of {"question": …, "answer": …} or of {"role": …, "content": …}.',
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
