"""Trivial systems beside ours, end to end: what any figure has to be seen beside.

    python -m eval.baselines --index INDEX --cases CASES.jsonl [--system SYSTEM]

* words, meaning: the best sentence of the first passage by BM25 or by cosine; nothing is refused.
* cite everything: ours, never refusing, with every sentence of all that it found as its citations.
* cite nothing: what ours says, without its citations.
* always refuse, never refuse: nothing is answered; ours answers whatever is asked.
* SYSTEM: any other, as `eval/systems/by_name.py` names them.

All are graded by `eval.grade`. A refusal is in no figure of citations, neither as 0 nor as a
missing value, so who refuses everything has none there.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.ask_cases import AnswerOf, run_cases
from eval.bootstrap import RESAMPLES, Figure, difference
from eval.cases.cases import Case, load_cases, resolve_gold
from eval.figures import METRICS, Group, rows_of
from eval.grade import Failure, Grades, as_told, grade, summarise
from eval.hashes import made_with_text
from eval.journal import open_journal
from eval.run import asking
from eval.systems.by_name import TRIVIAL, OtherSystem, other_system, trivial_system
from eval.tables import shown, table
from eval.trivial import always_refuse, cite_everything, cite_nothing, never_refuse
from rag.assistant import Assistant
from rag.record import AnswerRecord
from rag.settings import load_settings

OURS = "ours"
_SHOWN = (
    "Recall@5",
    "MRR@10",
    "citation precision (sentence)",
    "citation recall (sentence)",
    "citation precision (section)",
    "citation recall (section)",
    "says what it must",
    "answered, of the answerable",
    "refused, of the unanswerable",
    "F1 of refusing",
    "AUROC of the score",
)


@dataclass(frozen=True, slots=True)
class SystemGrade:
    """A system on the cases."""

    name: str
    grades: Grades
    beside: tuple[Figure, ...]
    """Its figures less ours, paired by case; empty for ours itself."""


def grade_systems(
    assistant: Assistant,
    cases: Sequence[Case],
    others: Sequence[OtherSystem] = (),
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> tuple[SystemGrade, ...]:
    """Ours, the others, then the trivial systems, on the same cases.

    Args:
        assistant: Ours; its index is what all look in.
        cases: With their gold known to the index.
        others: Whoever else is to be seen beside them.
        seed: Of the bootstrap.
        resamples: Of the bootstrap.
    """
    own, failed = _asked(asking(assistant), cases)
    eager = assistant.settings.model_copy(update={"min_answerable": 0.0})
    with Assistant(eager, embedder=assistant.pipeline.embedder) as unrefusing:
        never, failed_too = _asked(asking(unrefusing), cases)
    systems: list[tuple[str, Sequence[AnswerRecord], Sequence[Failure]]] = [
        (OURS, own, failed),
        *((one.name, *_asked(one.answer_of, cases)) for one in others),
        *(
            (name, [trivial_system(name, assistant).answer_of(case) for case in cases], ())
            for name in TRIVIAL
        ),
        ("cite everything", [cite_everything(one) for one in never], failed_too),
        ("cite nothing", [cite_nothing(one) for one in own], failed),
        ("always refuse", [always_refuse(one) for one in own], failed),
        ("never refuse", [never_refuse(one) for one in never], failed_too),
    ]
    graded = []
    for name, records, failures in systems:
        found = grade(cases, records, failures=failures, seed=seed, resamples=resamples)
        if records and not any(one.hits for one in records):
            told = as_told(found.cases, hits=False, rejected=True)
            found = summarise(told, seed=seed, resamples=resamples)
        graded.append((name, found))
    ours = graded[0][1]
    return tuple(
        SystemGrade(name, one, () if name == OURS else _beside(one, ours)) for name, one in graded
    )


def _asked(
    answer_of: AnswerOf, cases: Sequence[Case]
) -> tuple[Sequence[AnswerRecord], Sequence[Failure]]:
    with open_journal(None) as journal:
        run_cases(answer_of, cases, journal)
        entries = [entry for case in cases if (entry := journal.entry(case.id))]
    records = [entry.record for entry in entries if entry.record]
    return records, [Failure(one.case_id, one.failed) for one in entries if one.failed]


def _beside(grades: Grades, ours: Grades) -> tuple[Figure, ...]:
    """Figures less ours, paired by case, each on the cases that take part in it on both sides."""
    pairs = list(zip(grades.cases, ours.cases, strict=True))
    found = []
    for metric in METRICS:
        both = [pair for pair in pairs if None not in map(metric.row, pair)]
        theirs, own = (rows_of(metric, [pair[side] for pair in both]) for side in (0, 1))
        found.append(
            Figure(
                metric.name,
                difference(
                    theirs, own, metric.statistic, seed=grades.seed, resamples=grades.resamples
                ),
            )
        )
    return tuple(found)


def systems_text(systems: Sequence[SystemGrade]) -> str:
    """A table of the figures for each group of them, then the differences to ours."""
    grades = systems[0].grades
    parts = [
        _table("Retrieval", "retrieval", systems),
        _table("Answers, where not refused", "answers", systems),
        _table("Abstention", "abstention", systems),
    ]
    parts.append(
        f"n is the number of cases behind the first figure of a row that has one. [low, high] is a "
        f"95 % interval: percentile bootstrap by question, {grades.resamples:,} resamples, seed "
        f"{grades.seed}. Differences are paired, on the cases that take part on both sides. "
        "“–” is nothing to measure it on: who refuses everything cites nothing, well or badly."
    )
    lines = [f"{one.name}: {len(one.grades.failed)} of {len(one.grades.cases)} cases failed."
             for one in systems if one.grades.failed]  # fmt: skip
    return "\n\n".join([*parts, *lines])


def _table(title: str, group: Group, systems: Sequence[SystemGrade]) -> str:
    names = [one.name for one in METRICS if one.group == group and one.name in _SHOWN]
    rows = []
    for system in systems:
        found = [one.estimate for one in system.grades.figures if one.name in names]
        n = next((str(one.n) for one in found if one), "0")
        rows.append([system.name, n, *map(shown, found)])
    for system in systems:
        if system.beside:
            found = [one.estimate for one in system.beside if one.name in names]
            n = next((str(one.n) for one in found if one), "0")
            rows.append([f"{system.name} − {OURS}", n, *(shown(one, signed=True) for one in found)])
    return table([title, "n", *names], rows)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--system", action="append", default=[], help="one beside them")
    arguments = parser.parse_args()
    with Assistant(load_settings(index=arguments.index)) as assistant:
        assistant.warm_up()
        cases = resolve_gold(load_cases(arguments.cases), assistant.index)
        others = [other_system(name, assistant.index) for name in arguments.system]
        found = systems_text(grade_systems(assistant, cases, others))
        made = made_with_text([arguments.cases], assistant.settings, index=assistant.index)
        print(f"{found}\n\n{made}")


if __name__ == "__main__":
    main()
