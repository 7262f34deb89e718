"""What an index of made posts costs, to make and to search; each for a process of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from bench.figures import Times, times_of
from bench.machine import peak_memory_mb
from bench.recombined import SECTIONS, RecombinedEmbedder, Sentences, lines
from bench.wrapped import Remembering
from ingest.sync import sync
from rag.assistant import Assistant
from rag.backends import for_one_question, load_embedder
from rag.catalog import read as catalog_read
from rag.index.exact import ExactSearch
from rag.index.index import Index
from rag.settings import Settings
from rag.text.sentences import question_words

_CANDIDATES = 100  # as the settings have it
RECALL = 10
"""The nearest that are looked for where it is measured how many are found."""


@dataclass(frozen=True, slots=True)
class Made:
    """What making an index took, the model's own time left out."""

    posts: int
    passages: int
    seconds: float
    """Reading, parting, catalog and Chroma."""
    processor_seconds: float
    """Of all of it, with making up the vectors."""
    peak_mb: float
    catalog_mb: float
    chroma_mb: float


@dataclass(frozen=True, slots=True)
class Searched:
    """What searching took, without embedding the question."""

    open_seconds: float
    """The search index, with the first search in it."""
    meaning: Times
    """Chroma, the hundred nearest."""
    words: Times
    """BM25, the hundred best."""
    ranked: Times
    """All of it: words, meaning, late interaction, hits; without the reader."""
    nearest: list[list[str]]
    """Of each question, the `RECALL` nearest passages as Chroma finds them."""
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Exact:
    """The same by comparing with every passage."""

    open_seconds: float
    meaning: Times
    nearest: list[list[str]]
    peak_mb: float


def make_once(sentences: Path, passages: int, settings: Settings) -> Made:
    """Make `settings.index`, which must not be there yet, of made posts.

    Args:
        sentences: A file of `Sentences.save`.
        passages: About so many; made posts have one for each section, and now and then two.
        settings: Of the index.
    """
    known = Sentences.load(sentences)
    settings.index.parent.mkdir(parents=True, exist_ok=True)
    source = settings.index.with_suffix(".jsonl")
    with source.open("w", encoding="utf-8") as stream:
        stream.writelines(lines(known.texts, round(passages / SECTIONS)))
    embedder = RecombinedEmbedder(known, load_embedder(for_one_question(settings)))
    embedder.embed_question("warm up")
    processor = process_time()
    report = sync([str(source)], settings, embedder=embedder)
    processor = process_time() - processor
    source.unlink()
    return Made(
        posts=report.posts,
        passages=report.passages,
        seconds=report.seconds - report.encode_seconds,
        processor_seconds=processor,
        peak_mb=peak_memory_mb(),
        catalog_mb=_megabytes(settings.index.glob("*")),
        chroma_mb=_megabytes(settings.index.glob("*/**/*")),
    )


def search_once(settings: Settings, questions: Sequence[str], repeats: int) -> Searched:
    """Ask an index every question, as often as is wished, searching with Chroma."""
    embedder = Remembering(load_embedder(for_one_question(settings)))
    settings = settings.model_copy(update={"exact_search": 0, "read_passages": 0})
    vectors = [embedder.embed_question(question).question for question in questions]
    with Assistant(settings, embedder=embedder) as assistant:
        index, pipeline = assistant.index, assistant.pipeline
        begun = perf_counter()
        index.search(vectors[0], _CANDIDATES)
        opened = perf_counter() - begun
        nearest = [list(index.search(vector, RECALL)) for vector in vectors]
        queries = [pipeline.understand(question) for question in questions]
        for query in queries:
            pipeline.retrieve(query)
        return Searched(
            open_seconds=opened,
            meaning=times_of(lambda v: index.search(v, _CANDIDATES), vectors, repeats),
            words=times_of(lambda q: _by_words(index, q), questions, repeats),
            ranked=times_of(pipeline.retrieve, queries, repeats),
            nearest=nearest,
            peak_mb=peak_memory_mb(),
        )  # fmt: skip


def search_exactly(settings: Settings, questions: Sequence[str], repeats: int) -> Exact:
    """Compare every question with every passage."""
    embedder = load_embedder(for_one_question(settings))
    vectors = [embedder.embed_question(question).question for question in questions]
    with closing(Index(settings.index)) as index:
        begun = perf_counter()
        search = ExactSearch(index.catalog)
        search.search(vectors[0], _CANDIDATES)
        opened = perf_counter() - begun
        meaning = times_of(lambda v: search.search(v, _CANDIDATES), vectors, repeats)
        nearest = [list(search.search(vector, RECALL)) for vector in vectors]
        return Exact(opened, meaning, nearest, peak_memory_mb())


def recall(found: Sequence[Sequence[str]], exact: Sequence[Sequence[str]]) -> float:
    """Which share of the exact ones was found, mean over the questions; in [0, 1]."""
    shares = [len({*own} & {*true}) / len(true) for own, true in zip(found, exact, strict=True)]
    return float(np.mean(shares))


def _by_words(index: Index, question: str) -> object:
    with index.catalog.reading():
        return catalog_read.by_words(index.catalog, question_words(question), _CANDIDATES)


def _megabytes(files: Iterable[Path]) -> float:
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6
