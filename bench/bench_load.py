"""What does a server do when many readers ask at once, leave, or are cut off?

    python -m bench.bench_load [--readers N] [--each N] [--questions N] [--json] [--save [FOLDER]]

A server of the bundled sample site in a process of its own, answering with quotes and keeping no
answers; readers at the chat page (Gradio's queue, spoken as the page's script does) and at
`/api/ask` with a stream, each with an address of its own. First each question is asked alone; what
many readers are answered is compared with that, letter by letter. Then: a crowd, in which each
reader asks as soon as the last question was answered; readers who all go in the middle; memory over
many questions, eight readers at a time; and servers that are killed and told to end in the middle.
Readers and server share the machine.
"""

from __future__ import annotations

import argparse
import asyncio
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.bench_ask import settings_for
from bench.figures import table
from bench.load import DOORS, Crowd, Cut, Left, Memory, alone, crowd, cut, leave, long_run
from bench.machine import this_machine
from bench.readers import Door
from bench.results import add_output, hand_over
from bench.served import Succession, served
from eval.cases.cases import load_cases
from rag.settings import Settings
from ui.commands.sample import sample_cases


@dataclass(frozen=True, slots=True)
class Measured:
    """What happened."""

    questions: int
    """Different ones."""
    crowds: dict[Door, Crowd]
    left: dict[Door, Left]
    killed: dict[Door, Cut]
    """Without a word."""
    ended: dict[Door, Cut]
    """By SIGTERM, as a service is stopped."""
    memory: Memory
    errors: int
    """Lines of the servers' logs that tell of an error."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--each", type=int, default=5, help="questions of each reader of the crowd")
    parser.add_argument("--questions", type=int, default=2000, help="for the memory")
    add_output(parser)
    arguments = parser.parse_args()
    machine = this_machine()
    settings = settings_for(None).model_copy(update={"cached_answers": 0})
    questions = tuple(dict.fromkeys(case.question for case in load_cases(sample_cases())))
    measured = measure(settings, questions, arguments.readers, arguments.each, arguments.questions)
    hand_over(arguments, "load", machine, measured, text_of(measured), {})


def measure(
    settings: Settings,
    questions: tuple[str, ...],
    readers: int,
    each: int,
    many: int,
    *,
    step: int = 100,
) -> Measured:
    """Everything, one after another.

    Args:
        settings: Of the server, whose port must be free.
        questions: Different ones.
        readers: At once.
        each: Questions of each reader of the crowd.
        many: Questions for the memory …
        step: … and after how many of them it is looked at; both multiples of five.
    """
    with TemporaryDirectory(prefix="pullquote-bench-") as name, ExitStack() as servers:
        log = Path(name) / "log"
        told = settings.model_copy(update={"json_logs": True})
        with served(told, log) as first:
            at = first.address
            expected = {door: asyncio.run(alone(at, door, questions)) for door in DOORS}
            crowds = {
                door: asyncio.run(crowd(at, door, expected[door], readers, each)) for door in DOORS
            }
            left = {
                door: asyncio.run(leave(at, door, questions, readers, then=questions[0]))
                for door in DOORS
            }
        one = Succession(told, log, servers)
        memory = asyncio.run(long_run(at, expected["page"], many, step, one.now.memory_mb))
        killed, ended = (
            {
                door: asyncio.run(
                    cut(at, door, expected[door], readers, end=end, start=one.another)
                )
                for door in DOORS
            }
            for end in (one.kill, one.terminate)
        )
        return Measured(len(questions), crowds, left, killed, ended, memory, one.now.errors())


def text_of(measured: Measured) -> str:
    parts = [
        f"{measured.questions} different questions; {measured.errors} errors in the server's log.",
        _crowds(measured.crowds),
        _left(measured.left),
        _cuts(measured),
        _memory(measured.memory),
    ]
    return "\n\n".join(parts)


def _crowds(crowds: dict[Door, Crowd]) -> str:
    rows = [
        [
            door,
            f"{one.questions:,}",
            _sum(one.broke),
            str(one.lost),
            str(one.mixed),
            str(one.wrong),
            f"{one.first.median:.2f}",
            f"{one.first.percentile(95):.2f}",
            f"{one.questions / one.seconds:.1f}",
        ]
        for door, one in crowds.items()
    ]
    readers = next(iter(crowds.values())).readers
    head = [
        f"{readers} readers at once", "questions", "errors", "lost", "mixed", "another answer",
        "first sentence, median, s", "95th percentile, s", "questions a second",
    ]  # fmt: skip
    return table(head, rows)


def _left(left: dict[Door, Left]) -> str:
    rows = [
        [
            door,
            ", ".join(f"{name} {number}" for name, number in one.counted.items()),
            f"{one.next_first:.2f}",
            f"{one.free_seconds:.2f}",
        ]
        for door, one in left.items()
    ]
    readers = next(iter(left.values())).readers
    head = [
        f"{readers} readers who go", "counted by the server",
        "first sentence of the next reader, s", "nothing more to do, s",
    ]  # fmt: skip
    return table(head, rows)


def _cuts(measured: Measured) -> str:
    rows = [
        [
            f"{door}, {how}",
            str(one.whole),
            ", ".join(f"{name} {number}" for name, number in one.broke.items()) or "none",
            f"{one.back_seconds:.1f}",
            f"{one.again} of {one.readers - one.whole}",
        ]
        for how, cuts in (("killed", measured.killed), ("told to end", measured.ended))
        for door, one in cuts.items()
    ]
    readers = next(iter(measured.killed.values())).readers
    head = [
        f"Server of {readers} readers", "answered", "cut off", "ready again, s",
        "answered when asked again",
    ]  # fmt: skip
    return table(head, rows)


def _memory(memory: Memory) -> str:
    asked = memory.step * (len(memory.megabytes) - 1)
    middle = len(memory.megabytes) // 2
    return (
        f"Memory of the server: {memory.megabytes[0]:,.0f} MB before, "
        f"{memory.megabytes[middle]:,.0f} MB after {middle * memory.step:,} and "
        f"{memory.megabytes[-1]:,.0f} MB after {asked:,} questions; in the second half "
        f"{memory.slope:+.1f} MB for each 1,000. {memory.wrong} answers were wrong."
    )


def _sum(counted: dict[str, int]) -> str:
    return str(sum(counted.values()))


if __name__ == "__main__":
    main()
