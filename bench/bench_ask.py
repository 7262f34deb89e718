"""How long does a question take, and which stage takes it?

    python -m bench.bench_ask [--index DIR] [--cases FILE] [--repeats N] [--json]

An assistant is opened and warmed up in a process of its own, then asked every question of the
cases, one after another. Without an index and cases: the bundled sample site and its questions.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from bench.figures import Spread, shown, spread, table
from bench.machine import peak_memory_mb, this_machine
from bench.processes import in_own_process
from eval.cases import Case, load_cases
from rag.assistant import Assistant
from rag.settings import Settings, load_settings
from ui.sample import ingest_sample, sample_cases, sample_settings

WHOLE = "whole question"


@dataclass(frozen=True, slots=True)
class Measured:
    """What asking took."""

    passages: int
    questions: int
    repeats: int
    """How often each was asked."""
    answered: int
    """Questions of all that were asked that were not refused."""
    precision: str
    ready_seconds: float
    """From opening the assistant until it was warm."""
    milliseconds: dict[str, Spread]
    """`WHOLE`, then each stage, of every question in the order in which they were asked."""
    peak_mb: float


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--index", type=Path, help="else that of the sample site")
    parser.add_argument("--cases", type=Path, help="JSON lines; else those of the sample site")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    machine = this_machine()
    settings = settings_for(arguments.index)
    cases = load_cases(arguments.cases or sample_cases())
    measured = in_own_process(measure, settings, cases, arguments.repeats)
    print(shown(machine, measured, text_of(measured), as_json=arguments.json))


def settings_for(index: Path | None) -> Settings:
    """For an index; without one, for the sample site's, which is made where it is missing."""
    if index:
        return load_settings(index=index)
    settings = sample_settings()
    in_own_process(ingest_sample, settings)
    return settings


def measure(settings: Settings, cases: Sequence[Case], repeats: int) -> Measured:
    """Ask every case, and all of them again as often as is wished."""
    started = perf_counter()
    # An answer that is kept takes no time.
    with Assistant(settings.model_copy(update={"cached_answers": 0})) as assistant:
        assistant.warm_up()
        ready = perf_counter() - started
        times: dict[str, list[float]] = {}
        answered = 0
        for case in [*cases] * repeats:
            begun = perf_counter()
            answer = assistant.ask(case.question, history=case.history)
            whole = (perf_counter() - begun) * 1000
            for stage, taken in {WHOLE: whole, **answer.timing}.items():
                times.setdefault(stage, []).append(taken)
            answered += answer.answered
        return Measured(
            passages=assistant.index.status().passages,
            questions=len(cases),
            repeats=repeats,
            answered=answered,
            precision=assistant.pipeline.embedder.id.precision,
            ready_seconds=ready,
            milliseconds={stage: spread(taken) for stage, taken in times.items()},
            peak_mb=peak_memory_mb(),
        )


def text_of(measured: Measured) -> str:
    asked = measured.questions * measured.repeats
    rows = [
        [stage, f"{taken.median:,.1f}", f"{taken.percentile(95):,.1f}"]
        for stage, taken in measured.milliseconds.items()
    ]
    return (
        f"{measured.questions:,} questions on {measured.passages:,} passages, {measured.repeats} "
        f"times each, {measured.answered / asked:.0%} answered; {measured.precision}. Ready after "
        f"{measured.ready_seconds:.1f} s, peak memory {measured.peak_mb:,.0f} MB.\n\n"
        + table([f"Asking (n {asked:,})", "median, ms", "95th percentile, ms"], rows)
    )


if __name__ == "__main__":
    main()
