"""What an answer of another system has to say, and how it becomes a record that can be graded.

A system is graded by what of the posts it points at, not by how it names it. Texts that it cites or
found are looked up in an index of the same posts, and count as the sentences of posts that stand in
them (`eval/systems/places.py`). Nothing is put right on the way: a sentence without a mark has no
citation, and a mark of nothing is a citation that leads nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from eval.cases.cases import Case
from eval.cases.gold import normalise
from eval.systems.places import Places
from rag.chat.marks import Marked, marked_sentences
from rag.errors import ModelUnavailable
from rag.record import (
    AnswerRecord,
    CitationRecord,
    HitRecord,
    ProvenanceRecord,
    SentenceRecord,
    Share,
)

UNCHECKED = "Another system's sentence: nobody has checked it."
_HITS = 50  # of what was found, at most: the figures look at ten


class AnswerInvalid(ModelUnavailable):
    """What came back is no answer; the case counts as failed."""


class CitedText(BaseModel):
    """A text of a post that is pointed at or was found."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    post_id: str | int | None = None
    """The post's id in the index, or its WordPress number."""
    url: str | None = None
    """Its address, where it has no id."""
    title: str = ""
    heading: str = ""
    """The nearest heading above the text."""
    quote: str = ""
    """The words that are cited; empty cites all of `text`, or all that is under the heading."""
    text: str = ""
    """The whole text, such as a chunk."""
    number: int | None = None
    """Which [n] means it; None: its place in the list, from 1."""

    @model_validator(mode="after")
    def _of_a_post(self) -> CitedText:
        if self.post_id is None and not self.url:
            raise ValueError("post_id or url has to say which post it is of")
        return self


class OtherAnswer(BaseModel):
    """The form in which another system answers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = ""
    """What is said; [n] behind a sentence points at a citation."""
    abstained: bool | None = None
    """Whether it says that the posts do not answer; None: where it says nothing at all."""
    score: Share | None = None
    """How sure it is that the posts answer; None: 1 for an answer, 0 for a refusal."""
    citations: tuple[CitedText, ...] | None = None
    """What [n] points at; None: the contexts."""
    contexts: tuple[CitedText, ...] = ()
    """What was found, best first."""


def read_answer(given: Any) -> OtherAnswer | AnswerRecord:
    """What a system gave: an answer's record, the form above, or a text alone.

    Raises:
        AnswerInvalid: It is none of them.
    """
    if isinstance(given, OtherAnswer | AnswerRecord):
        return given
    if isinstance(given, str):
        return OtherAnswer(text=given)
    if not isinstance(given, Mapping):
        raise _invalid(f"it is {'nothing' if given is None else type(given).__name__}")
    model = AnswerRecord if "schema" in given else OtherAnswer
    try:
        found: OtherAnswer | AnswerRecord = model.model_validate(dict(given))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        told = f"{place}: {first['msg']}" if place else first["msg"]
        raise _invalid(told) from error
    return found


def graded_record(
    case: Case,
    given: OtherAnswer | AnswerRecord,
    places: Places,
    *,
    refused_when: Sequence[str] = (),
) -> AnswerRecord:
    """The record that is graded.

    Args:
        case: What was asked.
        given: What came back.
        places: The posts that are cited.
        refused_when: A text that holds one of these is a refusal, whatever else it says.
    """
    if isinstance(given, AnswerRecord):
        return _own_form(case, given, places, refused_when)
    said = tuple(_sentences(given))
    refuses = given.abstained or _refuses(given.text, refused_when) or not said
    score = given.score if given.score is not None else float(not refuses)
    cited = _by_number(given.contexts if given.citations is None else given.citations)
    # Without a single mark the citations are of the answer as a whole.
    unmarked = not any(one.numbers for one in said)
    everything = tuple(cited) if unmarked else ()
    return AnswerRecord(
        schema=1,
        id=case.id,
        question=case.question,
        answered=not refuses,
        sentences=()
        if refuses
        else tuple(_sentence(one, cited, everything or one.numbers, places) for one in said),
        hits=tuple(_hit(one, places, rank) for rank, one in enumerate(given.contexts[:_HITS], 1)),
        answerable=score,
        provenance=ProvenanceRecord(writer="another system"),
    )


def _sentences(given: OtherAnswer) -> list[Marked]:
    return [one for one in marked_sentences([given.text]) if one.text or one.numbers]


def _refuses(text: str, refused_when: Sequence[str]) -> bool:
    said = normalise(text)
    return any(normalise(one) in said for one in refused_when)


def _by_number(texts: Sequence[CitedText]) -> dict[int, CitedText]:
    return {place if one.number is None else one.number: one for place, one in enumerate(texts, 1)}


def _sentence(
    said: Marked, cited: Mapping[int, CitedText], numbers: Sequence[int], places: Places
) -> SentenceRecord:
    citations = [
        record
        for number in numbers
        for record in (_cited(cited[number], places) if number in cited else (_nothing(number),))
    ]
    own = normalise(said.text)
    quoted = any(own and own in normalise(one.quote) for one in citations if one.section)
    return SentenceRecord(
        text=said.text,
        basis="quoted" if quoted else "supported",
        support=float(quoted),
        reason=None if quoted else UNCHECKED,
        citations=tuple(citations),
    )


def _cited(one: CitedText, places: Places) -> tuple[CitationRecord, ...]:
    return places.cited(
        _name(one), heading=one.heading, text=one.quote or one.text, title=one.title
    )


def _nothing(number: int) -> CitationRecord:
    """Of a mark that points at nothing."""
    return CitationRecord(post_id=f"[{number}]", title=f"[{number}], which was not given")


def _hit(one: CitedText, places: Places, rank: int) -> HitRecord:
    post = places.post(_name(one))
    return HitRecord(
        post_id=post.id if post else _name(one),
        title=post.title if post else one.title,
        headings=(one.heading,) if one.heading else (),
        text=one.text or one.quote,
        relevance=1 / rank,
    )


def _name(one: CitedText) -> str:
    return str(one.post_id) if one.post_id is not None else one.url or ""


def _own_form(
    case: Case, given: AnswerRecord, places: Places, refused_when: Sequence[str]
) -> AnswerRecord:
    """Our own form from elsewhere: its quotes are looked up like any other system's."""
    sentences = tuple(
        one.model_copy(
            update={"citations": tuple(c for old in one.citations for c in places.looked_up(old))}
        )
        for one in given.sentences
    )
    text = " ".join(one.text for one in sentences)
    refuses = not given.answered or _refuses(text, refused_when) or not sentences
    return given.model_copy(
        update={
            "id": case.id,
            "question": case.question,
            "answered": not refuses,
            "sentences": () if refuses else sentences,
        }
    )


def _invalid(told: str) -> AnswerInvalid:
    return AnswerInvalid(
        f"What came back is no answer: {told}.", hint="docs/evaluation-systems.md has its form."
    )
