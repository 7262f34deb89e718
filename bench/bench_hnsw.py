"""Which settings of Chroma's graph find most, and what do they cost?

    python -m bench.bench_hnsw [--index DIR] [--cases FILE] [--repeats N] [--json] [--save [FOLDER]]

Graphs are made of the vectors of an index, each in a process of its own, and searched with the
questions of the cases; what they find is held against exact search. `bench.bench_growth --work`
leaves indexes of several sizes. Without an index and cases: the sample site's.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.bench_ask import settings_for
from bench.figures import table
from bench.hnsw_runs import NEAREST, Graph, Run, run_once
from bench.machine import this_machine
from bench.processes import in_own_process
from bench.results import add_output, hand_over
from eval.cases.cases import load_cases
from rag.backends import for_one_question, load_embedder
from rag.catalog.vectors import all_vectors
from rag.index.index import Index
from rag.settings import Settings
from rag.types import Vectors
from ui.commands.sample import sample_cases

_GRAPHS = (Graph(16, 100), Graph(16, 200), Graph(32, 100), Graph(32, 200))  # the first is Chroma's
_SEARCHES = (50, 100, 200, 400)  # Chroma's is 100


@dataclass(frozen=True, slots=True)
class Measured:
    passages: int
    questions: int
    repeats: int
    runs: tuple[Run, ...]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--index", type=Path, help="else that of the sample site")
    parser.add_argument("--cases", type=Path, help="JSON lines; else those of the sample site")
    parser.add_argument("--repeats", type=int, default=3, help="how often each question is asked")
    add_output(parser)
    arguments = parser.parse_args()
    machine = this_machine()
    settings = settings_for(arguments.index)
    asked = [case.question for case in load_cases(arguments.cases or sample_cases())]
    measured = measure(settings, asked, arguments.repeats)
    hand_over(arguments, "hnsw", machine, measured, text_of(measured), {})


def measure(
    settings: Settings,
    asked: Sequence[str],
    repeats: int,
    *,
    graphs: Sequence[Graph] = _GRAPHS,
    searches: Sequence[int] = _SEARCHES,
) -> Measured:
    """Each graph, searched with each `ef_search`."""
    with TemporaryDirectory(prefix="pullquote-bench-") as name:
        vectors = Path(name) / "vectors.npy"
        questions = in_own_process(_prepared, settings, asked, vectors)
        runs = []
        for graph in graphs:
            print(f"{graph} …", file=sys.stderr)
            runs.append(in_own_process(run_once, vectors, questions, graph, searches, repeats))
        passages = len(np.load(vectors, mmap_mode="r"))
    return Measured(passages, len(asked), repeats, tuple(runs))


def _prepared(settings: Settings, asked: Sequence[str], file: Path) -> Vectors:
    """The index's vectors in a file; those of the questions."""
    with closing(Index(settings.index)) as index:
        np.save(file, all_vectors(index.catalog)[1])
    embedder = load_embedder(for_one_question(settings))
    return np.stack([embedder.embed_question(question).question for question in asked])


def text_of(measured: Measured) -> str:
    made = [
        [
            f"{run.graph.max_neighbors} / {run.graph.ef_construction}",
            f"{run.seconds:,.1f}",
            f"{run.processor_seconds:,.1f}",
            f"{run.disk_mb:,.0f}",
            f"{run.peak_mb:,.0f}",
        ]
        for run in measured.runs
    ]
    searched = [
        [
            f"{run.graph.max_neighbors} / {run.graph.ef_construction} / {found.ef_search}",
            *(f"{share:.4f}" for share in found.recalls),
            f"{found.milliseconds.median:,.1f}",
            f"{found.milliseconds.p99:,.1f}",
            f"{found.milliseconds.processor:,.1f}",
        ]
        for run in measured.runs
        for found in run.found
    ]
    head = ["max_neighbors / ef_construction", "made in, s", "processor s", "disk MB", "peak MB"]
    names = ["… / ef_search", *(f"Recall@{k}" for k in NEAREST)]
    return (
        f"{measured.passages:,} passages, {measured.questions:,} questions, {measured.repeats} "
        f"times each.\n\n{table(head, made)}\n\n"
        + table([*names, "median, ms", "p99, ms", "processor, ms"], searched)
    )


if __name__ == "__main__":
    main()
