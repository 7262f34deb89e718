"""How quick is ingest, and how near does it come to the bare model?

    python -m bench.bench_ingest [SOURCE] [--repeats N] [--json]

Every run is a process of its own: it loads the model, makes an index in an empty folder, and runs
once more with nothing left to embed. In turn with it, `SentenceTransformer.encode` is given the
very texts that ingest embedded, in the number format that ingest used and in the library's own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from bench.figures import Spread, shown, spread, table
from bench.ingest_runs import DEFAULT_PRECISION, Cost, Ingested, encode_once, ingest_once
from bench.machine import this_machine
from bench.processes import PULLQUOTE, in_own_process, timed
from rag.settings import load_settings


@dataclass(frozen=True, slots=True)
class Measured:
    """Every run, in the order in which they took place."""

    ours: tuple[Ingested, ...]
    command_seconds: Spread
    """Of `pullquote ingest` with nothing to embed, from the start of its process to its end."""
    bare: dict[str, tuple[Cost, ...]]
    """By number format: the bare model, run after each of ours."""


def main() -> None:
    sample = str(files("ingest.sample") / "posts.json")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", nargs="?", default=sample, help="as `pullquote ingest` takes it")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    machine = this_machine()
    measured = measure(arguments.source, arguments.repeats)
    print(shown(machine, measured, text_of(measured), as_json=arguments.json))


def measure(source: str, repeats: int) -> Measured:
    """Ours and the bare model in turn, so that both meet the same neighbours on the machine.

    Raises:
        RuntimeError: A run with nothing to embed embedded something.
    """
    ours: list[Ingested] = []
    commands: list[float] = []
    bare: dict[str, tuple[Cost, ...]] = {}
    for number in range(1, repeats + 1):
        print(f"Run {number} of {repeats} …", file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            settings = load_settings(index=Path(folder) / "index")
            ingested, texts = in_own_process(ingest_once, source, settings)
            commands.append(command_seconds(source, settings.index))
        ours.append(ingested)
        for precision in dict.fromkeys((ingested.precision, DEFAULT_PRECISION)):
            cost = in_own_process(encode_once, texts, settings.embedding_model, precision)
            bare[precision] = (*bare.get(precision, ()), cost)
    return Measured(tuple(ours), spread(commands), bare)


def command_seconds(source: str, index: Path) -> float:
    """Of the command on an index that is up to date.

    Raises:
        RuntimeError: It was not.
    """
    seconds, said = timed(PULLQUOTE, "ingest", source, "--index", str(index))
    if "Embedded 0 passages" not in said:
        raise RuntimeError(f"`pullquote ingest` had something to embed: {said}")
    return seconds


def text_of(measured: Measured) -> str:
    """What ingest took, and how that compares with the bare model: two tables."""
    ours = measured.ours
    return (
        f"{ours[0].posts:,} posts, {ours[0].passages:,} passages, {ours[0].cost.texts:,} texts to "
        f"embed in {ours[0].precision}. Median [lowest, highest] of {len(ours)} runs.\n\n"
        f"{_ingest_table(measured)}\n\n{_comparison(measured)}"
    )


def _ingest_table(measured: Measured) -> str:
    ours = measured.ours
    rows: dict[str, Sequence[float]] = {
        "loading the model, s": [one.cost.load_seconds for one in ours],
        "ingest with the model loaded, s": [one.cost.seconds for one in ours],
        "of it in the model, s": [one.model_seconds for one in ours],
        "of it elsewhere, s": [one.cost.seconds - one.model_seconds for one in ours],
        "again, with nothing to embed, s": [one.again_seconds for one in ours],
        "`pullquote ingest`, with nothing to embed, s": measured.command_seconds.values,
        "catalog on disk, MB": [one.catalog_mb for one in ours],
        "Chroma on disk, MB": [one.chroma_mb for one in ours],
        "index on disk, MB": [one.catalog_mb + one.chroma_mb for one in ours],
    }
    lines = [[name, spread(values).text()] for name, values in rows.items()]
    return table(["Ingest", "median [lowest, highest]"], lines)


def _comparison(measured: Measured) -> str:
    """A row for ours and for each way to run the bare model; ratios are those of each round."""
    ours = [one.cost for one in measured.ours]
    rows = [_row(f"ingest, {measured.ours[0].precision}", ours, "", "")]
    for precision, bare in measured.bare.items():
        by_time, by_processor = speed_ratios(ours, bare)
        name = f"bare encode, {precision}"
        rows.append(_row(name, bare, by_time.text(2), by_processor.text(2)))
    head = ["Same texts", "texts a second", "processor s", "peak MB"]
    return table([*head, "ingest : bare", "by processor time"], rows)


def _row(name: str, costs: Sequence[Cost], *ratios: str) -> list[str]:
    return [
        name,
        spread([cost.rate for cost in costs]).text(),
        spread([cost.processor_seconds for cost in costs]).text(0),
        spread([cost.peak_mb for cost in costs]).text(0),
        *ratios,
    ]


def speed_ratios(ours: Sequence[Cost], bare: Sequence[Cost]) -> tuple[Spread, Spread]:
    """How many times as fast ours was, round by round: by the clock, and by processor time."""
    pairs = list(zip(ours, bare, strict=True))
    return (
        spread([b.seconds / o.seconds for o, b in pairs]),
        spread([b.processor_seconds / o.processor_seconds for o, b in pairs]),
    )


if __name__ == "__main__":
    main()
