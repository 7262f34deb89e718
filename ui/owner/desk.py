"""What the owner does: look, sync, read what readers asked, and make cases of it."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from eval.cases.from_readers import quoted_sentences
from eval.cases.gold import Gold
from ingest.last_sync import last_sync
from rag.assistant import Assistant
from rag.catalog.posts import recovered_count, recovered_posts
from rag.catalog.sources import quarantine
from rag.errors import ModelUnavailable, QuestionInvalid
from rag.index.own_calibration import own_calibration
from rag.record import record
from rag.types import Post, Vector
from ui.feedback import Feedback, Unanswered, expire, unanswered, votes
from ui.likeness import Asked, Group, counted, grouped, wording
from ui.owner.cases import CaseFile, Listed
from ui.owner.examining import Examining
from ui.owner.view import (
    DropQuestions,
    DropVotes,
    Found,
    FoundSection,
    GroupView,
    HealthView,
    IndexView,
    MakeCase,
    Overview,
    QuarantineView,
    Questions,
    RecoveredView,
    SyncView,
    Votes,
    VoteView,
    Work,
)
from ui.render import title, web
from ui.syncing import Syncing

_LISTED = 200  # posts and files that are named
_GROUPED = 500  # wordings: each is embedded once
_SECTIONS = 6  # offered for a question


class OwnerDesk:
    """Serves the owner's page. Safe to use from several threads."""

    def __init__(self, assistant: Assistant, syncing: Syncing) -> None:
        self._assistant = assistant
        self._settings = assistant.settings
        self._vectors: dict[str, Vector] = {}
        self._embedding = threading.Lock()
        self.syncing = syncing
        self.examining = Examining(assistant.settings)
        self.cases = CaseFile(assistant.settings.owner_cases)

    def close(self) -> None:
        self.examining.close()

    # ------------------------------------------------------------ the index

    def overview(self) -> Overview:
        catalog = self._assistant.index.catalog
        kept_out = quarantine(catalog)
        return Overview(
            index=self._index(),
            last=last_sync(self._settings.index),
            sources=self.syncing.sources,
            quarantine=tuple(map(QuarantineView.model_validate, kept_out[:_LISTED])),
            quarantined=len(kept_out),
            recovered=tuple(map(_recovered, recovered_posts(catalog, _LISTED))),
            recovered_in_all=recovered_count(catalog),
            keeps_votes=self._settings.keep_feedback,
            keeps_questions=self._settings.keep_questions,
            keep_days=self._settings.keep_days,
            cases=str(self.cases.file.absolute()),
        )

    def _index(self) -> IndexView:
        index, folder = self._assistant.index, self._settings.index
        status, own = index.status(), own_calibration(index.catalog)
        return IndexView(
            folder=str(folder.absolute()),
            posts=status.posts,
            sections=status.sections,
            passages=status.passages,
            bytes=sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()),
            sites=status.hosts,
            newest=status.newest,
            synced=status.synced_at,
            model=status.embedder,
            refusal=own.name if own else "",
        )

    def work(self) -> Work:
        return Work(
            sync=SyncView.model_validate(self.syncing.state),
            health=HealthView.model_validate(self.examining.found),
        )

    # ------------------------------------------------------------ what readers asked

    def questions(self) -> Questions:
        """Those without an answer, in groups."""
        rows = self._asked()
        asked = counted((one.day, one.question) for one in rows)
        groups = self._grouped(asked[:_GROUPED])
        return Questions(
            groups=tuple(map(GroupView.model_validate, groups)),
            asked=len(rows),
            more=max(0, len(asked) - _GROUPED),
        )

    def all_groups(self) -> tuple[Group, ...]:
        """The same, with a group of its own for each wording beyond what is grouped."""
        asked = counted((one.day, one.question) for one in self._asked())
        return (*self._grouped(asked[:_GROUPED]), *(Group((one,)) for one in asked[_GROUPED:]))

    def _asked(self) -> list[Unanswered]:
        expire(self._settings)
        return unanswered(self._settings.index).all()

    def _grouped(self, asked: Sequence[Asked]) -> tuple[Group, ...]:
        with self._embedding:
            wanted = {one.question for one in asked}
            self._vectors = {q: v for q, v in self._vectors.items() if q in wanted}
            try:
                return grouped(asked, self._vector)
            except ModelUnavailable:  # each for itself can be read as well
                return tuple(Group((one,)) for one in asked)

    def _vector(self, question: str) -> Vector:
        if question not in self._vectors:
            embedded = self._assistant.pipeline.embedder.embed_question(question)
            self._vectors[question] = embedded.question
        return self._vectors[question]

    def drop_questions(self, sent: DropQuestions) -> int:
        """How many times they had been asked."""
        kept = unanswered(self._settings.index)
        if sent.everything:
            return kept.delete()
        gone = {wording(question) for question in sent.questions}
        return kept.drop(lambda one: wording(one.question) in gone)

    def votes(self) -> Votes:
        expire(self._settings)
        found = votes(self._settings.index).all()
        return Votes(votes=tuple(VoteView.model_validate(one) for one in reversed(found)))

    def drop_votes(self, sent: DropVotes) -> int:
        """How many there were."""
        kept = votes(self._settings.index)
        if sent.everything:
            return kept.delete()
        gone = {Feedback(one.day, one.question, one.good, one.reason) for one in sent.votes}
        return kept.drop(lambda one: one in gone)

    # ------------------------------------------------------------ cases

    def sections_for(self, question: str) -> Found:
        """Sections whose sentences may answer it, the likeliest first."""
        query = self._assistant.understand(question, recognise=False)
        found: dict[tuple[str, str], FoundSection] = {}
        for hit in self._assistant.retrieve(query).hits:
            passage = hit.passage
            key = (passage.post.id, passage.section.key)
            before = found[key].sentences if key in found else ()
            if key in found or len(found) < _SECTIONS:
                own = [one.text for one in passage.sentences if one.text not in before]
                found[key] = FoundSection(
                    post_id=passage.post.id,
                    title=title(passage.post),
                    headings=passage.section.headings,
                    url=web(passage.post.url),
                    sentences=(*before, *own),
                )
        return Found(sections=tuple(found.values()))

    def make_case(self, sent: MakeCase) -> Listed:
        """A case of a question.

        Raises:
            QuestionInvalid: It was to be made of its answer, and there is none.
            ConfigError: The file cannot be written.
        """
        gold = [Gold(one.post_id, one.heading, one.quote) for one in sent.gold]
        if sent.as_answered:
            gold = self._cited(sent.question)
        return self.cases.add(sent.question, kind=sent.kind, gold=gold)

    def _cited(self, question: str) -> list[Gold]:
        gold = quoted_sentences(record(self._assistant.ask(question)))
        if not gold:
            raise QuestionInvalid(
                "Asked again, the question has no answer that cites a sentence.",
                hint="Choose the sentences that answer it, or say that the posts do not.",
            )
        return list(gold)


def _recovered(post: Post) -> RecoveredView:
    assert post.damage  # it was asked for
    return RecoveredView(
        title=title(post),
        url=web(post.url),
        recovered=post.damage.recovered,
        complete=post.damage.complete,
    )
