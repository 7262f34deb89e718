"""Cases asked one after another or several at once, and the memory that a run takes."""

from __future__ import annotations

import json
import threading
import time
import tracemalloc
from contextlib import closing
from pathlib import Path

import pytest
from eval_parts import WOOL, answer, case, cited, hit
from small_site import garden

from eval.ask_cases import AnswerOf, run_cases
from eval.cases.cases import Case
from eval.journal import open_journal
from eval.made_with import made_with_other
from eval.report.as_html import write_html
from eval.run import evaluate_answers
from rag.errors import IndexDamaged, ModelUnavailable
from rag.index.index import Index
from rag.record import AnswerRecord

CASES = [case(f"c{number}", WOOL) for number in range(12)]


def asked(answer_of: AnswerOf, *, workers: int) -> tuple[list[str], list[str | None]]:
    """Ids in the order in which they came back, and the failures in the order of the cases."""
    came: list[str] = []
    with open_journal(None) as journal:
        journal.begin({})

        def told(_done: int, _of: int) -> None:
            came.extend(one.id for one in CASES if one.id in journal and one.id not in came)

        run_cases(answer_of, CASES, journal, workers=workers, on_progress=told)
        return came, [entry.failed for one in CASES if (entry := journal.entry(one.id))]


def test_several_are_asked_at_once_and_no_more_than_there_are_workers() -> None:
    guard, all_there = threading.Lock(), threading.Barrier(4, timeout=20)
    now, most = 0, 0

    def slow(one: Case) -> AnswerRecord:
        nonlocal now, most
        with guard:
            now += 1
            most = max(most, now)
        if one.id in ("c1", "c2", "c3", "c4"):
            all_there.wait()  # each of the four waits until all of them are asked
        time.sleep(0.002)
        with guard:
            now -= 1
        return answer(one.id, cited(WOOL))

    came, failed = asked(slow, workers=4)
    assert most == 4
    assert sorted(came) == sorted(one.id for one in CASES)
    assert came[0] == "c0"  # alone, as nobody knew yet whether anything answers
    assert failed == [None] * len(CASES)


def test_none_is_asked_at_once_before_the_first_answer() -> None:
    threads: list[str] = []

    def never(one: Case) -> AnswerRecord:
        threads.append(threading.current_thread().name)
        raise ModelUnavailable(f"{one.id} sleeps.", hint="Wake it.")

    came, failed = asked(never, workers=4)
    assert set(threads) == {threading.current_thread().name}
    assert came == [one.id for one in CASES]
    assert failed == [f"{one.id} sleeps." for one in CASES]


def test_what_would_fail_every_case_ends_a_run_of_several_at_once() -> None:
    def torn(one: Case) -> AnswerRecord:
        if one.id == "c3":
            raise IndexDamaged("Torn.", hint="Repair.")
        return answer(one.id, cited(WOOL))

    with pytest.raises(IndexDamaged):
        asked(torn, workers=3)


# ---------------------------------------------------------------- memory


@pytest.mark.parametrize("workers", [1, 3])
def test_the_memory_of_a_run_does_not_grow_with_what_is_answered(
    tmp_path: Path, workers: int
) -> None:
    few, many, size = 150, 400, 20_000  # cases, cases, characters that each answer brings along

    def heavy(one: Case) -> AnswerRecord:
        return answer(one.id, cited(WOOL), hits=[hit(f"{one.id} " + "x" * size)])

    def peak(cases: int, index: Index) -> int:
        lines = [
            {"id": f"c{i}", "kind": "far", "question": "Why?", "answerable": False}
            for i in range(cases)
        ]
        file = tmp_path / "cases.jsonl"
        file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        made = made_with_other("heavy", "", index, file)
        tracemalloc.start()
        with open_journal(None) as journal:
            result = evaluate_answers(
                heavy, made, index, file, journal=journal, workers=workers, resamples=2
            )
            write_html(result, journal, tmp_path / "report.html")
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert (tmp_path / "report.html").stat().st_size > cases * size
        return most

    with closing(Index(garden(tmp_path / "index"))) as index:
        grown = peak(many, index) - peak(few, index)
    assert grown < (many - few) * size / 4
