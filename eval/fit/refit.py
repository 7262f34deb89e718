"""When to refuse, fitted to one index: on drafted questions, with their posts and without.

What a question's words are worth depends on who asks. Drafted questions are easier than readers',
so figures on them say how well drafted questions are told apart and nothing about readers; that
takes questions of readers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from eval.abstention import ANSWERABLE, REFUSED, SCORE, auroc, risk_coverage_area
from eval.bootstrap import Estimate, Rows, Statistic, difference, estimate, mean
from eval.cases.draft import Drafted
from eval.fit.hide import Hiding
from eval.fit.models import FOLDS, fit_refusal, fold_numbers
from rag.calibration import Logistic, load_calibration
from rag.errors import SourceError
from rag.index.own_calibration import OwnCalibration, Refusal, fingerprint
from rag.pipeline import Pipeline
from rag.retrieval.retrieve import look
from rag.types import Turn

_FEWEST = 20  # drafted questions; with fewer each fold would have next to none
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Measured:
    """A question, and what was measured of it."""

    answerable: bool
    unread: tuple[float, ...]
    """In the order of `calibration.ANSWERABLE_FEATURES`; empty where nothing was found."""
    read: tuple[float, ...] = ()
    """In the order of `calibration.ANSWERABLE_READ_FEATURES`; empty where nothing was read."""

    def row(self, *, read: bool) -> tuple[float, ...]:
        return self.read if read else self.unread


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure before and after, and the difference, paired by question; None: not defined."""

    name: str
    before: Estimate | None
    after: Estimate | None
    change: Estimate | None


@dataclass(frozen=True, slots=True)
class Refit:
    """What was fitted, and how it does."""

    own: OwnCalibration
    drafted: tuple[Compared, ...]
    """On questions that the fold's weights had not seen."""
    cases: tuple[Compared, ...]
    """On labelled questions, none of which was fitted on; empty where none were given."""

    @property
    def objection(self) -> str:
        """Why it should not take the place of what is shipped; empty where nothing speaks against.

        Better on drafted questions is not better for readers: without readers' questions nobody
        knows, and with them no figure may be worse.
        """
        told_apart = next(one for one in self.drafted if one.name == AUROC).change
        if told_apart is None or told_apart.low <= 0:
            return "It does not tell the drafted questions apart better than what is shipped."
        if not self.cases:
            return "No questions of readers say that it is better for them as well (--cases)."
        worse = [one.name for one in self.cases if one.change is None or _is_worse(one)]
        return f"On the cases it is worse, or not known, in: {', '.join(worse)}." if worse else ""


ANSWERED, RIGHTLY_REFUSED, AUROC, AREA = FIGURES = (
    "answered, of the answerable",
    "refused, of the unanswerable",
    "AUROC",
    "risk-coverage area (lower is better)",
)


def measure_drafted(
    drafted: Sequence[Drafted],
    pipeline: Pipeline,
    hiding: Hiding,
    *,
    on_progress: OnProgress | None = None,
) -> list[tuple[Measured, Measured]]:
    """Each question with its post and without it; those about posts' records are left out."""
    found = []
    for done, one in enumerate(drafted, 1):
        hidden = hiding.passages(hiding.posts(one))
        pair = (
            measure(one.question, pipeline, answerable=True),
            measure(one.question, pipeline, answerable=False, hidden=hidden),
        )
        if all(part and part.unread for part in pair):
            found.append(pair)
        if on_progress:
            on_progress(done, len(drafted))
    return [(there, gone) for there, gone in found if there and gone]


def measure(
    question: str,
    pipeline: Pipeline,
    *,
    answerable: bool,
    history: Sequence[Turn] = (),
    hidden: frozenset[str] = frozenset(),
) -> Measured | None:
    """What the product measures of a question; None for one about the posts themselves."""
    query = pipeline.understand(question, history=history)
    if query.record:
        return None
    settings, shipped = pipeline.settings, load_calibration(pipeline.embedder.id.revision)

    def row(reads: bool) -> tuple[float, ...]:
        return look(
            query, pipeline.index, pipeline.embedder, shipped,
            candidates=settings.candidates, hits=settings.hits, hidden=hidden,
            reader=pipeline.reader if reads else None, read=settings.read_passages,
        ).row  # fmt: skip

    return Measured(answerable, row(False), row(True) if pipeline.reads else ())


def refit(
    measured: Sequence[tuple[Measured, Measured]],
    pipeline: Pipeline,
    *,
    drafted_by: str,
    cases: Sequence[Measured] = (),
) -> Refit:
    """Fit, and compare with what is shipped.

    Args:
        measured: Drafted questions with and without their posts.
        pipeline: That they were measured with.
        drafted_by: "rules", or the chat model's name.
        cases: Labelled questions that were not drafted, for grading alone.

    Raises:
        SourceError: The posts give too few questions.
    """
    if len(measured) < _FEWEST:
        raise SourceError(
            f"Only {len(measured)} questions can be drafted from these posts, of {_FEWEST} needed.",
            hint="Ingest more posts, or leave the refusal as it is shipped.",
        )
    shipped = load_calibration(pipeline.embedder.id.revision)
    reader = pipeline.reader.id if pipeline.reader and pipeline.reads else ""
    unread = _fitted(measured, fingerprint(shipped), read=False)
    read = _fitted(measured, fingerprint(shipped, reader), read=True) if reader else None
    own = OwnCalibration(
        unread=unread,
        read=read,
        model=pipeline.index.model_id.model,
        made=datetime.now(UTC).replace(microsecond=0),
        questions=2 * len(measured),
        drafted_by=drafted_by,
        generation=pipeline.index.generation,
    )
    closely = shipped.read if reader else None
    now = closely or shipped
    before = Refusal(now.answerable, now.min_answerable, "")
    unseen, after = _cross_validated(measured, read=bool(reader))
    return Refit(
        own,
        compare(graded(unseen, before, read=bool(reader)), after),
        compare(
            graded(cases, before, read=bool(reader)),
            graded(cases, read or unread, read=bool(reader)),
        )
        if cases
        else (),
    )


def graded(measured: Sequence[Measured], refusal: Refusal, *, read: bool) -> Rows:
    """In the columns of `eval.abstention`; where nothing was found, the question is refused."""
    rows = [one.row(read=read) for one in measured]
    scores = [refusal.answerable(row) if row else 0.0 for row in rows]
    return np.asarray(
        [
            (one.answerable, score < refusal.min_answerable, score)
            for one, score in zip(measured, scores, strict=True)
        ],
        dtype=np.float64,
    )


def compare(before: Rows, after: Rows) -> tuple[Compared, ...]:
    """The `FIGURES`; row i of both is the same question."""
    yes = before[:, ANSWERABLE] > 0
    asked: list[tuple[Statistic, Rows, Rows]] = [
        (mean, 1 - before[yes, REFUSED:SCORE], 1 - after[yes, REFUSED:SCORE]),
        (mean, before[~yes, REFUSED:SCORE], after[~yes, REFUSED:SCORE]),
        (auroc, before, after),
        (risk_coverage_area, before, after),
    ]
    return tuple(
        Compared(name, estimate(one, f), estimate(two, f), difference(two, one, f))
        for name, (f, one, two) in zip(FIGURES, asked, strict=True)
    )


def _cross_validated(
    measured: Sequence[tuple[Measured, Measured]], *, read: bool
) -> tuple[list[Measured], Rows]:
    """Every question, with and without its post, graded by what was fitted on other questions."""
    folds = fold_numbers(len(measured))
    unseen: list[Measured] = []
    rows = []
    for fold in range(FOLDS):
        train = [pair for pair, own in zip(measured, folds, strict=True) if own != fold]
        test = [
            one for pair, own in zip(measured, folds, strict=True) if own == fold for one in pair
        ]
        unseen += test
        rows.append(graded(test, _fitted(train, "", read=read), read=read))
    return unseen, np.concatenate(rows)


def _fitted(measured: Sequence[tuple[Measured, Measured]], beside: str, *, read: bool) -> Refusal:
    every = [one for pair in measured for one in pair]
    rows = np.asarray([one.row(read=read) for one in every])
    weights, threshold = fit_refusal(rows, np.asarray([one.answerable for one in every]))
    return Refusal(Logistic(tuple(weights.weights.tolist()), weights.bias), threshold, beside)


def _is_worse(one: Compared) -> bool:
    change = one.change.value if one.change else 0.0
    return change > 0 if one.name == AREA else change < 0
