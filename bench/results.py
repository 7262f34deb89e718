"""Results as files, so that a later run can be held against them: JSON and Markdown.

A result names its command, its machine, how busy that was, and its ratios; then every value.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from bench.figures import Spread, shown
from bench.machine import Machine

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

RESULTS = Path(__file__).parent / "results"
"""Where results are kept that came with this version."""

_DIGITS = 5  # of a number; more are noise


def add_output(parser: argparse.ArgumentParser) -> None:
    """The options that every benchmark with a file of its own has."""
    parser.add_argument("--json", action="store_true", help="every value, on standard output")
    parser.add_argument(
        "--save", type=Path, nargs="?", const=RESULTS, metavar="FOLDER",
        help="also as JSON and Markdown in a folder; without one, in bench/results",
    )  # fmt: skip
    parser.add_argument("--name", help="of the files, instead of the usual one")


def hand_over(
    arguments: argparse.Namespace,
    name: str,
    machine: Machine,
    measured: DataclassInstance,
    text: str,
    ratios: Mapping[str, Spread],
) -> None:
    """Print a result, and save it where that is wished.

    Args:
        arguments: With the options of `add_output`.
        name: Of the files, without an ending.
        machine: As it was before the first run.
        measured: What was measured.
        text: The same as Markdown.
        ratios: Of two things that were measured in turn, by name.
    """
    print(shown(machine, measured, text, as_json=arguments.json))
    if arguments.save:
        save(arguments.save, arguments.name or name, machine, measured, text, ratios)


def save(
    folder: Path,
    name: str,
    machine: Machine,
    measured: DataclassInstance,
    text: str,
    ratios: Mapping[str, Spread],
) -> None:
    """Write `name`.json and `name`.md; what stood there is overwritten."""
    load, command = os.getloadavg()[0], _command()
    content = {
        "command": command,
        "machine": asdict(machine),
        "load_after": load,
        **{ratio: _summary(taken) for ratio, taken in ratios.items()},
        "measured": asdict(measured),
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(
        json.dumps(_rounded(content), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    (folder / f"{name}.md").write_text(
        f"`{command}`\n\n{machine} After the last: {load:.1f}.\n\n{text}\n", encoding="utf-8"
    )


def _command() -> str:
    """As it was typed, without folders, which are nobody's business but this machine's."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    first = f"python -m {spec.name}" if spec else Path(sys.argv[0]).name
    words = [Path(word).name if "/" in word else word for word in sys.argv[1:]]
    return " ".join([first, *map(shlex.quote, words)])


def _summary(taken: Spread) -> dict[str, object]:
    values = taken.values
    return {
        "median": taken.median,
        "lowest": min(values),
        "highest": max(values),
        "n": len(values),
        "values": values,
    }


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}")
    if isinstance(value, Mapping):
        return {key: _rounded(one) for key, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list | tuple) else value
