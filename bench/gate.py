"""Has something become slower than chance explains?

    python -m bench.gate [--learn N] [--baselines FILE]

A quick run (`bench.quick`) is held against what was measured before and stands in
`bench/results/gate.json`. Compared are ratios, each of two things that were run in turn, never
times: a slower or a busier machine makes both slower. A ratio has become worse when it is above its
limit in each of three quick runs; the limit follows from how far the ratio moved between runs of
the same code. With `--learn`, nothing is compared: N quick runs become the new baselines. Ends with
1 where something has become worse.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from pathlib import Path
from statistics import median

from bench.figures import Spread, spread, table
from bench.machine import Machine, this_machine
from bench.quick import quick_ratios
from bench.results import RESULTS, save

BASELINES = RESULTS / "gate.json"
TRIES = 3
_LEAST = 1.25
"""How much worse a ratio may be, however steady it was when it was learned."""
_DEVIATIONS = 4.0
_NORMAL = 1.4826  # standard deviations in a median absolute deviation, of a normal distribution
_ELSEWHERE = 1.5
"""How much wider the room is on a processor of another name, where ratios are others."""

Measure = Callable[[], Mapping[str, float]]
"""A quick run: ratios by name; the lower, the better."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a ratio."""

    name: str
    usual: float
    """Median of the baseline's runs."""
    limit: float
    found: tuple[float, ...]
    """In each run that was needed, in their order."""

    @property
    def is_worse(self) -> bool:
        return min(self.found) > self.limit


@dataclass(frozen=True, slots=True)
class Learned:
    """What the quick runs of `--learn` found."""

    ratios: dict[str, Spread]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--learn", type=int, metavar="N", help="runs that become the baselines")
    parser.add_argument("--baselines", type=Path, default=BASELINES)
    arguments = parser.parse_args()
    machine = this_machine()
    if arguments.learn:
        learn(arguments.baselines, machine, arguments.learn, quick_ratios)
        return
    usual, elsewhere = read_baselines(arguments.baselines, machine)
    verdicts = compare(usual, quick_ratios, elsewhere=elsewhere)
    print(f"{machine}\n\n{text_of(verdicts)}")
    if elsewhere:
        print("\nThe baselines are of another processor, so the room is wider.")
    worse = [one.name for one in verdicts if one.is_worse]
    if worse:
        print(f"\nSlower than before in {TRIES} runs: {', '.join(worse)}.", file=sys.stderr)
        raise SystemExit(1)


def compare(
    usual: Mapping[str, Sequence[float]], measure: Measure, *, elsewhere: bool = False
) -> list[Verdict]:
    """Run quickly, and again while something is above its limit, `TRIES` times at most.

    Args:
        usual: By name, what repeated runs of the same code found; at least one value each.
        measure: A quick run.
        elsewhere: Whether the baselines are of another machine.

    Raises:
        KeyError: The run lacks a ratio that the baselines have.
    """
    limits = {name: limit_of(values, elsewhere=elsewhere) for name, values in usual.items()}
    found: dict[str, list[float]] = {name: [] for name in usual}
    doubtful = set(usual)
    for _ in range(TRIES):
        run = measure()
        for name in doubtful:
            found[name].append(run[name])
        doubtful = {name for name in doubtful if found[name][-1] > limits[name]}
        if not doubtful:
            break
    return [
        Verdict(name, median(values), limits[name], tuple(found[name]))
        for name, values in usual.items()
    ]


def limit_of(values: Sequence[float], *, elsewhere: bool = False) -> float:
    """Up to where a ratio counts as the same, from several runs of the same code.

    Four robust standard deviations of its logarithm above the median, and never less than a
    quarter above it.
    """
    logs = [log(value) for value in values]
    middle = median(logs)
    deviation = _NORMAL * median([abs(one - middle) for one in logs])
    room = max(log(_LEAST), _DEVIATIONS * deviation) + (log(_ELSEWHERE) if elsewhere else 0.0)
    return exp(middle + room)


def learn(file: Path, machine: Machine, runs: int, measure: Measure) -> None:
    """Make baselines of several quick runs."""
    found: dict[str, list[float]] = {}
    for number in range(1, runs + 1):
        print(f"Run {number} of {runs} …", file=sys.stderr)
        for name, ratio in measure().items():
            found.setdefault(name, []).append(ratio)
    learned = Learned({name: spread(values) for name, values in found.items()})
    rows = [
        [name, taken.text(2), f"{limit_of(taken.values):.2f}"]
        for name, taken in learned.ratios.items()
    ]
    text = table([f"Ratio (n {runs})", "median [lowest, highest]", "limit"], rows)
    save(file.parent, file.stem, machine, learned, text, {})
    print(text)


def read_baselines(file: Path, machine: Machine) -> tuple[dict[str, tuple[float, ...]], bool]:
    """What `learn` wrote, and whether it was on another kind of machine."""
    content = json.loads(file.read_text(encoding="utf-8"))
    values = {name: tuple(taken["values"]) for name, taken in content["measured"]["ratios"].items()}
    theirs = content["machine"]
    same = (theirs["processor"], theirs["cores"]) == (machine.processor, machine.cores)
    return values, not same


def text_of(verdicts: Sequence[Verdict]) -> str:
    rows = [
        [
            one.name,
            f"{one.usual:.2f}",
            f"{one.limit:.2f}",
            " ".join(f"{value:.2f}" for value in one.found),
            "slower" if one.is_worse else "as before",
        ]
        for one in verdicts
    ]
    return table(["Ratio, lower is better", "usual", "limit", "found", ""], rows)


if __name__ == "__main__":
    main()
