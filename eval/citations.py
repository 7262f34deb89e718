"""How well an answer cites the gold sentences, and whether it says what it must.

ALCE (Gao et al., 2023, https://arxiv.org/abs/2305.14627) asks a model whether citations entail a
statement; here people have marked the sentences that answer, and citations are compared with
these. Precision is therefore strict: a citation that is to the point, but of a sentence that
nobody marked, counts as wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eval.cases.gold import Gold, is_heading, is_post, normalise, same_sentence
from rag.record import AnswerRecord, CitationRecord

_Rule = Callable[[CitationRecord, Gold], bool]
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")


@dataclass(frozen=True, slots=True)
class CitationGrade:
    """Of one answer; all in [0, 1]."""

    precision: float
    """Share of the distinct citations that are of a gold sentence."""
    recall: float
    """Share of the parts of which a gold sentence is cited."""
    section_precision: float
    """Share of the distinct citations that are of a gold section."""
    section_recall: float
    """Share of the parts of which a gold section is cited."""


NOTHING_RIGHT = CitationGrade(0.0, 0.0, 0.0, 0.0)


def grade_citations(answer: AnswerRecord, parts: Sequence[Sequence[Gold]]) -> CitationGrade:
    """Citations against gold; an answer that cites nothing has nothing right.

    A citation counts once, however often the answer repeats it. A field of the post's record has
    no sentence to compare and is graded by its post alone.
    """
    cited = _distinct(answer)
    if not cited:
        return NOTHING_RIGHT
    golds = [gold for alternatives in parts for gold in alternatives]

    def share_right(right: _Rule) -> float:
        return sum(any(right(one, gold) for gold in golds) for one in cited) / len(cited)

    def share_found(right: _Rule) -> float:
        return sum(
            any(right(one, gold) for one in cited for gold in alternatives)
            for alternatives in parts
        ) / len(parts)

    return CitationGrade(
        precision=share_right(is_gold_sentence),
        recall=share_found(is_gold_sentence),
        section_precision=share_right(is_gold_section),
        section_recall=share_found(is_gold_section),
    )


def share_with_citation(answer: AnswerRecord) -> float | None:
    """The share of the sentences that cite something; None where nothing is said."""
    cites = [bool(sentence.citations) for sentence in answer.sentences]
    return sum(cites) / len(cites) if cites else None


def share_leading(answer: AnswerRecord) -> float | None:
    """The share of the distinct citations that lead to a post; None where nothing is cited."""
    leads = [not leads_nowhere(one) for one in _distinct(answer)]
    return sum(leads) / len(leads) if leads else None


def leads_nowhere(citation: CitationRecord) -> bool:
    """Whether it is of no section and of no field of a record: another system made it up."""
    return citation.section is None and citation.field is None


def is_gold_sentence(citation: CitationRecord, gold: Gold) -> bool:
    """Of the gold post, and 60 % of the shorter quote's words are shared (`eval.cases.gold`).

    Where the whole post is gold, any of its sentences is.
    """
    if leads_nowhere(citation) or not is_post(gold, citation.post_id):
        return False
    any_will_do = citation.field is not None or gold.whole_post
    return any_will_do or same_sentence(citation.quote, gold.quote)


def is_gold_section(citation: CitationRecord, gold: Gold) -> bool:
    """Of the gold post, and under the gold heading or of the gold sentence itself."""
    return (
        not leads_nowhere(citation)
        and is_post(gold, citation.post_id)
        and (is_heading(gold, citation.headings) or is_gold_sentence(citation, gold))
    )


def includes(text: str, must_include: Sequence[Sequence[str]]) -> bool:
    """Whether a text contains one of the alternatives of each group.

    Compared in normalised text, anywhere in a word ("cell" is in "cellular"), but a number is
    not found inside another ("15" is not in "2015", "15.5" or "15,000").
    """
    said = _plain(text)
    return all(any(_contains(said, one) for one in group) for group in must_include)


def avoids(text: str, must_not_include: Sequence[str]) -> bool:
    """Whether a text contains none of these; compared as in `includes`."""
    said = _plain(text)
    return not any(_contains(said, one) for one in must_not_include)


def _distinct(answer: AnswerRecord) -> list[CitationRecord]:
    found: dict[tuple[str, str | None, str, str | None], CitationRecord] = {}
    for sentence in answer.sentences:
        for one in sentence.citations:
            key = one.post_id, one.section, normalise(one.quote), one.field
            found.setdefault(key, one)
    return list(found.values())


def _contains(said: str, wanted: str) -> bool:
    wanted = _plain(wanted)
    before = r"(?<!\d)(?<!\d[.,])" if wanted[:1].isdigit() else ""
    behind = r"(?!\d)(?![.,]\d)" if wanted[-1:].isdigit() else ""
    return re.search(before + re.escape(wanted) + behind, said) is not None


def _plain(text: str) -> str:
    return _THOUSANDS.sub("", normalise(text))
