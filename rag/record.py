"""The answer as JSON: the contract of the command line, the APIs, the page and saved history.

An `AnswerRecord` is what is left of an `Answer` outside this process, and the form in which
answers of other systems are read; it promises nothing about a check.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from rag.limit_fields import Names, Time
from rag.types import Answer, CheckedSentence, Citation, Filters, Passage, Provenance

NOT_ASKED = "Not asked: "
"""Begins the warning of a record to a question that was not asked."""
Share = Annotated[float, Field(ge=0, le=1)]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class CitationRecord(_Record):
    """A sentence of a section pointed at, or a field of the post's record."""

    post_id: str
    title: str = ""
    headings: tuple[str, ...] = ()
    section: str | None = None
    """The section's key; None for a field of the record."""
    start: int | None = None
    """Where the quote starts in the section's text, in characters; None for a field."""
    published: datetime | None = None
    url: str = ""
    quote: str = ""
    field: str | None = None
    kind: str | None = None
    """What the quote is of on the page, such as "paragraph", "item" or "row"; None for a field."""
    header: str = ""
    """For a table's row: the heads of its columns, joined as its cells are."""
    before: str = ""
    """The sentence right before the quote in its post; empty where it is no running text."""
    after: str = ""
    recovered: str | None = None
    """How the post was recovered from a damaged file; None where it was whole."""
    may_be_cut: bool = False
    """True where text of the post may be missing."""


class ShortRecord(_Record):
    """The words of a sentence that answer by themselves: `text` of it from `start` to `end`."""

    start: int
    end: int
    text: str


class SentenceRecord(_Record):
    text: str
    basis: Literal["quoted", "supported", "record"]
    support: Share
    reason: str | None = None
    short: ShortRecord | None = None
    citations: tuple[CitationRecord, ...]


class RejectedRecord(_Record):
    text: str
    reason: str


class HitRecord(_Record):
    post_id: str
    title: str = ""
    headings: tuple[str, ...] = ()
    section: str = ""
    text: str
    relevance: Share


class DisagreementRecord(_Record):
    """What another post says otherwise than one that is cited."""

    cited: CitationRecord
    other: CitationRecord
    other_is_older: bool


class ProvenanceRecord(_Record):
    version: str = ""
    index_generation: int = 0
    synced_at: datetime | None = None
    embedder: str = ""
    reader: str = ""
    reranker: str = ""
    writer: str = ""
    judge: str = ""
    thresholds: dict[str, float] = {}
    refusal: str = ""
    """Empty where what decides whether to answer is what is shipped."""


class FiltersRecord(_Record):
    authors: Names = ()
    """Names; posts of one of them are taken."""
    categories: Names = ()
    """Names; posts in one of them are taken."""
    tags: Names = ()
    """Names; posts with one of them are taken."""
    titles: Names = ()
    """Posts that bear one of them are taken."""
    since: Time = None
    """Posts published then or later."""
    until: Time = None
    """Posts published before then."""


class RecognisedRecord(_Record):
    """Words of the question, and the filter that they became."""

    words: str
    filters: FiltersRecord


class AnswerRecord(_Record):
    """One answer, schema 1."""

    schema_: Literal[1] = Field(default=1, alias="schema")
    id: str | int | None = None
    question: str
    answered: bool
    searched_for: tuple[str, ...] = ()
    filters: FiltersRecord = FiltersRecord()
    """The caller's, and what was recognised."""
    recognised: tuple[RecognisedRecord, ...] = ()
    sentences: tuple[SentenceRecord, ...] = ()
    """Those that passed the check; none where no answer was found."""
    rejected: tuple[RejectedRecord, ...] = ()
    """Claims of the draft that did not pass the check, word for word, and why."""
    hits: tuple[HitRecord, ...] = ()
    nearest: tuple[CitationRecord, ...] = ()
    answerable: Share = 0.0
    disagreements: tuple[DisagreementRecord, ...] = ()
    warnings: tuple[str, ...] = ()
    timing_ms: dict[str, float] = {}
    provenance: ProvenanceRecord = ProvenanceRecord()

    def to_json(self, *, indent: int | None = None) -> str:
        """JSON text, with non-ASCII characters as they are."""
        return self.model_dump_json(by_alias=True, indent=indent)


def record(answer: Answer, *, id: str | int | None = None) -> AnswerRecord:  # noqa: A002
    """The contract's form of an answer."""
    return AnswerRecord(
        schema=1,
        id=id,
        question=answer.query.question,
        answered=answer.answered,
        searched_for=answer.query.searches,
        filters=_filters(answer.query.filters),
        recognised=tuple(
            RecognisedRecord(words=one.words, filters=_filters(one.filters))
            for one in answer.query.recognised
        ),
        sentences=tuple(_sentence(sentence) for sentence in answer.sentences),
        rejected=tuple(
            RejectedRecord(text=one.claim.text, reason=one.reason) for one in answer.rejected
        ),
        hits=tuple(hit_record(hit.passage, hit.relevance) for hit in answer.hits),
        nearest=tuple(_citation(citation) for citation in answer.nearest),
        answerable=answer.answerable,
        disagreements=tuple(
            DisagreementRecord(
                cited=_citation(one.cited),
                other=_citation(one.other),
                other_is_older=one.is_older,
            )
            for one in answer.disagreements
        ),
        warnings=answer.warnings,
        timing_ms={stage: round(ms, 3) for stage, ms in answer.timing.items()},
        provenance=provenance_record(answer.provenance),
    )


def not_asked(
    question: str,
    why: str,
    made_with: Provenance,
    *,
    id: str | int | None = None,  # noqa: A002
) -> AnswerRecord:
    """The contract's form where a question was not asked, so that there is no answer."""
    return AnswerRecord(
        schema=1,
        id=id,
        question=question,
        answered=False,
        warnings=(f"{NOT_ASKED}{why}",),
        provenance=provenance_record(made_with),
    )


def provenance_record(made_with: Provenance) -> ProvenanceRecord:
    """The contract's form of what an answer is made with."""
    return ProvenanceRecord(
        version=made_with.version,
        index_generation=made_with.index_generation,
        synced_at=made_with.synced_at,
        embedder=made_with.embedder,
        reader=made_with.reader,
        reranker=made_with.reranker,
        writer=made_with.writer,
        judge=made_with.judge,
        thresholds=dict(made_with.thresholds),
        refusal=made_with.refusal,
    )


def _filters(filters: Filters) -> FiltersRecord:
    return FiltersRecord(
        authors=filters.authors,
        categories=filters.categories,
        tags=filters.tags,
        titles=filters.titles,
        since=filters.since,
        until=filters.until,
    )


def _sentence(sentence: CheckedSentence) -> SentenceRecord:
    at = sentence.short
    words = sentence.text[at.start : at.end] if at else ""
    return SentenceRecord(
        text=sentence.text,
        basis=sentence.basis.value,
        support=sentence.support,
        reason=sentence.reason,
        short=ShortRecord(start=at.start, end=at.end, text=words) if at else None,
        citations=tuple(_citation(citation) for citation in sentence.citations),
    )


def _citation(citation: Citation) -> CitationRecord:
    section, damage, block = citation.section, citation.post.damage, citation.block
    return CitationRecord(
        post_id=citation.post.id,
        title=citation.post.title,
        headings=section.headings if section else (),
        section=section.key if section else None,
        start=citation.sentence.start if citation.sentence else None,
        published=citation.post.published,
        url=citation.url,
        quote=citation.quote,
        field=citation.field,
        kind=block.kind if block else "paragraph" if citation.sentence else None,
        header=block.header if block else "",
        before=citation.before,
        after=citation.after,
        recovered=damage.recovered if damage else None,
        may_be_cut=damage is not None and not damage.complete,
    )


def hit_record(passage: Passage, relevance: float) -> HitRecord:
    """The contract's form of a passage that was found."""
    return HitRecord(
        post_id=passage.post.id,
        title=passage.post.title,
        headings=passage.section.headings,
        section=passage.section.key,
        text=passage.text,
        relevance=relevance,
    )
