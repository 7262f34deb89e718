"""Short posts of our own in several languages with questions about them, in one index."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from eval.cases.cases import Case, load_cases
from ingest.sync import sync
from rag.assistant import Assistant
from rag.backends import load_embedder
from rag.embedding.embedder import Embedder
from rag.settings import Settings

LANGUAGES = ("es", "de", "ko", "ja")
TRANSLATED = "en"  # asked in English; five Spanish and German posts stand there in English too
CROSS = "cross"  # asked in English about posts in Spanish and German alone
OTHER = "other"  # asked in French, Italian, Portuguese and Dutch, in which no post is
_DATA = Path(str(files("eval.data")))
_SAMPLE = Path(str(files("ingest.sample"))) / "posts.json"


def questions(name: str) -> tuple[Case, ...]:
    """Twenty in one of `LANGUAGES`; ten of `TRANSLATED`, ten of `CROSS`, twenty of `OTHER`."""
    return load_cases(_DATA / "languages" / f"questions_{name}.jsonl")


def sample_questions() -> tuple[Case, ...]:
    """About the sample site, in English."""
    return load_cases(_DATA / "sample.jsonl")


@contextmanager
def language_assistant(
    settings: Settings, *, embedder: Embedder | None = None
) -> Iterator[Assistant]:
    """An assistant on an index of all these posts and the sample site's, which are in English.

    Args:
        settings: All but `index`, which becomes a folder for the time being.
        embedder: Takes the place of the one that the settings name.

    Raises:
        ModelUnavailable: A model cannot be loaded.
    """
    embedder = embedder or load_embedder(settings)
    names = (*LANGUAGES, TRANSLATED)
    sources = [_DATA / "languages" / f"posts_{name}.json" for name in names]
    with TemporaryDirectory(prefix="pullquote-") as folder:
        own = settings.model_copy(update={"index": Path(folder, "index")})
        sync([str(file) for file in (*sources, _SAMPLE)], own, embedder=embedder)
        with Assistant(own, embedder=embedder) as assistant:
            yield assistant
