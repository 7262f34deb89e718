"""What a run earned, and what trivial systems earn beside it, case by case.

Two cases are graded at once: nearly all of the time is the embedding model's, of which a pass
takes one core. A few answers are in memory together, and the order is that of the cases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from eval.beside import CITE_EVERYTHING
from eval.cases.cases import Case
from eval.figures import CaseGrade
from eval.grade import as_told, grade_case
from eval.relevance import Relevance
from eval.trivial import LEFT_OUT, Came, TrivialSystems
from rag.record import AnswerRecord

if TYPE_CHECKING:
    from rag.embedding.embedder import Embedder
    from rag.index.index import Index

_AT_ONCE = 2
_TAKEN = 32  # answers that are in memory together


@dataclass(slots=True)
class Earned:
    """The grades of all cases, in their order."""

    own: list[CaseGrade] = field(default_factory=list)
    beside: dict[str, list[CaseGrade]] = field(default_factory=dict)
    """Of each trivial system that applies, by name."""
    not_beside: Mapping[str, str] = field(default_factory=dict)
    """Names of those that do not, and why."""
    hits: bool = False
    """Some answer tells what was found."""
    rejected: bool = False
    """Some answer tells what a check left out."""
    answered: bool = False
    """Some case did not fail."""

    def of_other(self) -> Sequence[CaseGrade]:
        """The run's own, where it is of another system: what it never tells is not graded."""
        return as_told(self.own, hits=self.hits, rejected=self.rejected)


def earned(
    cases: Iterable[tuple[Case, Came]],
    index: Index,
    *,
    embedder: Embedder | None,
    baselines: bool,
    on_progress: Callable[[int], None],
) -> Earned:
    """Grade what came.

    Args:
        cases: Each with its answer; read as they are needed.
        index: Of the posts that were answered from.
        embedder: Its model; None: nothing by meaning is measured.
        baselines: Whether trivial systems that search or cite are graded as well.
        on_progress: Told after each case how many there are by now.
    """
    relevance = Relevance(embedder) if embedder else None
    embed = relevance.embed_question if relevance else None
    trivial = TrivialSystems(index, embed) if baselines else None

    def of_case(one: tuple[Case, Came]) -> tuple[CaseGrade, dict[str, CaseGrade]]:
        case, came = one
        own = grade_case(case, came)
        if relevance:
            own = relevance.graded(case, own, came)
        beside = {}
        for name, said in (trivial.said(case, came) if trivial else {}).items():
            beside[name] = grade_case(case, said)
            if relevance and name != CITE_EVERYTHING:  # of which a model reads a small part
                beside[name] = relevance.graded(case, beside[name], said)
        return own, beside

    found, left = Earned(), iter(cases)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="grade") as pool:
        while some := list(islice(left, _TAKEN)):
            for (_, came), (own, beside) in zip(some, pool.map(of_case, some), strict=True):
                _add(found, came, own, beside)
                on_progress(len(found.own))
    found.not_beside = trivial.not_beside(hits=found.hits) if trivial else LEFT_OUT
    for name in found.not_beside:
        found.beside.pop(name, None)
    return found


def _add(found: Earned, came: Came, own: CaseGrade, beside: Mapping[str, CaseGrade]) -> None:
    found.own.append(own)
    for name, one in beside.items():
        found.beside.setdefault(name, []).append(one)
    if isinstance(came, AnswerRecord):
        found.answered = True
        found.hits = found.hits or bool(came.hits)
        found.rejected = found.rejected or bool(came.rejected)
