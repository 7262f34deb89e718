"""The bundled sites, the sample above all, and where their indexes lie."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import Literal

from ingest.sync import Options, sync
from rag.settings import Settings, load_settings
from ui.ports import free_port
from ui.show import sync_progress

EXAMPLES = (
    "Where does the name Korea come from?",
    "When did China and North Korea establish diplomatic relations?",
    "How long is the Yalu river?",
    "How much does a boat to Jeju cost?",
)
"""Questions to begin with; the posts do not answer the last one."""


Bundled = Literal["sample", "hostile"]
"""The sample site, and posts that give orders."""


def sample_settings(
    index: Path | None = None, port: int | None = None, bundled: Bundled = "sample"
) -> Settings:
    """Settings with the own index of a bundled site, and a free port.

    Args:
        index: None takes one folder for each site and embedding model, in the user's cache.
        port: The port wished for; None is the settings'.
        bundled: Which site.

    Raises:
        ConfigError: A setting is unknown or out of its range.
    """
    settings = load_settings(port=port)
    model = re.sub(r"[^A-Za-z0-9]+", "-", Path(settings.embedding_model).name).strip("-")
    folder = index or Path.home() / ".cache" / "pullquote" / f"{bundled}-{model}"
    free = free_port(settings.host, settings.port)
    return settings.model_copy(update={"index": folder, "port": free})


def sample_source(bundled: Bundled = "sample") -> str:
    """What a bundled site is ingested from."""
    if bundled == "hostile":
        return str(files("eval.data") / "hostile_posts.json")
    return str(files("ingest.sample") / "posts.json")


def sample_cases(bundled: Bundled = "sample") -> Path:
    """Questions about a bundled site with their gold answers."""
    return Path(str(files("eval.data") / f"{bundled}.jsonl"))


def ingest_sample(settings: Settings, bundled: Bundled = "sample") -> None:
    """Make `settings.index` hold a bundled site; what is there already is not embedded again.

    Raises:
        IndexBusy: Another process is writing.
        IndexMismatch: The folder holds an index of another model.
    """
    with sync_progress() as on_progress:
        options = Options(prune=True, allow_mass_delete=True)
        sync([sample_source(bundled)], settings, options=options, on_progress=on_progress)
