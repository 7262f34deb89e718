"""How much memory does a large file take?

    python -m bench.bench_large [--megabytes N ...] [--ingest] [--json]

Files of JSON lines with the posts of the bundled sample, again and again under other ids. They are
read and parted into sections and passages, each in a process of its own; with `--ingest` they go
into an index as well, with the `hash` embedder, which is no model: what remains is reading, the
catalog and Chroma, which keeps every vector in memory.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
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
from ingest.split import split
from ingest.sync import sync
from rag.embedding.embedder import HashEmbedder
from rag.settings import load_settings
from rag.types import ParsedPost

_LIMIT = 256  # tokens of a passage


@dataclass(frozen=True, slots=True)
class Large:
    """What a file took."""

    megabytes: float
    posts: int
    passages: int
    seconds: float
    peak_mb: float
    """Of the whole process."""


@dataclass(frozen=True, slots=True)
class Measured:
    files: tuple[Large, ...]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--megabytes", type=float, nargs="+", default=[10, 30])
    parser.add_argument("--ingest", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    machine = this_machine()
    measured = measure(arguments.megabytes, ingest=arguments.ingest)
    print(shown(machine, measured, text_of(measured), as_json=arguments.json))


def measure(sizes: list[float], *, ingest: bool) -> Measured:
    found = []
    for size in sizes:
        with TemporaryDirectory(prefix="pullquote-bench-") as name:
            file = Path(name) / "posts.jsonl"
            with file.open("w", encoding="utf-8") as stream:
                stream.writelines(_lines(size * 1e6))
            work = _ingested if ingest else _read
            found.append(in_own_process(work, file, file.stat().st_size / 1e6))
    return Measured(tuple(found))


def text_of(measured: Measured) -> str:
    rows = [
        [f"{one.megabytes:,.0f}", f"{one.posts:,}", f"{one.passages:,}", f"{one.seconds:,.1f}",
         f"{one.peak_mb:,.0f}"]
        for one in measured.files
    ]  # fmt: skip
    return table(["File, MB", "posts", "passages", "s", "peak memory, MB"], rows)


def _lines(size: float) -> Iterator[str]:
    posts = json.loads((files("ingest.sample") / "posts.json").read_text(encoding="utf-8"))
    written = number = 0
    while written < size:
        post = posts[number % len(posts)]
        number += 1
        link = f"https://large.example/{number}/"
        line = json.dumps({**post, "id": number, "link": link}, ensure_ascii=False) + "\n"
        written += len(line.encode())
        yield line


def _read(file: Path, megabytes: float) -> Large:
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


def _ingested(file: Path, megabytes: float) -> Large:
    settings = load_settings(index=file.parent / "index", embedding_model="hash")
    report = sync([str(file)], settings, embedder=HashEmbedder())
    return Large(megabytes, report.posts, report.passages, report.seconds, peak_memory_mb())


if __name__ == "__main__":
    main()
