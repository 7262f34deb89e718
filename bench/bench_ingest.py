"""How quick is ingest, beside the bare model and beside other systems?

    python -m bench.bench_ingest [SOURCE] [--repeats N] [--alone] [--json] [--save [FOLDER]]

Every run is a process of its own: it loads the model, makes an index in an empty folder, and runs
once more with nothing left to embed. In turn with it, `SentenceTransformer.encode` is given the
very texts that ingest embedded, in the number format that ingest used and in the library's own;
then the other systems that are installed (`pip install --group opponents`) are given the same
posts, in both formats. For an ordinary laptop's processor, set ONEDNN_MAX_CPU_ISA=AVX2,
ATEN_CPU_CAPABILITY=avx2 and PULLQUOTE_EMBEDDING_PRECISION=float32.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from bench.figures import Spread, spread, table
from bench.ingest_runs import DEFAULT_PRECISION, Cost, Ingested, encode_once, ingest_once
from bench.machine import this_machine
from bench.opponent_runs import Built, build_once, installed_opponents
from bench.processes import PULLQUOTE, in_own_process, timed
from bench.results import add_output, hand_over
from eval.corpora.index import PostText, post_texts
from rag.index.index import Index
from rag.settings import load_settings

_SHORT = "-default"  # at the end of other systems' names


@dataclass(frozen=True, slots=True)
class Measured:
    """Every run, in the order in which they took place."""

    ours: tuple[Ingested, ...]
    command_seconds: Spread
    """Of `pullquote ingest` with nothing to embed, from the start of its process to its end."""
    bare: dict[str, tuple[Cost, ...]]
    """By number format: the bare model, run after each of ours."""
    others: dict[str, dict[str, tuple[Built, ...]]]
    """By system and number format: other systems on the same posts, run after each of ours."""


def main() -> None:
    sample = str(files("ingest.sample") / "posts.json")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", nargs="?", default=sample, help="as `pullquote ingest` takes it")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--alone", action="store_true", help="without other systems")
    add_output(parser)
    arguments = parser.parse_args()
    machine = this_machine()
    others = () if arguments.alone else installed_opponents()
    measured = measure(arguments.source, arguments.repeats, others)
    hand_over(arguments, "ingest", machine, measured, text_of(measured), ratios_of(measured))


def measure(source: str, repeats: int, systems: Sequence[str] = ()) -> Measured:
    """Ours and all others in turn, so that they meet the same neighbours on the machine.

    Args:
        source: As `pullquote ingest` takes it.
        repeats: How often each is run.
        systems: Those of `installed_opponents` that are run as well.

    Raises:
        RuntimeError: A run with nothing to embed embedded something.
    """
    ours: list[Ingested] = []
    commands: list[float] = []
    bare: dict[str, tuple[Cost, ...]] = {}
    others: dict[str, dict[str, tuple[Built, ...]]] = {name: {} for name in systems}
    for number in range(1, repeats + 1):
        print(f"Run {number} of {repeats} …", file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            settings = load_settings(index=Path(folder) / "index")
            ingested, texts = in_own_process(ingest_once, source, settings)
            commands.append(command_seconds(source, settings.index))
            posts = _post_texts(settings.index) if systems else ()
        ours.append(ingested)
        for precision in dict.fromkeys((ingested.precision, DEFAULT_PRECISION)):
            cost = in_own_process(encode_once, texts, settings.embedding_model, precision)
            bare[precision] = (*bare.get(precision, ()), cost)
            for name in systems:
                built = in_own_process(build_once, name, posts, settings, precision)
                others[name][precision] = (*others[name].get(precision, ()), built)
    return Measured(tuple(ours), spread(commands), bare, others)


def _post_texts(folder: Path) -> tuple[PostText, ...]:
    with closing(Index(folder)) as index:
        return post_texts(index)


def command_seconds(source: str, index: Path) -> float:
    """Of the command on an index that is up to date.

    Raises:
        RuntimeError: It was not.
    """
    seconds, said = timed(PULLQUOTE, "ingest", source, "--index", str(index))
    if "Embedded 0 passages" not in said:
        raise RuntimeError(f"`pullquote ingest` had something to embed: {said}")
    return seconds


def ratios_of(measured: Measured) -> dict[str, Spread]:
    """How many times as fast ours was, by the clock and by processor time.

    To the bare model in our number format, `ratio_to_encode`; to other systems in the format in
    which they come, `ratio_to_langchain` and so on, and in ours with `_same_precision`. Where a
    system's model does not read all of its chunks, `_by_text_read` compares what the models read.
    """
    own = measured.ours[0].precision
    rows: dict[str, Sequence[Cost]] = {"encode": measured.bare[own]}
    for name, runs in measured.others.items():
        short = name.removesuffix(_SHORT)
        rows[short] = [one.cost for one in runs[DEFAULT_PRECISION]]
        rows[f"{short}_same_precision"] = [one.cost for one in runs[own]]
    ours = [one.cost for one in measured.ours]
    found: dict[str, Spread] = {}
    for name, costs in rows.items():
        by_time, by_processor = speed_ratios(ours, costs)
        found |= {f"ratio_to_{name}": by_time, f"ratio_to_{name}_by_processor": by_processor}
    for name, runs in measured.others.items():
        first, ratio = runs[own][0], f"ratio_to_{name.removesuffix(_SHORT)}"
        if first.read < first.tokens:
            of_all = [value * first.tokens / first.read for value in found[ratio].values]
            found[f"{ratio}_by_text_read"] = spread(of_all)
    return found


def text_of(measured: Measured) -> str:
    """What ingest took, and how that compares: two tables, or three."""
    ours = measured.ours
    parts = [
        f"{ours[0].posts:,} posts, {ours[0].passages:,} passages, {ours[0].cost.texts:,} texts to "
        f"embed in {ours[0].precision}. Median [lowest, highest] of {len(ours)} runs.",
        _ingest_table(measured),
        _comparison(measured),
    ]
    return "\n\n".join([*parts, _systems(measured)] if measured.others else parts)


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
        rows.append(_row(f"bare encode, {precision}", bare, *_ratio_texts(ours, bare)))
    head = ["Same texts", "texts a second", "processor s", "peak MB"]
    return table([*head, "ingest : bare", "by processor time"], rows)


def _systems(measured: Measured) -> str:
    """The same for other systems, which part the posts in their own way."""
    ours, posts = [one.cost for one in measured.ours], measured.ours[0].posts
    rate = spread([posts / one.seconds for one in ours]).text()
    own = f"ours, {measured.ours[0].precision}"
    rows = [[own, f"{ours[0].texts:,}", "1.00", rate, *_row("", ours, "", "")[2:]]]
    for name, runs in measured.others.items():
        for precision, built in runs.items():
            costs, first = [one.cost for one in built], built[0]
            rate = spread([posts / one.seconds for one in costs]).text()
            read = f"{first.read / first.tokens:.2f}" if first.tokens else ""
            rest = _row("", costs, *_ratio_texts(ours, costs))[2:]
            label = f"{name.removesuffix(_SHORT)}, {precision}"
            rows.append([label, f"{costs[0].texts:,}", read, rate, *rest])
    head = ["Same posts", "texts", "share read", "posts a second", "processor s", "peak MB"]
    return table([*head, "ours : it", "by processor time"], rows)


def _row(name: str, costs: Sequence[Cost], *ratios: str) -> list[str]:
    return [
        name,
        spread([cost.rate for cost in costs]).text(),
        spread([cost.processor_seconds for cost in costs]).text(0),
        spread([cost.peak_mb for cost in costs]).text(0),
        *ratios,
    ]


def _ratio_texts(ours: Sequence[Cost], others: Sequence[Cost]) -> list[str]:
    return [ratio.text(2) for ratio in speed_ratios(ours, others)]


def speed_ratios(ours: Sequence[Cost], bare: Sequence[Cost]) -> tuple[Spread, Spread]:
    """How many times as fast ours was, round by round: by the clock, and by processor time."""
    pairs = list(zip(ours, bare, strict=True))
    return (
        spread([b.seconds / o.seconds for o, b in pairs]),
        spread([b.processor_seconds / o.processor_seconds for o, b in pairs]),
    )


if __name__ == "__main__":
    main()
