"""What the owner's page sends and is sent: words and figures, and no markup."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ingest.last_sync import LastSync

Words = Annotated[str, Field(min_length=1, max_length=20_000)]
_MANY = 5000  # questions or votes in one request


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


# ---------------------------------------------------------------- what is shown


class IndexView(_View):
    """What the index holds."""

    folder: str
    posts: int
    sections: int
    passages: int
    bytes: int
    """Of its files."""
    sites: tuple[str, ...]
    newest: datetime | None
    """When the newest post was published."""
    synced: datetime | None
    model: str
    refusal: str
    """Name of what was fitted for this index; empty where what is shipped decides."""


class QuarantineView(_View):
    """Something that could not be read, or must not be shown."""

    source: str
    origin: str
    reason: str
    seen_at: datetime | None


class RecoveredView(_View):
    """A post from a damaged file."""

    title: str
    url: str
    recovered: str
    complete: bool


class Overview(_View):
    """All that is known without asking anybody."""

    index: IndexView
    last: LastSync
    sources: tuple[str, ...]
    """What *Sync now* would read; empty where the server does not know."""
    quarantine: tuple[QuarantineView, ...]
    """The first of them."""
    quarantined: int
    recovered: tuple[RecoveredView, ...]
    """The first of them."""
    recovered_in_all: int
    keeps_votes: bool
    keeps_questions: bool
    keep_days: int
    cases: str
    """The file."""


class CheckView(_View):
    ok: bool
    what: str
    hint: str


class HealthView(_View):
    """What `pullquote doctor` finds."""

    running: bool
    ended: datetime | None
    checks: tuple[CheckView, ...]
    problem: str


class SyncView(_View):
    """A sync of this server."""

    running: bool
    began: datetime | None
    ended: datetime | None
    posts: int
    passages: int
    embedded: int
    problem: str
    hint: str


class Work(_View):
    """What goes on in processes beside the server."""

    sync: SyncView
    health: HealthView


class AskedView(_View):
    """A question in one wording."""

    question: str
    count: int
    last: str


class GroupView(_View):
    """Questions that ask alike."""

    question: str
    count: int
    last: str
    members: tuple[AskedView, ...]


class Questions(_View):
    groups: tuple[GroupView, ...]
    asked: int
    """How often, in all."""
    more: int
    """Wordings that are not shown, as there are too many."""


class VoteView(_View):
    day: str
    question: Words
    good: bool
    reason: str = ""


class Votes(_View):
    votes: tuple[VoteView, ...]
    """Newest first."""


class FoundSection(_View):
    """A section whose sentences may answer a question."""

    post_id: str
    title: str
    headings: tuple[str, ...]
    url: str
    sentences: tuple[str, ...]


class Found(_View):
    sections: tuple[FoundSection, ...]
    """The likeliest first."""


class CaseView(_View):
    id: str
    question: str
    answerable: bool
    gold: int


class Cases(_View):
    cases: tuple[CaseView, ...]


# ---------------------------------------------------------------- what is sent


class StartSync(_View):
    full: bool = False
    """Of live sites: fetch every post again."""


class DropQuestions(_View):
    """Every wording of them goes."""

    questions: Annotated[tuple[Words, ...], Field(max_length=_MANY)] = ()
    everything: bool = False


class DropVotes(_View):
    votes: Annotated[tuple[VoteView, ...], Field(max_length=_MANY)] = ()
    everything: bool = False


class AskedAbout(_View):
    question: Words


class GoldView(_View):
    """A sentence that answers."""

    post_id: Words
    heading: str = Field(default="", max_length=20_000)
    quote: Words


class MakeCase(_View):
    """A case to be made of a question."""

    question: Words
    kind: Annotated[str, Field(pattern="^(unanswered|feedback)$")]
    as_answered: bool = False
    """Its gold is what an answer cites now."""
    gold: Annotated[tuple[GoldView, ...], Field(max_length=100)] = ()
    """Without both, the posts do not answer it."""


class DropCase(_View):
    id: Words
