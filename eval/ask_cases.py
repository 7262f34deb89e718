"""Cases to answers in a journal: one after another, or several at once where others answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from time import perf_counter

from eval.cases.cases import Case
from eval.failing import why_failed
from eval.journal import Entry, Journal
from rag.record import AnswerRecord

AnswerOf = Callable[[Case], AnswerRecord]
"""Whoever is graded: a case to its answer; raises where there is none."""
OnProgress = Callable[[int, int], None]
"""Told cases done and cases in all."""
MOST_WORKERS = 64


def run_cases(
    answer_of: AnswerOf,
    cases: Sequence[Case],
    journal: Journal,
    *,
    workers: int = 1,
    on_progress: OnProgress | None = None,
) -> None:
    """Ask every case that the journal does not hold yet.

    A case whose question cannot be asked, whose model does not answer, or that breaks the program
    fails alone. What would fail every case alike (a damaged index, another model's) is raised.

    Args:
        answer_of: Whoever answers; called in several threads where there are several workers.
        cases: All of them.
        journal: Where the answers are kept; in the order in which they come.
        workers: So many cases are asked at once. One alone until there is a first answer, so that
            an address where nobody answers is told as it is without workers.
        on_progress: Told how far it is, in the thread that called this.
    """
    missing = [case for case in cases if case.id not in journal]
    there = len(cases) - len(missing)
    if on_progress and there:
        on_progress(there, len(cases))
    for done, entry in enumerate(_entries(answer_of, missing, workers), there + 1):
        journal.add(entry)
        if on_progress:
            on_progress(done, len(cases))


def _entries(answer_of: AnswerOf, cases: Sequence[Case], workers: int) -> Iterator[Entry]:
    answered = False
    for place, case in enumerate(cases):
        if answered and workers > 1:
            yield from _at_once(answer_of, cases[place:], workers)
            return
        entry = _ask(answer_of, case)
        answered = answered or entry.record is not None
        yield entry


def _at_once(answer_of: AnswerOf, cases: Sequence[Case], workers: int) -> Iterator[Entry]:
    """What comes back, as it comes; no more is waited for than there are workers."""
    left = iter(cases)
    pool = ThreadPoolExecutor(workers, thread_name_prefix="case")
    try:
        asked: set[Future[Entry]] = set()
        while True:
            some = islice(left, workers - len(asked))
            asked |= {pool.submit(_ask, answer_of, case) for case in some}
            if not asked:
                return
            came, asked = wait(asked, return_when=FIRST_COMPLETED)
            for one in came:
                yield one.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _ask(answer_of: AnswerOf, case: Case) -> Entry:
    started = perf_counter()
    failed: str | None = None
    answered: AnswerRecord | None = None
    try:
        answered = answer_of(case)
    except Exception as error:  # whoever is graded may break in any way; it counts, and is told
        failed = why_failed(error, case.id)
    milliseconds = round((perf_counter() - started) * 1000, 3)
    if answered:
        timing = {**answered.timing_ms, "total": milliseconds}
        answered = answered.model_copy(update={"timing_ms": timing})
    return Entry(case.id, answered, failed, milliseconds)
