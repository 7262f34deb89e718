"""How long does a question take, and which stage takes it?

    python -m bench.bench_ask [--index DIR] [--cases FILE] [--repeats N] [--alone] [--json]
                              [--save [FOLDER]]

An assistant is opened and warmed up in a process of its own, then asked every question of the
cases, one after another; then twenty of them at once (`chain.abatch`), in turn with the same twenty
one after another. In a process more, each question is asked in turn with the other systems that are
installed (`pip install --group opponents`) and were given the same posts: they find texts, and
neither read nor answer. Without an index and cases: the bundled sample site and its questions.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from bench.beside import OURS, SEARCH, Beside, beside, ratio_names
from bench.figures import Spread, spread, table
from bench.machine import peak_memory_mb, this_machine
from bench.opponent_runs import installed_opponents
from bench.processes import in_own_process
from bench.results import add_output, hand_over
from eval.cases.cases import Case, load_cases
from rag.assistant import Assistant
from rag.chain import ChainInput
from rag.settings import Settings, load_settings
from ui.commands.sample import ingest_sample, sample_cases, sample_settings

WHOLE = "whole question"
_AT_ONCE = 20  # questions of readers who ask in the same moment


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
    at_once: int
    """Questions that were asked in the same moment …"""
    side_by_side: Spread
    """… how many of them a second that answered …"""
    one_by_one: Spread
    """… and how many when they were asked one after another."""
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Asked:
    """Ours, and ours in turn with other systems."""

    ours: Measured
    beside: Beside


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--index", type=Path, help="else that of the sample site")
    parser.add_argument("--cases", type=Path, help="JSON lines; else those of the sample site")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--alone", action="store_true", help="without other systems")
    add_output(parser)
    arguments = parser.parse_args()
    machine = this_machine()
    settings = settings_for(arguments.index)
    cases = load_cases(arguments.cases or sample_cases())
    systems = () if arguments.alone else installed_opponents()
    ours = in_own_process(measure, settings, cases, arguments.repeats)
    measured = Asked(ours, in_own_process(beside, settings, cases, arguments.repeats, systems))
    text = f"{text_of(ours)}\n\n{beside_text(measured.beside)}"
    hand_over(arguments, "ask", machine, measured, text, measured.beside.ratios())


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
        together, single = at_once(assistant, cases[:_AT_ONCE], repeats)
        return Measured(
            passages=assistant.index.status().passages,
            questions=len(cases),
            repeats=repeats,
            answered=answered,
            precision=assistant.pipeline.embedder.id.precision,
            ready_seconds=ready,
            milliseconds={stage: spread(taken) for stage, taken in times.items()},
            at_once=len(cases[:_AT_ONCE]),
            side_by_side=together,
            one_by_one=single,
            peak_mb=peak_memory_mb(),
        )


def at_once(assistant: Assistant, cases: Sequence[Case], repeats: int) -> tuple[Spread, Spread]:
    """Questions a second: asked in the same moment, and one after another, in turn."""
    inputs: list[ChainInput] = [
        {"question": case.question, "history": case.history} for case in cases
    ]
    together: list[float] = []
    single: list[float] = []
    for _ in range(repeats):
        begun = perf_counter()
        asyncio.run(assistant.chain.abatch(inputs))
        together.append(len(inputs) / (perf_counter() - begun))
        begun = perf_counter()
        for one in inputs:
            assistant.chain.invoke(one)
        single.append(len(inputs) / (perf_counter() - begun))
    return spread(together), spread(single)


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
        + f"\n\n{measured.at_once} questions at once: {measured.side_by_side.text()} a second; "
        f"one after another: {measured.one_by_one.text()}."
    )


def beside_text(found: Beside) -> str:
    ratios = found.ratios()
    rows = []
    for name, taken in found.milliseconds.items():
        keys = ratio_names(name)
        own = [ratios[keys[way]].text(2) if keys else "" for way in (OURS, SEARCH)]
        rows.append([name, f"{taken.median:,.1f}", f"{taken.percentile(95):,.1f}", *own])
    head = ["In turn", "median, ms", "95th percentile, ms", "ours : it", "our search : it"]
    return table(head, rows)


if __name__ == "__main__":
    main()
