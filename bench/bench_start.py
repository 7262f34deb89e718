"""How long does a command take to start?

    python -m bench.bench_start [--index DIR] [--question TEXT] [--repeats N] [--json]
                                [--save [FOLDER]]

Every start is a fresh process, from its start until it has ended; of the server, until its first
page is there. In turn with them, Python that does nothing, and Python that imports NumPy: the least
that a command, and a question, could take. What lies in the system's file cache stays there.
Without an index: the sample's.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.bench_ask import settings_for
from bench.figures import Spread, spread, table
from bench.machine import this_machine
from bench.processes import PULLQUOTE, seconds_until_page, timed
from bench.results import add_output, hand_over
from ui.commands.sample import EXAMPLES
from ui.ports import free_port

_HOST = "127.0.0.1"
_NOTHING, _NUMPY = "python -c pass", "python -c 'import numpy'"
_PAGE = "pullquote serve, until its first page"


@dataclass(frozen=True, slots=True)
class Measured:
    """What starting took."""

    seconds: dict[str, Spread]
    """By what was typed."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--index", type=Path, help="else that of the sample site")
    parser.add_argument("--question", default=EXAMPLES[0])
    parser.add_argument("--repeats", type=int, default=5)
    add_output(parser)
    arguments = parser.parse_args()
    machine = this_machine()
    settings = settings_for(arguments.index)
    measured = measure(settings.index, arguments.question, arguments.repeats, settings.port)
    ratios = ratios_of(measured)
    hand_over(arguments, "cold_start", machine, measured, text_of(measured), ratios)


def measure(index: Path, question: str, repeats: int, port: int) -> Measured:
    """Each start in turn, so that all meet the same neighbours on the machine."""
    where = ("--index", str(index))
    seconds: dict[str, list[float]] = {}
    for _ in range(repeats):
        for name, taken in {
            _NOTHING: timed(sys.executable, "-c", "pass")[0],
            _NUMPY: timed(sys.executable, "-c", "import numpy")[0],
            "pullquote --help": timed(PULLQUOTE, "--help")[0],
            "pullquote --version": timed(PULLQUOTE, "--version")[0],
            "pullquote status": timed(PULLQUOTE, "status", *where)[0],
            "pullquote ask": timed(PULLQUOTE, "ask", question, *where)[0],
            _PAGE: _page_seconds(index, free_port(_HOST, port)),
        }.items():
            seconds.setdefault(name, []).append(taken)
    return Measured({name: spread(taken) for name, taken in seconds.items()})


def ratios_of(measured: Measured) -> dict[str, Spread]:
    """How many times as long as Python alone each command takes to start, round by round."""
    least = measured.seconds[_NOTHING].values
    return {
        f"{name.removeprefix('pullquote').strip(' -')}_ratio_to_python": spread(
            [one / bare for one, bare in zip(taken.values, least, strict=True)]
        )
        for name, taken in measured.seconds.items()
        if name.startswith("pullquote") and name != _PAGE
    }


def _page_seconds(index: Path, port: int) -> float:
    options = ("--host", _HOST, "--port", str(port), "--index", str(index))
    return seconds_until_page(f"http://{_HOST}:{port}/", PULLQUOTE, "serve", *options)


def text_of(measured: Measured) -> str:
    rows = [[f"`{name}`", taken.text(2)] for name, taken in measured.seconds.items()]
    n = len(next(iter(measured.seconds.values())).values)
    return table([f"Start (n {n})", "s, median [lowest, highest]"], rows)


if __name__ == "__main__":
    main()
