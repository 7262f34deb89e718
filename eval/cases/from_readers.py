"""Questions of readers as cases: their ids, and the sentences that an answer to them rests on.

Sheets of proposals (`eval/cases/proposed.py`) and the owner's page make the same cases of the same
questions. What a program answered is no gold by itself: whoever takes it as it is grades the
program by its own answers.
"""

from __future__ import annotations

from eval.cases.gold import Gold, sentence_hash
from eval.cases.proposed import Proposed
from rag.record import AnswerRecord, CitationRecord

KIND = "reader"


def reader_id(question: str) -> str:
    """The id of the case of a reader's question; the same whatever its marks and case."""
    return f"reader-{sentence_hash(question)[:8]}"


def reader_proposals(question: str, answer: AnswerRecord, *, note: str) -> tuple[Proposed, ...]:
    """A line for each sentence that the answer rests on; one without any where it was refused.

    Args:
        question: As it was asked.
        answer: What is answered now.
        note: What whoever accepts should know, such as what readers thought of it.
    """
    id_, found = reader_id(question), quoted_sentences(answer)
    if not found:
        return (Proposed(id_, KIND, question, note=note, answerable=False),)
    return tuple(
        Proposed(id_, KIND, question, one.post_id, one.heading, one.quote, note=note)
        for one in found
    )


def quoted_sentences(answer: AnswerRecord) -> tuple[Gold, ...]:
    """The sentences of posts that an answer rests on, in its order, each once."""
    cited = (one for sentence in answer.sentences for one in sentence.citations if one.quote)
    return tuple({(one.post_id, one.section, one.quote): _gold(one) for one in cited}.values())


def _gold(one: CitationRecord) -> Gold:
    return Gold(one.post_id, one.headings[-1] if one.headings else "", one.quote)
