"""Trivial systems on the cases of a run: what they say, from its own index and its own answers.

* words alone, meaning alone: the best sentence of the first passage by BM25 or by cosine.
* cite everything: every sentence of all that was found; nothing is refused.
* cite nothing: what was said, without its citations.
* always refuse, never refuse: one score for all.

None of them reads closely or asks anybody anything a second time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from eval.beside import CITE_EVERYTHING, CITE_NOTHING, MEANING_ALONE, WORDS_ALONE
from eval.cases.cases import Case
from eval.grade import Failure
from eval.systems.in_index import MEANING, WORDS, EmbedQuestion
from eval.systems.one_sentence import one_sentence
from rag.index.index import Index
from rag.record import AnswerRecord, CitationRecord, SentenceRecord
from rag.text.sentences import split_sentences

Came = AnswerRecord | Failure

LEFT_OUT = dict.fromkeys((WORDS_ALONE, MEANING_ALONE, CITE_EVERYTHING, CITE_NOTHING), "left out")
"""What is told of a run beside which none is graded."""


@dataclass(frozen=True, slots=True)
class TrivialSystems:
    """Those that answer beside a run, case by case."""

    index: Index
    """Of the posts that are answered from."""
    embed_question: EmbedQuestion | None
    """By the index's model; None: there is no *meaning alone*."""

    def said(self, case: Case, came: Came) -> Mapping[str, Came]:
        """What each says to a case, by name.

        Args:
            case: The case.
            came: What the run has for it: who cites all or nothing of it fails as it does.
        """
        found: dict[str, Came] = {WORDS_ALONE: one_sentence(WORDS, self.index, None, case)}
        if self.embed_question is not None:
            found[MEANING_ALONE] = one_sentence(MEANING, self.index, self.embed_question, case)
        found[CITE_EVERYTHING] = came if isinstance(came, Failure) else cite_everything(came)
        found[CITE_NOTHING] = came if isinstance(came, Failure) else cite_nothing(came)
        return found

    def not_beside(self, *, hits: bool) -> dict[str, str]:
        """Those that do not apply, with the reason.

        Args:
            hits: Some answer of the run tells what was found.
        """
        found = {}
        if self.embed_question is None:
            found[MEANING_ALONE] = "the index's model is not loaded"
        if not hits:
            found[CITE_EVERYTHING] = "no answer tells what was found"
        return found


def cite_everything(answer: AnswerRecord) -> AnswerRecord:
    """With every sentence of every hit as a citation; unanswered where nothing was found."""
    citations = tuple(
        CitationRecord(
            post_id=hit.post_id,
            headings=hit.headings,
            section=hit.section,
            quote=sentence.text,
        )
        for hit in answer.hits
        for sentence in split_sentences(hit.text)
    )
    text = " ".join(one.quote for one in citations)
    said = SentenceRecord(text=text, basis="quoted", support=1.0, citations=citations)
    return answer.model_copy(
        update={"sentences": (said,) if citations else (), "answered": bool(citations)}
    )


def cite_nothing(answer: AnswerRecord) -> AnswerRecord:
    sentences = tuple(one.model_copy(update={"citations": ()}) for one in answer.sentences)
    return answer.model_copy(update={"sentences": sentences})


def always_refuse(answer: AnswerRecord) -> AnswerRecord:
    """One score for all, as nothing tells one question from another."""
    return answer.model_copy(update={"sentences": (), "answered": False, "answerable": 0.5})


def never_refuse(answer: AnswerRecord) -> AnswerRecord:
    return answer.model_copy(update={"answerable": 0.5})
