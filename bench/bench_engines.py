"""What do a catalog and a search index cost in servers, beside those in a folder?

    PULLQUOTE_CATALOG_URL=… PULLQUOTE_CHROMA_URL=… python -m bench.bench_engines \
        --index DIR [--times N …] [--cases FILE] [--chroma-pid PID] [--json]

The posts of an index that lies in a folder are put into a fresh index, N times each under other
ids: once in SQLite with Chroma in the folder, and once in PostgreSQL, in a schema that is dropped
at the end, with a Chroma server. Nothing is embedded, as equal texts keep their vectors; so the
time is that of everything but the model. Each in a process of its own.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from bench.figures import Spread, shown, spread, table
from bench.machine import peak_memory_mb, this_machine
from bench.processes import in_own_process
from eval.cases.cases import load_cases
from ingest.split import split
from rag.backends import for_one_question, load_embedder
from rag.catalog import read as catalog_read
from rag.catalog import write as catalog_write
from rag.catalog.catalog import Catalog
from rag.catalog.identity import embedding_key
from rag.embedding.embedder import Embedder, ModelId, QuestionVectors
from rag.errors import ConfigError
from rag.index.index import Index, IndexWriter, write_index
from rag.place import Place
from rag.settings import load_settings
from rag.text.sentences import question_words
from rag.types import ParsedPost, Passage

_SCHEMA = "pullquote_bench"
_LIMIT = 100  # candidates of each kind, as the settings have it


@dataclass(frozen=True, slots=True)
class Engines:
    """What one kind of index took."""

    kind: str
    passages: int
    catalog_seconds: float
    """Posts into the catalog."""
    search_seconds: float
    """Passages into the search index."""
    catalog_mb: float
    """On the disk."""
    peak_mb: float
    """Of the process that wrote and searched."""
    server_mb: float
    """Of the Chroma server by then; 0 where there is none or its process is not known."""
    milliseconds: dict[str, Spread]
    """By kind of step, over all questions; without embedding them."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Every kind at every size."""

    runs: tuple[Engines, ...]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--times", type=int, nargs="+", default=[1])
    parser.add_argument("--cases", type=Path, help="else the posts' own titles are asked")
    parser.add_argument("--chroma-pid", type=int, help="of the server, to say what memory it has")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    settings = load_settings(catalog_schema=_SCHEMA)
    if not (settings.catalog_url and settings.chroma_url):
        raise ConfigError(
            "There are no servers.", hint="Set PULLQUOTE_CATALOG_URL and _CHROMA_URL."
        )
    runs = []
    for times in arguments.times:
        for servers in (False, True):
            with TemporaryDirectory(prefix=".pullquote-bench-", dir=arguments.index.parent) as name:
                place = replace(settings.place, folder=Path(name))
                if not servers:
                    place = Place(Path(name))
                given = (arguments.index, place, times, arguments.cases, arguments.chroma_pid)
                runs.append(in_own_process(measure, *given))
    measured = Measured(tuple(runs))
    print(shown(this_machine(), measured, text_of(measured), as_json=arguments.json))


def measure(
    index: Path, place: Place, times: int, cases: Path | None, chroma_pid: int | None
) -> Engines:
    """Fill a fresh index and ask it."""
    settings = for_one_question(load_settings(index=index))
    embedder = load_embedder(settings)
    try:
        with closing(Index(index)) as source:
            own = ModelId.parse(source.model)
            with write_index(place, own) as writer:
                _copy_vectors(source.catalog, writer.catalog)
                seconds = _fill(writer, _posts(source, embedder, own, times))
        with closing(Index(place)) as opened:
            texts = _texts(opened, cases)
            spent = _ask(opened, [embedder.embed_question(text) for text in texts], texts)
            return Engines(
                kind="PostgreSQL, Chroma server" if place.database else "SQLite, Chroma in process",
                passages=opened.status().passages,
                catalog_seconds=seconds[0],
                search_seconds=seconds[1],
                catalog_mb=_catalog_mb(opened.catalog),
                peak_mb=peak_memory_mb(),
                server_mb=_memory_mb(chroma_pid) if place.chroma and chroma_pid else 0.0,
                milliseconds={what: spread(taken) for what, taken in spent.items()},
            )
    finally:
        if place.database:
            _drop(place)


def _copy_vectors(source: Catalog, target: Catalog) -> None:
    columns = "key, passage, sentences, tokens, token_ids, token_sentence"
    marks = ", ".join("?" * 6)
    rows = source.connection.execute(f"SELECT {columns} FROM embeddings").fetchall()
    with target.writing() as connection:
        connection.executemany(f"INSERT INTO embeddings ({columns}) VALUES ({marks})", rows)


def _posts(
    source: Index, embedder: Embedder, model: ModelId, times: int
) -> Iterator[tuple[ParsedPost, list[Passage], list[str]]]:
    """Every post so many times, with its passages and the keys of their vectors."""
    for post_id in sorted(catalog_write.post_states(source.catalog)):
        parsed = catalog_read.parsed_post(source.catalog, post_id)
        for number in range(times):
            other = replace(parsed, post=replace(parsed.post, id=f"{post_id}{number:03d}"))
            pieces = split(other, embedder, limit=256)
            keys = [embedding_key(piece.text, model) for piece in pieces]
            yield other, [piece.passage for piece in pieces], keys


def _fill(
    writer: IndexWriter, posts: Iterator[tuple[ParsedPost, list[Passage], list[str]]]
) -> tuple[float, float]:
    """Seconds in the catalog, and in the search index."""
    catalog = search = 0.0
    for parsed, passages, keys in posts:
        started = perf_counter()
        catalog_write.swap_post(writer.catalog, parsed, passages, keys, "bench", "0")
        catalog += perf_counter() - started
        started = perf_counter()
        writer.flush_if_full()
        search += perf_counter() - started
    started = perf_counter()
    writer.finish()
    return catalog, search + perf_counter() - started


def _texts(index: Index, cases: Path | None) -> list[str]:
    if cases:
        return [case.question for case in load_cases(cases)]
    return [post.title for post in index.posts(200)]


def _ask(
    index: Index, questions: Sequence[QuestionVectors], texts: Sequence[str]
) -> dict[str, list[float]]:
    """Milliseconds of each step of finding candidates."""
    spent: dict[str, list[float]] = {}

    def step(what: str, work: Callable[[], dict[str, float]]) -> list[str]:
        started = perf_counter()
        found = work()
        spent.setdefault(what, []).append(1000 * (perf_counter() - started))
        return list(found)

    index.search(questions[0].question, _LIMIT)  # opens it
    for vectors, text in zip(questions, texts, strict=True):
        with index.catalog.reading():
            near = step("meaning", lambda v=vectors: index.search(v.question, _LIMIT))  # type: ignore[misc]
            words = question_words(text)
            held = step("words", lambda w=words: catalog_read.by_words(index.catalog, w, _LIMIT))  # type: ignore[misc]
            ids = list(dict.fromkeys((*near, *held)))
            step("vectors of candidates", lambda i=ids: _stored(index, i))  # type: ignore[misc]
    return spent


def _stored(index: Index, ids: list[str]) -> dict[str, float]:
    return dict.fromkeys(catalog_read.stored_vectors(index.catalog, ids), 0.0)


def _catalog_mb(catalog: Catalog) -> float:
    if catalog.place.database is None:
        return sum(f.stat().st_size for f in catalog.place.folder.glob("catalog.sqlite3*")) / 1e6
    row = catalog.connection.execute(
        "SELECT sum(pg_total_relation_size(format('%I.%I', schemaname, tablename)::regclass))"
        " FROM pg_tables WHERE schemaname = current_schema()"
    ).fetchone()
    return float(row[0]) / 1e6


def _memory_mb(pid: int) -> float:
    """What a process of this machine has in memory."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    return 0.0


def _drop(place: Place) -> None:
    assert place.database is not None
    assert place.database.schema == _SCHEMA
    with closing(Catalog(place)) as catalog:
        catalog.connection.execute(f"DROP SCHEMA {_SCHEMA} CASCADE")


def text_of(measured: Measured) -> str:
    rows = [
        [
            run.kind, f"{run.passages:,}", f"{run.passages / run.catalog_seconds:,.0f}",
            f"{run.passages / run.search_seconds:,.0f}", f"{run.catalog_mb:,.0f}",
            f"{run.peak_mb:,.0f}", f"{run.server_mb:,.0f}" if run.server_mb else "",
        ]
        for run in measured.runs
    ]  # fmt: skip
    head = ["Kept in", "passages", "into the catalog, a second", "into the search index, a second",
            "catalog, MB", "peak memory, MB", "server's memory, MB"]  # fmt: skip
    steps = list(measured.runs[0].milliseconds)
    asked = [
        [
            run.kind, f"{run.passages:,}",
            *(f"{one.median:.1f} ({one.percentile(95):.1f})" for one in run.milliseconds.values()),
        ]
        for run in measured.runs
    ]  # fmt: skip
    n = len(measured.runs[0].milliseconds[steps[0]].values)
    name = f"ms, median (95th percentile), n {n}"
    return f"{table(head, rows)}\n\n{table([name, 'passages', *steps], asked)}"


if __name__ == "__main__":
    main()
