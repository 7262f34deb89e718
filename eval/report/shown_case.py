"""What the page of a report shows of a question, as JSON: the gold beside what came back."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from hashlib import blake2b

from eval.cases.cases import Case
from eval.cases.gold import Gold, answers, is_post
from eval.citations import avoids, includes, is_gold_section, is_gold_sentence, leads_nowhere
from eval.figures import CaseGrade
from eval.journal import Entry
from eval.outcomes import outcome
from eval.systems.answer import UNCHECKED
from rag.record import AnswerRecord, CitationRecord, HitRecord, SentenceRecord

_HITS = 10  # as many as are graded
_WEB = re.compile(r"https?://[^\s<>\"\\]+")
_Json = dict[str, object]


class Texts:
    """Retrieved texts, of which questions share many: each is told once."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._new: list[object] = []

    def number(self, hit: HitRecord) -> int:
        """The place of a hit's text among all."""
        content = [hit.post_id, hit.title or hit.post_id, *hit.headings], hit.text
        # Not the text itself: all of them together may be more than memory holds.
        key = blake2b(repr(content).encode("utf-8", "replace"), digest_size=12).digest()
        if key not in self._numbers:
            self._numbers[key] = len(self._numbers)
            self._new.append([" › ".join(content[0][1:]), hit.text])
        return self._numbers[key]

    def taken(self) -> list[object]:
        """What has come since it was last taken, in the order of the numbers."""
        new, self._new = self._new, []
        return new


def to_json(content: object) -> str:
    """JSON that may stand in a script element: nothing in it opens or ends a tag."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def row(case: Case, grade: CaseGrade, entry: Entry | None) -> _Json:
    """What a list of questions needs, and what is searched in."""
    sentences = entry.record.sentences if entry and entry.record else ()
    return {
        "id": case.id,
        "kind": case.kind,
        "q": case.question,
        "o": outcome(grade).value,
        "a": " ".join(one.text for one in sentences),
        "s": round(grade.score, 4),
        "ms": None if grade.milliseconds is None else round(grade.milliseconds),
    }


def detail(case: Case, grade: CaseGrade, entry: Entry | None, texts: Texts) -> _Json:
    """What is shown of an opened question."""
    record = entry.record if entry else None
    content: _Json = {
        "history": [[turn.question, turn.answer] for turn in case.history],
        "reference": case.answer,
        "answerable": case.answerable,
        "failed": grade.failed,
        "gold": _gold(case, grade, record),
        "must": _must(case, record),
        "mustNot": _must_not(case, record),
        "earned": _earned(grade),
    }
    if record is None:
        return content
    searches = [one for one in record.searched_for if one != case.question]
    return content | {
        "searches": searches,
        "sentences": [_sentence(one, case.gold) for one in record.sentences],
        "rejected": [[one.text, one.reason] for one in record.rejected],
        "nearest": [_citation(one, case.gold) for one in record.nearest],
        "disagreements": [
            [one.cited.quote, one.other_is_older, _citation(one.other, case.gold)]
            for one in record.disagreements
        ],
        "warnings": list(record.warnings),
        "hits": [
            [texts.number(hit), round(hit.relevance, 4), _gold_of(hit, case.gold)]
            for hit in record.hits[:_HITS]
        ],
        "more": max(0, len(record.hits) - _HITS),
    }


def _gold(case: Case, grade: CaseGrade, record: AnswerRecord | None) -> list[_Json]:
    cited = [one for sentence in (record.sentences if record else ()) for one in sentence.citations]
    found = []
    for part, alternatives in enumerate(case.parts):
        for gold in alternatives:
            rank = _rank(gold, record)
            found.append(
                {
                    "part": part,
                    "post": gold.post_id,
                    "heading": gold.heading,
                    "quote": gold.quote,
                    "whole": gold.whole_post,
                    "rank": rank,
                    "cited": any(is_gold_sentence(one, gold) for one in cited),
                    "section": any(is_gold_section(one, gold) for one in cited),
                }
            )
    return found


def _rank(gold: Gold, record: AnswerRecord | None) -> int | None:
    hits = record.hits if record else ()
    return next((rank for rank, hit in enumerate(hits, 1) if _is_right(hit, gold)), None)


def _is_right(hit: HitRecord, gold: Gold) -> bool:
    return is_post(gold, hit.post_id) and answers(hit.text, gold)


def _gold_of(hit: HitRecord, golds: Sequence[Gold]) -> list[int]:
    """Numbers of the gold sentences that the hit holds."""
    return [number for number, gold in enumerate(golds) if _is_right(hit, gold)]


def _must(case: Case, record: AnswerRecord | None) -> list[tuple[list[str], bool]]:
    said = " ".join(one.text for one in record.sentences) if record else ""
    return [(list(group), includes(said, [group])) for group in case.must_include]


def _must_not(case: Case, record: AnswerRecord | None) -> list[tuple[str, bool]]:
    """What must not be said, and whether it is."""
    said = " ".join(one.text for one in record.sentences) if record else ""
    return [(one, not avoids(said, [one])) for one in case.must_not_include]


def _earned(grade: CaseGrade) -> _Json:
    ranking, citations = grade.ranking, grade.citations
    return {
        "reciprocal rank": ranking and round(ranking.reciprocal_rank, 3),
        "nDCG@10": ranking and round(ranking.ndcg, 3),
        "citation precision": citations and round(citations.precision, 3),
        "citation recall": citations and round(citations.recall, 3),
        "answer relevance": None if grade.relevance is None else round(grade.relevance, 3),
    }


def _sentence(one: SentenceRecord, golds: Sequence[Gold]) -> _Json:
    return {
        "t": one.text,
        "basis": "unchecked" if one.reason == UNCHECKED else one.basis,
        "support": round(one.support, 3),
        "reason": None if one.reason == UNCHECKED else one.reason,
        "short": [one.short.start, one.short.end] if one.short else None,
        "cites": [_citation(citation, golds) for citation in one.citations],
    }


def _citation(one: CitationRecord, golds: Sequence[Gold]) -> _Json:
    of_sentence = any(is_gold_sentence(one, gold) for gold in golds)
    of_section = any(is_gold_section(one, gold) for gold in golds)
    nowhere = (" (no such place in the index)",) if leads_nowhere(one) else ()
    return {
        "place": "".join((" › ".join((one.title or one.post_id, *one.headings)), *nowhere)),
        "url": one.url if _WEB.fullmatch(one.url) else "",
        "date": one.published.date().isoformat() if one.published else "",
        "field": one.field,
        "header": one.header,
        "before": one.before,
        "quote": one.quote,
        "after": one.after,
        "gold": 2 if of_sentence else 1 if of_section else 0,
    }
