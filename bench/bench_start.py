"""How long does a command take to start?

    python -m bench.bench_start [--index DIR] [--question TEXT] [--repeats N] [--json]

Every start is a fresh process, from its start until it has ended; of the server, until its first
page is there. What lies in the system's file cache stays there. Without an index: the sample's.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from bench.bench_ask import settings_for
from bench.figures import Spread, shown, spread, table
from bench.machine import this_machine
from bench.processes import PULLQUOTE, seconds_until_page, timed
from ui.ports import free_port
from ui.sample import EXAMPLES

_HOST = "127.0.0.1"


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
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    machine = this_machine()
    settings = settings_for(arguments.index)
    measured = measure(settings.index, arguments.question, arguments.repeats, settings.port)
    print(shown(machine, measured, text_of(measured), as_json=arguments.json))


def measure(index: Path, question: str, repeats: int, port: int) -> Measured:
    """Each start in turn, so that all meet the same neighbours on the machine."""
    seconds: dict[str, list[float]] = {}
    for _ in range(repeats):
        for name, taken in {
            "--help": timed(PULLQUOTE, "--help")[0],
            "--version": timed(PULLQUOTE, "--version")[0],
            "ask": timed(PULLQUOTE, "ask", question, "--index", str(index))[0],
            "serve, until its first page": _page_seconds(index, free_port(_HOST, port)),
        }.items():
            seconds.setdefault(f"pullquote {name}", []).append(taken)
    return Measured({name: spread(taken) for name, taken in seconds.items()})


def _page_seconds(index: Path, port: int) -> float:
    options = ("--host", _HOST, "--port", str(port), "--index", str(index))
    return seconds_until_page(f"http://{_HOST}:{port}/", PULLQUOTE, "serve", *options)


def text_of(measured: Measured) -> str:
    rows = [[f"`{name}`", taken.text(2)] for name, taken in measured.seconds.items()]
    n = len(next(iter(measured.seconds.values())).values)
    return table([f"Start (n {n})", "s, median [lowest, highest]"], rows)


if __name__ == "__main__":
    main()
