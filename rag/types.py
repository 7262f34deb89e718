"""Every noun of the design, in the order the data flows. Knows nothing else of the project."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]  # shape (dimension,); length 1
Vectors = NDArray[np.float32]  # shape (n, dimension); every row has length 1

BlockKind = Literal["paragraph", "item", "row", "code", "caption", "quote", "note", "heading"]
# A "heading" has no text of its own and stands, in the page, above the heading of its section.


# ---------------------------------------------------------------- what was posted


@dataclass(frozen=True, slots=True)
class Damage:
    """How a post was recovered from a damaged file."""

    recovered: str
    """The way that worked, for people: "from plain text that lost its tags"."""
    complete: bool
    """False where text may be missing, at the end or in the middle."""


@dataclass(frozen=True, slots=True)
class Post:
    """The record of one WordPress post or page."""

    id: str
    """`<host><home path>/<WordPress id>` without scheme and www, else `<host>/<path>`."""
    title: str
    url: str
    """Empty where the source names no http(s) address."""
    published: datetime | None = None
    """UTC."""
    modified: datetime | None = None
    """UTC."""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    language: str | None = None
    """BCP 47, such as "en" or "pt-BR"; that of the text where the source does not say, None where
    it is not sure either."""
    damage: Damage | None = None
    translations: tuple[str, ...] = ()
    """Ids of the posts that say the same in other languages; some may not be in the index."""


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a section's text that was one element of the page.

    A text fragment must not cross its borders, and no sentence does.
    """

    start: int
    end: int
    """`section.text[start:end]` is the block's text."""
    kind: BlockKind = "paragraph"
    header: str = ""
    """A table's column heads, joined as its rows are; embedded with the row, not in the text."""
    gaps: tuple[tuple[int, int], ...] = ()
    """Places of `section.text`, in order, where the page goes on otherwise: (n, n) it has more,
    such as a footnote's number; (n, m) it lacks what stands there, such as a picture's text."""


@dataclass(frozen=True, slots=True)
class Section:
    """A post's text under one heading: what answers cite."""

    key: str
    """Its place in the heading tree: "0" before the first heading, then "1", "2.1", …"""
    headings: tuple[str, ...]
    """From the outermost heading to its own; () before the first heading."""
    anchor: str | None
    """An id that exists in the page, as it stands there; never invented."""
    page: int
    """The `<!--nextpage-->` page that it starts on, from 1."""
    text: str
    """Rendered text: what a reader sees. Blocks and line breaks are "\\n", table cells " | "."""
    blocks: tuple[Block, ...] = ()
    """In order; they cover all of `text` but the line ends between them."""


@dataclass(frozen=True, slots=True)
class ParsedPost:
    """A post as a reader hands it over: its record and its sections in reading order."""

    post: Post
    sections: tuple[Section, ...]


# ---------------------------------------------------------------- what is searched


@dataclass(frozen=True, slots=True)
class Sentence:
    """A slice of a section: `section.text[start : start + len(text)] == text`, always."""

    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Span:
    """Words of a sentence: `sentence.text[start:end]`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """Consecutive whole sentences of one section."""

    id: str
    """Hash of post id, section key, ordinal and embedded text."""
    post: Post
    section: Section
    sentences: tuple[Sentence, ...]
    """Never empty."""
    tokens: int
    """Of the embedded text, by the embedding model's own tokenizer, special tokens included."""
    position: int = 0
    """Ordinal in the post, from 0: neighbours differ by one."""

    @property
    def text(self) -> str:
        return self.section.text[self.sentences[0].start : self.sentences[-1].end]


# ---------------------------------------------------------------- what is asked


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of the conversation and what was answered."""

    question: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a question is limited to; an empty field limits nothing."""

    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    """Posts that bear one of these titles."""
    since: datetime | None = None
    """Posts published at this time or later, UTC."""
    until: datetime | None = None
    """Posts published before this time, UTC."""

    def __bool__(self) -> bool:
        return self != Filters()


@dataclass(frozen=True, slots=True)
class Recognised:
    """Words of a question that say what it is limited to, and the filter that they became."""

    words: str
    """As they stand in the question, or in the one before that it goes on from."""
    filters: Filters
    """What these words alone stand for: one field, or a span of time."""


class Wanted(StrEnum):
    """What a question about the posts themselves asks for."""

    NEWEST = "newest"
    OLDEST = "oldest"
    LIST = "list"
    COUNT = "count"
    DATE = "date"
    AUTHORS = "authors"
    TALLY = "tally"


@dataclass(frozen=True, slots=True)
class RecordQuestion:
    """A question about the posts themselves, to be answered from their records."""

    wanted: Wanted
    topic: str = ""
    """What the posts are about, in the question's words; empty: anything."""
    content: bool = False
    """What the posts say is asked for as well."""
    titled: bool = False
    """The subject is a post's title, and no other post is meant."""
    oldest: bool = False
    """Of a list: the oldest first, instead of the newest."""
    most: int = 0
    """Of a list or a tally: so many are asked for; 0: as many as an answer names."""
    left_out: str = ""
    """The question's words for posts that are not meant, such as "but not by Tom": no filter says
    that, so they are among the others."""
    by: str = ""
    """Of a tally, and where not posts are to be counted: "authors", "categories", "tags", "topics",
    which are categories or else tags, "years" or "months"; else empty."""
    extreme: str = ""
    """Of a tally: "most" or "fewest" where only those with so many posts are asked for."""
    itself: bool = False
    """It is asked who or what answers: how many posts there are is said, and a warning the rest."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question made searchable."""

    question: str
    standalone: str
    """The question as it can be understood without the conversation."""
    searches: tuple[str, ...]
    """The texts to search for, most important first; never empty."""
    reworded: str | None = None
    """That of them which says it in the words that posts have: spellings, abbreviations, numbers;
    None where those are the question's own."""
    filters: Filters = Filters()
    """What the caller limited the question to, and what was recognised in it."""
    recognised: tuple[Recognised, ...] = ()
    """Where those of the filters come from that the question itself names."""
    shut_out: tuple[Recognised, ...] = ()
    """What the question names and the caller's filters do not let through: it limits nothing."""
    unmentioned: tuple[str, ...] = ()
    """Names in the question that no post holds: what is asked of them, no post can answer."""
    sections: tuple[tuple[str, str], ...] = ()
    """Post id and key of the sections that it names by title and heading: it asks what they say."""
    record: RecordQuestion | None = None
    """None: a question about what stands in the posts."""
    before: str = ""
    """The last question and its answer; passages of the post that they were from come first. Empty
    where nothing was said, or where the question is of something else."""
    language: str | None = None
    """One of the languages of the posts, without a country; None where that is not sure, where no
    post is in it, or where all posts are in one language that the embedding model can read."""
    preferred: str | None = None
    """The language whose posts come first: the question's, or that of most posts where it is surely
    in one that no post is in; None where none does."""


@dataclass(frozen=True, slots=True)
class SentenceScore:
    """How a sentence of a hit fares against the question."""

    sentence: Sentence
    relevance: float
    """That it answers the question: calibrated, in [0, 1]."""
    short: Span | None = None
    """The words that answer by themselves, where a reader is sure of them."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage with its relevance to the query."""

    passage: Passage
    relevance: float
    """That it holds the answer: calibrated, in [0, 1]."""
    sentences: tuple[SentenceScore, ...] = ()
    """One for each sentence of the passage, in reading order."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """A sentence pointed at, in its section and post."""

    post: Post
    section: Section
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Differing:
    """Sentences of two posts that say different things of what is asked."""

    newer: Pointer
    older: Pointer


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of the posts that were asked for bear a name, or are of a time."""

    name: str
    """Of an author, a category or a tag; a year such as "2016", or a month such as "May 2016"."""
    posts: int
    """At least 1."""
    newest: Post
    """The newest of them."""
    by: str
    """What the name is of: "authors", "categories", "tags", "years" or "months"."""


@dataclass(frozen=True, slots=True)
class Found:
    """What retrieval hands to a writer."""

    hits: tuple[Hit, ...]
    """Best first; for a question about posts, those of the posts that it asks for."""
    answerable: float
    """That the posts answer the question: calibrated, in [0, 1]."""
    warnings: tuple[str, ...] = ()
    posts: tuple[Post, ...] = ()
    """For a question about the posts themselves: those that it asks for, first things first."""
    total: int = 0
    """How many such posts there are, of a tally how many names; `posts` has at most ten of them."""
    tallies: tuple[Tally, ...] = ()
    """Of a tally: those that an answer names, in their order."""
    relation: str = "about"
    """What these posts are to the subject: about it; where none is, "mentioning" it, or "touching
    on" it in other words."""
    differing: tuple[Differing, ...] = ()
    """Where posts of different dates do not say the same."""
    generation: int = 0
    """Of the index that this was found in."""
    synced_at: datetime | None = None
    """When its last sync had ended by then, UTC."""


# ---------------------------------------------------------------- what is said


@dataclass(frozen=True, slots=True)
class Fact:
    """Words of a claim that stand for a field of a post's record."""

    post: Post
    field: str
    """Such as "title", "published" or "authors"."""
    said: str
    """The words, as they stand in the claim."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence that a writer wants to say, with what it points at; unchecked."""

    text: str
    pointers: tuple[Pointer, ...]
    facts: tuple[Fact, ...] = ()
    """Fields of records that it names, in the order of its text."""
    of_all: str = ""
    """"newest", "oldest", a number, or of a tally all of it: what holds of all that was found."""
    tallies: tuple[Tally, ...] = ()
    """Those that it names, in the order of its text."""
    short: Span | None = None
    """The words that answer by themselves; they count only where the claim is a quote."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A claim that did not pass the check, and why, for people."""

    claim: Claim
    reason: str


@dataclass(frozen=True, slots=True)
class Remark:
    """What a writer has to say about its own work: a warning of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What a writer hands to the check."""

    query: Query
    found: Found
    claims: Iterable[Claim | Remark]
    """An iterator while a chat model writes; consumed once."""
    writer: str
    """Who wrote: "quotes" or the chat model's name."""
    again: Callable[[Sequence[Rejected]], Iterable[Claim | Remark]] | None = None
    """Other claims for those that did not pass; asked once, where there are any."""
    instead: Callable[[str], Iterable[Claim | Remark]] | None = None
    """Claims without the model, by what it or the judge's failed at, where none of its own is shown
    by then."""


class Basis(StrEnum):
    """Why a sentence may be shown."""

    QUOTED = "quoted"
    """Copied from the post, character for character."""
    SUPPORTED = "supported"
    """A judge's score for the cited sentences lies above the fitted threshold: an estimate."""
    RECORD = "record"
    """Stands in the post's record: its date, author or terms."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A sentence of a section, pointed at, with its deep link."""

    post: Post
    section: Section | None
    """None only for a field of the record."""
    sentence: Sentence | None
    """None only for a field of the record."""
    url: str
    """The page, the section's anchor and a text fragment of the sentence; empty without a page."""
    field: str | None = None
    """The name of the record's field, such as "published"; only for `Basis.RECORD`."""
    before: str = ""
    """The sentence right before it in the post's running text: it may change what a quote means."""
    after: str = ""
    """The one right behind it."""

    @property
    def quote(self) -> str:
        return self.sentence.text if self.sentence else ""

    @property
    def block(self) -> Block | None:
        """The element of the page that the sentence stands in; None for a field of the record."""
        if self.section is None or self.sentence is None:
            return None
        start = self.sentence.start
        return next((b for b in self.section.blocks if b.start <= start < b.end), None)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What another post says otherwise than one that is cited."""

    cited: Citation
    other: Citation
    """Of the older post, or of the newer one where only the older one is cited."""

    @property
    def is_older(self) -> bool:
        """Whether it is the other post that is older."""
        mine, others = self.cited.post.published, self.other.post.published
        return bool(mine and others and others < mine)


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """A sentence of an answer that passed the check."""

    text: str
    citations: tuple[Citation, ...]
    """Never empty."""
    basis: Basis
    support: float
    """How well the citations back the text: calibrated, in [0, 1]; 1 for a quote."""
    reason: str | None = None
    short: Span | None = None
    """The words of a quote that answer by themselves: `text[short.start:short.end]`."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """What an answer was made with: enough to make it again."""

    version: str = ""
    index_generation: int = 0
    synced_at: datetime | None = None
    embedder: str = ""
    reader: str = ""
    """Empty where nothing was read closely."""
    reranker: str = ""
    """Empty where nothing but the index ordered the passages."""
    writer: str = ""
    judge: str = ""
    thresholds: Mapping[str, float] = field(default_factory=dict)
    refusal: str = ""
    """What decides whether to answer was fitted for this index, when and on what; empty: it is
    what is shipped."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A checked answer. Only `rag.checking.verify` makes one: the type is the promise."""

    query: Query
    sentences: tuple[CheckedSentence, ...]
    """In the order to be read; empty: the posts do not answer, which is a result, no error."""
    rejected: tuple[Rejected, ...]
    hits: tuple[Hit, ...]
    """What was found, best first."""
    nearest: tuple[Citation, ...]
    """On refusal: the most relevant sentence of each of the nearest sections, best first."""
    answerable: float
    """That the posts answer the question: calibrated, in [0, 1]."""
    complete: bool
    """False while more sentences may follow."""
    warnings: tuple[str, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    """What other posts say otherwise than those that are cited."""
    timing: Mapping[str, float] = field(default_factory=dict)
    """Stage to milliseconds."""
    provenance: Provenance = Provenance()

    @property
    def answered(self) -> bool:
        return bool(self.sentences)

    @property
    def text(self) -> str:
        return " ".join(sentence.text for sentence in self.sentences)
