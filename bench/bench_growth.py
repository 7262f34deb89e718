"""How do making and searching an index grow with its size?

    python -m bench.bench_growth [SOURCE] [--sizes N ...] [--cases FILE] [--repeats N]
                                 [--work DIR] [--json] [--save [FOLDER]]

Indexes of made posts: real sentences of the source recombined, their vectors made of those that
the real model gives each sentence (`bench.recombined`), so the model's own time is no part of it.
Each is made, searched with Chroma and searched exactly in a process of its own; the questions are
those of the cases, and embedding them is left out. With `--work`, the indexes stay in that folder,
and a run that was stopped goes on where it was. With `--save`, each curve is drawn as well.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.curves import Law, curve, law
from bench.figures import Times, table
from bench.growth_runs import (
    RECALL,
    Exact,
    Made,
    Searched,
    make_once,
    recall,
    search_exactly,
    search_once,
)
from bench.machine import this_machine
from bench.processes import in_own_process
from bench.recombined import Likeness, Sentences, prepared
from bench.results import add_output, hand_over
from eval.cases.cases import load_cases
from rag.settings import load_settings
from ui.commands.sample import sample_cases

_SIZES = (1_000, 3_000, 10_000)
_MOST = 20_000  # sentences
_SENTENCES = "sentences.npz"


@dataclass(frozen=True, slots=True)
class Grown:
    """An index of one size."""

    made: Made
    open_seconds: float
    """The search index, with the first search in it."""
    meaning: Times
    words: Times
    ranked: Times
    recall: float
    """Of the `RECALL` nearest, the share that Chroma finds."""
    search_peak_mb: float
    exact_open_seconds: float
    exact: Times
    exact_peak_mb: float

    @property
    def passages(self) -> int:
        return self.made.passages


@dataclass(frozen=True, slots=True)
class Measured:
    sentences: int
    """Different ones, of which all posts are made."""
    questions: int
    repeats: int
    likeness: Likeness
    """Of made vectors to the model's."""
    sizes: tuple[Grown, ...]
    laws: dict[str, Law]
    """By what grows; only where there are several sizes."""


def main() -> None:
    sample = str(files("ingest.sample") / "posts.json")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", nargs="?", default=sample, help="as `pullquote ingest` takes it")
    parser.add_argument("--sizes", type=int, nargs="+", default=_SIZES, help="passages")
    parser.add_argument("--cases", type=Path, help="JSON lines; else those of the sample site")
    parser.add_argument("--repeats", type=int, default=3, help="how often each question is asked")
    parser.add_argument("--work", type=Path, help="a folder for the indexes, which stay there")
    add_output(parser)
    arguments = parser.parse_args()
    machine = this_machine()
    cases = load_cases(arguments.cases or sample_cases())
    questions = [case.question for case in cases]
    kept = arguments.work
    with nullcontext(kept) if kept else TemporaryDirectory(prefix="pullquote-bench-") as folder:
        work = Path(folder)
        measured = measure(arguments.source, arguments.sizes, questions, arguments.repeats, work)
    hand_over(arguments, "growth", machine, measured, text_of(measured), {})
    if arguments.save and len(measured.sizes) > 1:
        for name, drawn in curves_of(measured).items():
            (arguments.save / f"{arguments.name or 'growth'}-{name}.svg").write_text(drawn)


def measure(
    source: str, sizes: Sequence[int], questions: Sequence[str], repeats: int, work: Path
) -> Measured:
    """One size after another, the smallest first."""
    work.mkdir(parents=True, exist_ok=True)
    sentences = work / _SENTENCES
    likeness = in_own_process(prepared, source, _MOST, sentences)
    grown = tuple(_grow(sentences, size, questions, repeats, work) for size in sorted(sizes))
    laws = {name: law(*zip(*points, strict=True)) for name, points in _series(grown).items()}
    return Measured(
        sentences=len(Sentences.load(sentences).texts),
        questions=len(questions),
        repeats=repeats,
        likeness=likeness,
        sizes=grown,
        laws=laws if len(grown) > 1 else {},
    )


def _grow(sentences: Path, size: int, questions: Sequence[str], repeats: int, work: Path) -> Grown:
    print(f"{size:,} passages …", file=sys.stderr)
    settings = load_settings(index=work / f"index-{size}")
    note = settings.index.with_suffix(".json")
    if note.is_file():
        made = Made(**json.loads(note.read_text(encoding="utf-8")))
    else:
        made = in_own_process(make_once, sentences, size, settings)
        note.write_text(json.dumps(asdict(made)), encoding="utf-8")
    found: Searched = in_own_process(search_once, settings, questions, repeats)
    exact: Exact = in_own_process(search_exactly, settings, questions, repeats)
    return Grown(
        made=made,
        open_seconds=found.open_seconds,
        meaning=found.meaning,
        words=found.words,
        ranked=found.ranked,
        recall=recall(found.nearest, exact.nearest),
        search_peak_mb=found.peak_mb,
        exact_open_seconds=exact.open_seconds,
        exact=exact.meaning,
        exact_peak_mb=exact.peak_mb,
    )


def _series(grown: Sequence[Grown]) -> dict[str, list[tuple[float, float]]]:
    """What grows, by name: size and value of each index."""
    values = {
        "ingest, s": [one.made.seconds for one in grown],
        "ingest, processor s": [one.made.processor_seconds for one in grown],
        "ingest, peak MB": [one.made.peak_mb for one in grown],
        "catalog, MB": [one.made.catalog_mb for one in grown],
        "Chroma, MB": [one.made.chroma_mb for one in grown],
        "opening Chroma, s": [one.open_seconds for one in grown],
        "meaning, Chroma, ms": [one.meaning.median for one in grown],
        "meaning, exact, ms": [one.exact.median for one in grown],
        "words, ms": [one.words.median for one in grown],
        "search as a whole, ms": [one.ranked.median for one in grown],
        "search as a whole, p99, ms": [one.ranked.p99 for one in grown],
        "search as a whole, processor ms": [one.ranked.processor for one in grown],
        "words, processor ms": [one.words.processor for one in grown],
        "search, peak MB": [one.search_peak_mb for one in grown],
        "exact search, peak MB": [one.exact_peak_mb for one in grown],
    }
    sizes = [float(one.passages) for one in grown]
    return {name: list(zip(sizes, own, strict=True)) for name, own in values.items()}


def curves_of(measured: Measured) -> dict[str, str]:
    """Each curve as the text of an SVG file, by a name for the file."""
    series = _series(measured.sizes)
    recalls = [(float(one.passages), one.recall) for one in measured.sizes]
    plots = {
        "ingest": ("ingest without the model", "s", {"": "ingest, s"}),
        "search": (
            "search, median",
            "ms",
            {
                "whole": "search as a whole, ms",
                "words": "words, ms",
                "Chroma": "meaning, Chroma, ms",
                "exact": "meaning, exact, ms",
            },
        ),
        "p99": ("search, 99th percentile", "ms", {"": "search as a whole, p99, ms"}),
        "memory": (
            "peak memory",
            "MB",
            {
                "ingest": "ingest, peak MB",
                "Chroma": "search, peak MB",
                "exact": "exact search, peak MB",
            },
        ),
        "disk": ("disk", "MB", {"catalog": "catalog, MB", "Chroma": "Chroma, MB"}),
    }
    found = {
        name: curve(title, unit, {label: series[key] for label, key in own.items()})
        for name, (title, unit, own) in plots.items()
    }
    return {**found, "recall": curve(f"Recall@{RECALL} of Chroma", "", {"": recalls})}


def text_of(measured: Measured) -> str:
    likeness = measured.likeness
    made, model = (
        f"{mean:.2f} (standard deviation {sd:.2f}, 99th percentile {top:.2f})"
        for mean, sd, top in (likeness.made, likeness.model)
    )
    parts = [
        f"Posts of {measured.sentences:,} different sentences; {measured.questions:,} questions, "
        f"{measured.repeats} times each. The cosine of a made vector to the model's is "
        f"{likeness.cosine:.2f} in the mean; of two passages it is {made} with made vectors and "
        f"{model} with the model's.",
        _making(measured.sizes),
        _searching(measured.sizes),
    ]
    return "\n\n".join([*parts, _laws(measured.laws)] if measured.laws else parts)


def _making(grown: Sequence[Grown]) -> str:
    rows = [
        [
            f"{one.passages:,}",
            f"{one.made.seconds:,.1f}",
            f"{one.passages / one.made.seconds:,.0f}",
            f"{one.made.processor_seconds:,.1f}",
            f"{one.made.peak_mb:,.0f}",
            f"{one.made.catalog_mb:,.0f}",
            f"{one.made.chroma_mb:,.0f}",
        ]
        for one in grown
    ]
    head = ["Passages", "ingest, s", "a second", "processor s", "peak MB", "catalog MB"]
    return table([*head, "Chroma MB"], rows)


def _searching(grown: Sequence[Grown]) -> str:
    rows = [
        [
            f"{one.passages:,}",
            *(times.text() for times in (one.ranked, one.words, one.meaning, one.exact)),
            f"{one.recall:.3f}",
            f"{one.open_seconds:.2f}",
            f"{one.exact_open_seconds:.2f}",
            f"{one.search_peak_mb:,.0f}",
            f"{one.exact_peak_mb:,.0f}",
        ]
        for one in grown
    ]
    head = ["ms, median (p99)", "whole search", "words", "Chroma", "exact", f"Recall@{RECALL}"]
    more = ["Chroma opens, s", "exact opens, s", "Chroma, peak MB", "exact, peak MB"]
    return table([*head, *more], rows)


def _laws(laws: dict[str, Law]) -> str:
    rows = [
        [name, one.text(), f"{one.n_log_n:.2f}", "yes" if one.is_steeper else "no"]
        for name, one in laws.items()
    ]
    head = ["Grows as passages to the power of", "slope [95 %]", "n log n", "steeper than that"]
    return table(head, rows)


if __name__ == "__main__":
    main()
