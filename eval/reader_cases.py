"""Questions of readers as cases, once a person has said what answers them.

What a program answered is no gold by itself: whoever takes it as it is grades the program by its
own answers. So a case is made here of what a person chose, or proposed for a person to accept
(`eval/proposed.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock

from eval.cases import CaseLine, GoldLine, TurnLine
from eval.gold import normalise, sentence_hash
from eval.jsonl import read_items
from eval.proposed import Proposed
from rag.errors import SourceError
from rag.record import AnswerRecord, CitationRecord
from rag.types import Turn

KIND, FOLLOW_UP = "reader", "followup"


def reader_case(
    question: str, gold: Sequence[CitationRecord] = (), *, history: Sequence[Turn] = ()
) -> CaseLine:
    """The case of a question that somebody asked.

    Args:
        question: As it was asked.
        gold: The sentences that answer it, as a person says, such as those of `quoted`; none: the
            posts do not answer it.
        history: The turns before it, oldest first.

    Raises:
        SourceError: What is said to answer it is a field of a post's record, or no words at all.
    """
    if any(not one.quote for one in gold):
        raise SourceError(
            "A post's record is no sentence that an answer could be held against.",
            hint="Choose a sentence of the post.",
        )
    case = CaseLine(
        id=case_id(question, history),
        kind=FOLLOW_UP if history else KIND,
        question=question,
        history=tuple(TurnLine(question=one.question, answer=one.answer) for one in history),
        answerable=bool(gold),
        gold=tuple(
            GoldLine(post_id=one.post_id, heading=_heading(one), quote=one.quote) for one in gold
        ),
    )
    if problems := case.problems():
        raise SourceError(f"{question!r} makes no case: {problems[0]}.", hint="Choose a sentence.")
    return case


def keep_case(file: Path, case: CaseLine) -> bool:
    """Add a case to a file of them, which is made where it is missing.

    Returns:
        False where the file has its id already; nothing is changed then.

    Raises:
        SourceError: What is there is no file of cases.
    """
    with FileLock(f"{file}.lock"):
        text = file.read_text(encoding="utf-8-sig") if file.is_file() else ""
        if text.strip() and any(one.id == case.id for one in read_items(file, CaseLine)):
            return False
        with file.open("a", encoding="utf-8", newline="\n") as opened:
            gap = "\n" if text and not text.endswith("\n") else ""
            opened.write(f"{gap}{case_json(case)}\n")
    return True


def case_json(case: CaseLine) -> str:
    """The case as a line of a file."""
    return case.model_dump_json(exclude_defaults=True)


def case_id(question: str, history: Sequence[Turn] = ()) -> str:
    """The same for the same question behind the same turns, whatever its marks and case."""
    said = [normalise(text) for turn in history for text in (turn.question, turn.answer)]
    return f"reader-{sentence_hash(' / '.join([*said, question]))[:8]}"


def quoted(answer: AnswerRecord) -> tuple[CitationRecord, ...]:
    """The sentences of posts that an answer rests on, in its order, each once."""
    cited = (one for sentence in answer.sentences for one in sentence.citations if one.quote)
    return tuple({(one.post_id, one.section, one.quote): one for one in cited}.values())


def reader_proposals(question: str, answer: AnswerRecord, *, note: str) -> tuple[Proposed, ...]:
    """A line for each sentence that the answer rests on; one without any where it was refused.

    Args:
        question: As it was asked.
        answer: What is answered now.
        note: What whoever accepts should know, such as what readers thought of it.
    """
    id_ = case_id(question)
    if not (found := quoted(answer)):
        return (Proposed(id_, KIND, question, note=note, answerable=False),)
    return tuple(
        Proposed(id_, KIND, question, one.post_id, _heading(one), one.quote, note=note)
        for one in found
    )


def _heading(one: CitationRecord) -> str:
    return one.headings[-1] if one.headings else ""
