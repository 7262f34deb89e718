"""The same cases asked again after a sync: whose answer changed, and whose source is gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eval.cases.gold import normalise
from eval.outcomes import Outcome, changed, outcome
from eval.report.as_json import SavedReport
from eval.run import EvalResult
from eval.tables import counted, plain
from rag.index.index import Index
from rag.record import AnswerRecord, CitationRecord

_LISTED = 50  # of a list for people


@dataclass(frozen=True, slots=True)
class Again:
    """A case that was asked before as well, of which something is otherwise now."""

    case_id: str
    question: str
    before: Outcome
    now: Outcome
    otherwise: bool
    """It is answered in other words."""
    lost: tuple[str, ...]
    """What the answer before cited and the posts no longer hold, in words."""

    @property
    def change(self) -> int:
        """1 where it became better, -1 where worse, else 0."""
        return changed(self.before, self.now)


@dataclass(frozen=True, slots=True)
class Since:
    """A run beside the one before it."""

    cases: int
    """Asked in both."""
    changes: tuple[Again, ...]
    gold_gone: tuple[str, ...]
    """Ids of cases whose gold the posts held before and no longer hold: they need mending."""

    @property
    def worse(self) -> tuple[Again, ...]:
        return tuple(one for one in self.changes if one.change < 0)

    @property
    def ok(self) -> bool:
        """Nothing became worse, and every case can still be right."""
        return not self.worse and not self.gold_gone


def since(
    before: SavedReport,
    answers: Sequence[AnswerRecord],
    result: EvalResult,
    now: Sequence[AnswerRecord],
    index: Index,
) -> Since:
    """What became of the cases that both runs were asked; others are passed over.

    Args:
        before: The run before.
        answers: Its answers.
        result: The run now.
        now: Its answers.
        index: The posts as they are now.
    """
    known = {(one.grade.id, one.fingerprint): one.grade for one in before.cases}
    said, says = ({str(one.id): one for one in some} for some in (answers, now))
    sources = _Sources(index)
    shared, found = set(), []
    for case, fingerprint, grade in zip(
        result.cases, result.fingerprints, result.grades.cases, strict=True
    ):
        earlier = known.get((case.id, fingerprint))
        if earlier is None:
            continue
        shared.add(case.id)
        old, new = said.get(case.id), says.get(case.id)
        one = Again(
            case.id,
            case.question,
            outcome(earlier),
            outcome(grade),
            otherwise=_words(old) != _words(new),
            lost=tuple(sources.lost(old)) if old else (),
        )
        if one.before != one.now or one.otherwise or one.lost:
            found.append(one)
    gone = [id_ for id_ in result.missing if id_ in shared and id_ not in before.missing]
    return Since(len(shared), tuple(found), tuple(gone))


def since_text(found: Since) -> str:
    """What changed, for people; a change stands in the first list that it belongs to."""
    lists = {
        "Became worse": found.worse,
        "Lost a source": tuple(one for one in found.changes if one.change >= 0 and one.lost),
        "Became better": tuple(one for one in found.changes if one.change > 0 and not one.lost),
        "Answered otherwise": tuple(
            one for one in found.changes if one.change == 0 and not one.lost
        ),
    }
    counts = ", ".join(f"{len(some):,} {name.lower()}" for name, some in lists.items() if some)
    cases = counted(found.cases, "case", "cases")
    head = f"{cases} asked again: {counts or 'nothing changed'}."
    if found.gold_gone:
        head += (
            f"\n\nThe posts no longer hold the gold of {', '.join(map(plain, found.gold_gone))}:"
            " mend or drop these cases."
        )
    return "\n\n".join([head, *(_list(name, some) for name, some in lists.items() if some)])


def _list(name: str, changes: Sequence[Again]) -> str:
    lines = [line for one in changes[:_LISTED] for line in _lines(one)]
    more = len(changes) - _LISTED
    return "\n".join([f"{name}:", "", *lines, *([f"- and {more:,} more"] if more > 0 else [])])


def _lines(one: Again) -> Iterator[str]:
    became = f"{one.before} → {one.now}" if one.before != one.now else f"{one.now}, as before"
    yield f"- {plain(one.case_id)}: {became}: {plain(one.question)}"
    yield from (f"  - {plain(lost)}" for lost in one.lost)


def _words(record: AnswerRecord | None) -> tuple[str, ...]:
    return tuple(one.text for one in record.sentences) if record else ()


class _Sources:
    """What the posts hold now."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._texts: dict[str, str] = {}

    def lost(self, answer: AnswerRecord) -> Iterator[str]:
        """What an answer cited and is not there any more, each once."""
        cited = [one for sentence in answer.sentences for one in sentence.citations]
        there = self._index.published({one.post_id for one in cited})
        told: set[str] = set()
        for one in cited:
            if one.post_id not in there:
                lost = f"the post “{one.title or one.post_id}” is gone"
            elif one.quote and not self._holds(one):
                lost = f"“{one.title or one.post_id}” no longer says “{one.quote}”"
            else:
                continue
            if lost not in told:
                told.add(lost)
                yield lost

    def _holds(self, citation: CitationRecord) -> bool:
        post = citation.post_id
        if post not in self._texts:
            texts = (section.text for section in self._index.sections(post))
            self._texts[post] = normalise("\n".join(texts))
        return normalise(citation.quote) in self._texts[post]
