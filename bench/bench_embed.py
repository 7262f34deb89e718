"""How fast does a device embed, and how near are its vectors to those of float32?

    python -m bench.bench_embed [SOURCE] [--device cpu --device cuda] [--json]

SOURCE is what `pullquote ingest` takes, or a file named .txt with a passage on each line, for a
machine that cannot read posts; without it, it is the bundled sample. Each number
format of each device embeds all of them, as an ingest does: a forward pass gives the vectors of
passages, sentences and tokens. Beside it the bare model's `encode`, which gives one vector for each
text. Three rounds in turn, after one that is not counted. Rates are passages in a second.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from bench.figures import Spread, shown, spread, table
from bench.machine import this_machine
from rag.embedding.embedder import PassageText
from rag.types import Vectors

_ROUNDS = 3
FORMATS = {"cpu": ("float32", "bfloat16"), "cuda": ("float32", "bfloat16", "float16")}
_BARE_BATCH = {"cpu": 32, "cuda": 1024}


@dataclass(frozen=True, slots=True)
class Rate:
    """What one number format of a device took."""

    device: str
    precision: str
    ours: Spread
    """Passages in a second."""
    bare: Spread
    """Texts in a second of the bare model's `encode`."""
    least_cosine: float
    """Of a passage's vector to that of float32 on the processor."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Every number format of every device."""

    texts: int
    rates: tuple[Rate, ...]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", nargs="?", default=str(files("ingest.sample") / "posts.json"))
    parser.add_argument("--device", action="append", choices=tuple(FORMATS))
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    is_text = arguments.source.endswith(".txt")
    lines = (
        Path(arguments.source).read_text("utf-8").splitlines()
        if is_text
        else passages_of(arguments.source)
    )
    texts = [PassageText(line, ((0, len(line)),)) for line in lines if line.strip()]
    exact = _vectors(texts, "cpu", "float32")
    rates = tuple(
        measure(texts, device, precision, exact)
        for device in arguments.device or ["cpu"]
        for precision in FORMATS[device]
    )
    measured = Measured(len(texts), rates)
    text = f"{_card()}{len(texts)} passages\n\n{text_of(measured)}"
    print(shown(this_machine(), measured, text, as_json=arguments.json))


def measure(texts: Sequence[PassageText], device: str, precision: str, exact: Vectors) -> Rate:
    """One number format."""
    import torch

    from rag.embedding.with_torch import ModelEmbedder
    from rag.settings import BUNDLED_MODEL

    ours = ModelEmbedder(BUNDLED_MODEL, device=device, precision=precision)
    bare = _bare(device).to(getattr(torch, precision))
    plain = [one.text for one in texts]
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(1 + _ROUNDS):
        works: tuple[Callable[[], object], ...] = (
            lambda: ours.embed_passages(texts),
            lambda: bare.encode(plain, batch_size=_BARE_BATCH[device]),
        )
        for kept, work in zip(taken, works, strict=True):
            begun = perf_counter()
            work()
            if number:
                kept.append(len(texts) / (perf_counter() - begun))
    vectors = np.stack([one.passage for one in ours.embed_passages(texts)])
    least = float((vectors * exact).sum(1).min())
    return Rate(device, precision, spread(taken[0]), spread(taken[1]), least)


def text_of(measured: Measured) -> str:
    """A table."""
    rows = [
        (f"{r.device}, {r.precision}", r.ours.text(0), r.bare.text(0), f"{r.least_cosine:.5f}")
        for r in measured.rates
    ]
    return table(("device", "passages/s", "bare encode", "least cosine"), rows)


def _vectors(texts: Sequence[PassageText], device: str, precision: str) -> Vectors:
    from rag.embedding.with_torch import ModelEmbedder
    from rag.settings import BUNDLED_MODEL

    embedder = ModelEmbedder(BUNDLED_MODEL, device=device, precision=precision)
    return np.stack([one.passage for one in embedder.embed_passages(texts)])


def _bare(device: str) -> Any:
    from rag.embedding.bundled import bundled_folder
    from rag.embedding.load import load_model

    return load_model(str(bundled_folder()), device)


def _card() -> str:
    import torch

    return f"{torch.cuda.get_device_name()}; " if torch.cuda.is_available() else ""


def passages_of(source: str) -> list[str]:
    """What an ingest of it embeds."""
    from tempfile import TemporaryDirectory

    from bench.wrapped import Recorder
    from ingest.sync import sync
    from rag.embedding.embedder import HashEmbedder
    from rag.settings import load_settings

    recorder = Recorder(HashEmbedder())
    with TemporaryDirectory(prefix="pullquote-bench-") as name:
        sync([source], load_settings(index=Path(name)), embedder=recorder)
    return list(recorder.texts)


if __name__ == "__main__":
    main()
