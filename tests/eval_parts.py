"""Short forms of cases and answers for the tests of grading."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eval.cases.cases import Case
from eval.cases.gold import Gold
from rag.record import AnswerRecord, CitationRecord, HitRecord, SentenceRecord

WOOL = Gold("2", "Results", "The bed with wool mulch lost three of forty lettuces.")
COPPER = Gold("2", "Results", "Copper tape made no difference.")
SOW = Gold("garden.example/1", "When to sow", "Sow tomatoes indoors six weeks before the frost.")

LINE: dict[str, Any] = {
    "id": "g-1",
    "kind": "fact",
    "question": "When are tomatoes sown?",
    "history": [],
    "answerable": True,
    "answer": "In March.",
    "must_include": [["March", "six weeks"]],
    "gold": [{"post_id": "garden.example/1", "heading": "When to sow", "quote": "That is March."}],
}
"""A case as it stands in a file."""


def file_of(tmp_path: Path, *lines: dict[str, Any] | str) -> Path:
    """A file of cases."""
    path = tmp_path / "cases.jsonl"
    text = (line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text("\n".join(text), encoding="utf-8")
    return path


def case(id_: str, *gold: Gold, kind: str = "fact", must: Sequence[Sequence[str]] = ()) -> Case:
    """Answerable exactly if gold is given."""
    groups = tuple(tuple(group) for group in must)
    return Case(id_, kind, f"{id_}?", answerable=bool(gold), must_include=groups, gold=gold)


def cited(gold: Gold, *, quote: str | None = None, headings: Sequence[str] = ()) -> CitationRecord:
    """A citation of a gold sentence, or of another sentence of its post."""
    return CitationRecord(
        post_id=f"garden.example/{gold.post_id.rpartition('/')[2]}",
        headings=tuple(headings) or ((gold.heading,) if quote is None and gold.heading else ()),
        section="1",
        quote=gold.quote if quote is None else quote,
    )


def hit(text: str, post: int = 2) -> HitRecord:
    return HitRecord(post_id=f"garden.example/{post}", text=text, relevance=0.5)


def answer(
    id_: str,
    *citations: CitationRecord,
    text: str = "So it is.",
    hits: Sequence[HitRecord] = (),
    score: float = 0.9,
    ms: float = 10,
) -> AnswerRecord:
    """Answered with one sentence if it cites anything, else refused."""
    sentence = SentenceRecord(text=text, basis="quoted", support=1, citations=citations)
    return AnswerRecord(
        schema=1,
        id=id_,
        question=f"{id_}?",
        answered=bool(citations),
        sentences=(sentence,) if citations else (),
        hits=tuple(hits),
        answerable=score,
        timing_ms={"retrieve": ms / 2, "write": ms / 2},
    )
