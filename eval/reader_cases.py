"""Questions of readers as proposals of cases, for a person to accept (`eval/proposed.py`).

What a program answered is no gold by itself: whoever takes it as it is grades the program by its
own answers.
"""

from __future__ import annotations

from eval.gold import sentence_hash
from eval.proposed import Proposed
from rag.record import AnswerRecord, CitationRecord

KIND = "reader"


def reader_proposals(question: str, answer: AnswerRecord, *, note: str) -> tuple[Proposed, ...]:
    """A line for each sentence that the answer rests on; one without any where it was refused.

    The same question, whatever its marks and case, has the same id.

    Args:
        question: As it was asked.
        answer: What is answered now.
        note: What whoever accepts should know, such as what readers thought of it.
    """
    id_ = f"reader-{sentence_hash(question)[:8]}"
    found = _quoted(answer)
    if not found:
        return (Proposed(id_, KIND, question, note=note, answerable=False),)
    return tuple(
        Proposed(id_, KIND, question, one.post_id, _heading(one), one.quote, note=note)
        for one in found
    )


def _quoted(answer: AnswerRecord) -> tuple[CitationRecord, ...]:
    """The sentences of posts that an answer rests on, in its order, each once."""
    cited = (one for sentence in answer.sentences for one in sentence.citations if one.quote)
    return tuple({(one.post_id, one.section, one.quote): one for one in cited}.values())


def _heading(one: CitationRecord) -> str:
    return one.headings[-1] if one.headings else ""
