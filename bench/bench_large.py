"""How much memory does a large file take?

    python -m bench.bench_large [--megabytes N ...] [--posts FILE] [--ingest | --model] [--json]

Files of JSON lines with the same posts again and again under other ids: those of the bundled
sample, or of a file of JSON. They are read and parted into sections and passages, each in a process
of its own; with `--ingest` they go into an index as well, with the `hash` embedder, which is no
model: what remains is reading, the catalog and Chroma, which keeps every vector in memory, in this
process or in the server that the setting `chroma_url` names. With `--model` the settings' model
embeds them, each text once.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from bench.figures import shown, table
from bench.machine import peak_memory_mb, this_machine
from bench.processes import in_own_process
from ingest.html.sections import sections
from ingest.posts.wordpress_post import Skipped
from ingest.read import read_source
from ingest.report import Progress
from ingest.split import split
from ingest.sync import sync
from rag.embedding.embedder import Embedder, HashEmbedder
from rag.settings import Settings, load_settings
from rag.types import ParsedPost

_LIMIT = 256  # tokens of a passage
_FIRST = 1000  # posts, when memory is first looked at
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Large:
    """What a file took."""

    megabytes: float
    posts: int
    passages: int
    seconds: float
    peak_mb: float
    """Of the whole process."""
    peaks_mb: tuple[tuple[int, float], ...] = ()
    """Posts, and the peak until then: at each doubling."""


@dataclass(frozen=True, slots=True)
class Measured:
    files: tuple[Large, ...]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--megabytes", type=float, nargs="+", default=[10, 30])
    parser.add_argument("--posts", type=Path, help="as a site's API gives them; also .json.gz")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--ingest", action="store_true")
    how.add_argument("--model", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    machine = this_machine()
    work = embed_file if arguments.model else ingest_file if arguments.ingest else read_file
    measured = measure(arguments.megabytes, work, arguments.posts)
    print(shown(machine, measured, text_of(measured), as_json=arguments.json))


def measure(
    sizes: list[float], work: Callable[[Path, float], Large], posts: Path | None = None
) -> Measured:
    """Files of these sizes in megabytes, and what the work takes on each."""
    found = []
    for size in sizes:
        with TemporaryDirectory(prefix="pullquote-bench-") as name:
            file = Path(name) / "posts.jsonl"
            with file.open("w", encoding="utf-8") as stream:
                stream.writelines(_lines(size * 1e6, posts))
            found.append(in_own_process(work, file, file.stat().st_size / 1e6))
    return Measured(tuple(found))


def text_of(measured: Measured) -> str:
    rows = [
        [f"{one.megabytes:,.0f}", f"{one.posts:,}", f"{one.passages:,}", f"{one.seconds:,.1f}",
         f"{one.peak_mb:,.0f}"]
        for one in measured.files
    ]  # fmt: skip
    text = table(["File, MB", "posts", "passages", "s", "peak memory, MB"], rows)
    for one in measured.files:
        if one.peaks_mb:
            peaks = [[f"{posts:,}", f"{mb:,.0f}"] for posts, mb in one.peaks_mb]
            text += f"\n\n{table([f'of {one.posts:,} posts', 'peak memory, MB'], peaks)}"
    return text


def _lines(size: float, posts: Path | None) -> Iterator[str]:
    source = posts or files("ingest.sample") / "posts.json"
    opened = source.read_bytes()
    every = json.loads(gzip.decompress(opened) if opened[:2] == _GZIP else opened)
    written = number = 0
    while written < size:
        post = every[number % len(every)]
        number += 1
        link = f"https://large.example/{number}/"
        line = json.dumps({**post, "id": number, "link": link}, ensure_ascii=False) + "\n"
        written += len(line.encode())
        yield line


def read_file(file: Path, megabytes: float) -> Large:
    """Read it and part it into sections and passages."""
    embedder = HashEmbedder()
    posts = passages = 0
    started = perf_counter()
    for found in read_source(str(file)):
        if isinstance(found, Skipped):
            continue  # the sample has posts that are not public, as sites do
        raw = found.raw
        parsed = ParsedPost(raw.post, sections(raw.html, title=raw.post.title))
        posts += 1
        passages += len(split(parsed, embedder, limit=_LIMIT))
    return Large(megabytes, posts, passages, perf_counter() - started, peak_memory_mb())


def ingest_file(file: Path, megabytes: float) -> Large:
    """Put it into an index, without a model."""
    settings = load_settings(index=file.parent / "index", embedding_model="hash")
    return _synced(file, megabytes, settings, HashEmbedder())


def embed_file(file: Path, megabytes: float) -> Large:
    """Put it into an index, with the settings' model."""
    return _synced(file, megabytes, load_settings(index=file.parent / "index"), None)


def _synced(file: Path, megabytes: float, settings: Settings, embedder: Embedder | None) -> Large:
    peaks: list[tuple[int, float]] = []
    due = _FIRST

    def note(progress: Progress) -> None:
        nonlocal due
        if progress.posts >= due:
            peaks.append((progress.posts, peak_memory_mb()))
            due *= 2

    report = sync([str(file)], settings, embedder=embedder, on_progress=note)
    # Linux counts roughly, and may tell of some pages less than it did before.
    most = max([peak_memory_mb(), *(mb for _, mb in peaks)])
    return Large(megabytes, report.posts, report.passages, report.seconds, most, tuple(peaks))


if __name__ == "__main__":
    main()
