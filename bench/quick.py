"""A quick run of what must stay fast, as ratios: what a regression would make larger.

Each ratio is of two things that are run in turn, a few times, and is the median of the rounds. They
are counted in processor time, which neighbours on the machine disturb least; so a loss of
parallelism does not show here, but in `bench.bench_ingest`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

from bench.ingest_runs import bare_model
from bench.processes import PULLQUOTE, in_own_process, processor_seconds
from bench.recombined import SECTIONS, lines, real_sentences
from bench.wrapped import Recorder, Remembering
from eval.cases.cases import load_cases
from ingest.sync import sync
from rag.assistant import Assistant
from rag.backends import load_embedder
from rag.embedding.embedder import HashEmbedder
from rag.settings import Settings, load_settings
from ui.commands.sample import EXAMPLES, sample_cases

_SAMPLE = str(files("ingest.sample") / "posts.json")
_ROUNDS = 3
_STARTS = 5
_QUESTIONS = 12
_READ = 4  # passages that the bare model encodes beside each question, as many as are read for it
_SMALL, _LARGE = 300, 2_400  # passages
_NUMPY = (sys.executable, "-c", "import numpy")


@dataclass(frozen=True, slots=True)
class _Made:
    """An index of made posts."""

    settings: Settings
    passages: int
    seconds: float
    """Processor seconds for each passage."""


def quick_ratios() -> dict[str, float]:
    """All of them, by name; the lower, the better."""
    with TemporaryDirectory(prefix="pullquote-bench-") as name:
        folder = Path(name)
        return {
            **in_own_process(model_ratios, folder / "sample"),
            **start_ratios(folder / "sample"),
            **in_own_process(growth_ratios, folder / "made"),
        }


def model_ratios(index: Path) -> dict[str, float]:
    """Ingest and a question beside the bare model, on the bundled sample, which goes into `index`.

    Ingest beside `encode` of the very texts that it embeds; a warm question beside `encode` of as
    many passages as are read for it. Both in our number format, and on one core each.
    """
    from rag.embedding.cores import on_one_core

    settings = load_settings(index=index)
    embedder = Recorder(load_embedder(settings))
    sync([_SAMPLE], settings, embedder=embedder)
    texts = tuple(embedder.texts)
    bare = bare_model(settings.embedding_model, embedder.id.precision)
    numbers = count()

    def encode(given: tuple[str, ...]) -> None:
        with on_one_core():
            bare.encode(list(given))

    def ingest() -> None:
        own = settings.model_copy(update={"index": index.with_name(f"ingest-{next(numbers)}")})
        sync([_SAMPLE], own, embedder=embedder)

    encode(texts)
    found = {"ingest to encode": _ratio(ingest, lambda: encode(texts), _ROUNDS)}
    questions = [case.question for case in load_cases(sample_cases())[:_QUESTIONS]]
    own = settings.model_copy(update={"cached_answers": 0})
    with Assistant(own, embedder=embedder) as assistant:
        for question in questions:
            assistant.ask(question)
        asked = iter(questions * _ROUNDS)
        found["question to encode"] = _ratio(
            lambda: assistant.ask(next(asked)),
            lambda: encode(texts[:_READ]),
            len(questions) * _ROUNDS,
        )
    return found


def start_ratios(index: Path) -> dict[str, float]:
    """Commands from start to end, beside a Python that imports NumPy and ends."""
    where = ("--index", str(index))
    commands = {
        "start of --help": ("--help",),
        "start of status": ("status", *where),
        "start of ask": ("ask", EXAMPLES[0], *where),
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(_STARTS):
        least = processor_seconds(*_NUMPY)
        for name, command in commands.items():
            taken[name].append(processor_seconds(PULLQUOTE, *command) / least)
    return {name: median(ratios) for name, ratios in taken.items()}


def growth_ratios(folder: Path) -> dict[str, float]:
    """How much more a passage and a question cost in an index that is eight times as large."""
    sentences = real_sentences(_SAMPLE, 10_000)
    small, large = (_made(sentences, size, folder) for size in (_SMALL, _LARGE))
    found = {"ingest of a passage, large to small index": large.seconds / small.seconds}
    questions = [case.question for case in load_cases(sample_cases())[:_QUESTIONS]]
    embedder = Remembering(HashEmbedder())
    with (
        Assistant(small.settings, embedder=embedder) as one,
        Assistant(large.settings, embedder=embedder) as other,
    ):
        searches = [
            (one.understand(question), other.understand(question)) for question in questions
        ]
        for few, many in searches:
            one.retrieve(few)
            other.retrieve(many)
        left, right = (iter(searches * _ROUNDS) for _ in range(2))
        found["search, large to small index"] = _ratio(
            lambda: other.retrieve(next(right)[1]),
            lambda: one.retrieve(next(left)[0]),
            len(searches) * _ROUNDS,
        )
    return found


def _made(sentences: tuple[str, ...], passages: int, folder: Path) -> _Made:
    folder.mkdir(exist_ok=True)
    source = folder / f"{passages}.jsonl"
    posts = "".join(lines(sentences, round(passages / SECTIONS)))
    source.write_text(posts, encoding="utf-8")
    seconds, made = [], 0
    for number in range(_ROUNDS):
        index = folder / f"index-{passages}-{number}"
        settings = load_settings(index=index, embedding_model="hash")
        begun = process_time()
        made = sync([str(source)], settings, embedder=HashEmbedder()).passages
        seconds.append((process_time() - begun) / made)
    return _Made(settings, made, median(seconds))


def _ratio(work: Callable[[], object], beside: Callable[[], object], rounds: int) -> float:
    """Processor time of one thing as a part of another's, median of rounds in turn."""
    taken = [(_seconds(work), _seconds(beside)) for _ in range(rounds)]
    return median(own / other for own, other in taken)


def _seconds(work: Callable[[], object]) -> float:
    begun = process_time()
    work()
    return process_time() - begun
