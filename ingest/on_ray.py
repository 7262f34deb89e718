"""Workers of a Ray cluster read, split and embed posts ahead of the one process that writes.

The home of Ray. Reading a source and writing the index stay in this process; what lies between is
two stages of Ray Data: HTML to sections, and sections to passages with their vectors, in actors
that hold the model. Who gets which posts, and what is done again when a worker dies, is Ray Data's
business. Their order stays, and a sync decides about each as it does alone.
"""

from __future__ import annotations

import logging
import os
import pickle
import socket
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

# Read by Ray as it is imported: it reports to nobody, and its C++ parts keep off the terminal.
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # noqa: TID251 - set for others, not read
os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # noqa: TID251 - as above

import pyarrow as pa
import ray
import ray.data
import ray.exceptions
from ray.data.exceptions import ExecutionTimeoutError

from ingest.live.polite import user_agent
from ingest.live.site import Event
from ingest.posts.wordpress_post import ReadPost
from ingest.prepared import Prepared, embed_ahead, prepare
from ingest.split import VERSION
from ingest.updating import Update
from rag.backends import load_embedder
from rag.catalog.vectors import embedding_keys
from rag.embedding.embedder import Embedder, ModelId
from rag.errors import ConfigError, PullquoteError, SourceError, WorkersUnavailable
from rag.settings import Settings

if TYPE_CHECKING:
    from ray.data import Dataset

_BLOCK = 16  # posts that a worker is given at once
_WINDOW = 1000  # posts for each embedding worker, which then loads the model anew
_PATIENCE = 60.0  # seconds of reading after which workers begin with what there is
_REACHED = 10.0  # seconds until a Ray that does not answer counts as none
_READING, _EMBEDDING = 0.25, 0.75  # of a core, so that the first stage has room beside the second
_WORKERS_NEED = (
    "embedding_model", "embedding_backend", "embedding_device", "embedding_precision",
    "embedding_batch_tokens", "passage_tokens",
)  # fmt: skip
_KEYS = "S16"  # embedding keys, as bytes
_POST = "post"  # the one column of a block: what is pickled

_Events = Iterable[tuple[str, Event]]
_Ahead = tuple[str, Event, Prepared | None]


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How posts are split and embedded."""

    settings: Settings
    """No more of them than workers need: passwords stay here."""
    model: ModelId
    version: str


@dataclass(frozen=True, slots=True)
class _Failed:
    """An error of ours in a worker, told to the one who writes."""

    kind: type[PullquoteError]
    problem: str
    hint: str

    @classmethod
    def of(cls, error: PullquoteError) -> _Failed:
        return cls(type(error), error.problem, error.hint)


def made_ahead(
    address: str, events: _Events, update: Update, model: ModelId
) -> Generator[_Ahead, None, None]:
    """What was read, in its order, and beside each post what workers made of it.

    Args:
        address: "local" for workers on this machine alone, else where a Ray is: "auto" or
            "host:port". A process that is connected to one already stays with that.
        events: What was read.
        update: Says which posts are worth the work.
        model: Of the index; workers whose model is another one refuse.

    Raises:
        WorkersUnavailable: Ray does not answer, or has given up.
        ConfigError: Another version of pullquote, or another model, is on a worker's machine.
        ModelUnavailable: The model cannot be loaded there.
        SourceError: As the source raised it, after what was read before.
    """
    with _connected(address), _said_plainly(address):
        workers = _Workers(update, model)
        for window in _windows(events, workers.count * _WINDOW):
            sent = {
                place: event for place, (label, event) in enumerate(window)
                if isinstance(event, ReadPost) and update.is_wanted(label, event)
            }  # fmt: skip
            made = workers.make(list(sent.values()))
            for place, (label, event) in enumerate(window):
                yield label, event, next(made) if place in sent else None
            next(made, None)  # to its end: the workers of this window go


def _windows(events: _Events, posts: int) -> Iterator[list[tuple[str, Event]]]:
    """What is worked off together; before an error, what was read until then."""
    window: list[tuple[str, Event]] = []
    began, read = monotonic(), 0
    try:
        for label, event in events:
            window.append((label, event))
            read += isinstance(event, ReadPost)
            if read >= posts or monotonic() - began > _PATIENCE:
                yield window
                window, began, read = [], monotonic(), 0
    except SourceError:
        if window:
            yield window
        raise
    if window:
        yield window


@contextmanager
def _connected(address: str) -> Iterator[None]:
    if ray.is_initialized():
        yield
        return
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    if address == "local":
        quiet["include_dashboard"] = False
    try:
        host, _, port = address.rpartition(":")
        if host:  # Ray itself would try for minutes
            socket.create_connection((host.strip("[]"), int(port)), _REACHED).close()
        ray.init(address=address, **quiet)
    # A Ray that does not start, or is not there, is told by all kinds of exceptions, bare ones too.
    except Exception as error:
        raise _unavailable(address, error) from error
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def _said_plainly(address: str) -> Iterator[None]:
    """Ray's own troubles as errors of ours; a fault in our code stays what it is."""
    try:
        yield
    except ray.exceptions.UserCodeException:
        raise
    except (ray.exceptions.RayError, ExecutionTimeoutError, ConnectionError) as error:
        raise _unavailable(address, error) from error


def _unavailable(address: str, error: Exception) -> WorkersUnavailable:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return WorkersUnavailable(
        f"Ray ({address}) does not do its work: {reason}",
        hint="See whether it runs (`ray status`); what was embedded by then is in the index.",
    )


class _Workers:
    """The workers of the Ray that this process is connected to."""

    def __init__(self, update: Update, model: ModelId) -> None:
        settings = update.settings
        wanted: dict[str, Any] = {name: getattr(settings, name) for name in _WORKERS_NEED}
        # What "auto" would be on another machine may be another precision.
        wanted["embedding_precision"] = model.precision
        there = ray.cluster_resources()
        self._gpus = int(there.get("GPU", 0)) if settings.embedding_device != "cpu" else 0
        self.count = self._gpus or max(1, int(there.get("CPU", 1)))
        self._update = update
        self._recipe = _Recipe(Settings.model_construct(**wanted), model, _version())
        catalog = update.writer.catalog if update.writer else None
        known = [bytes.fromhex(key) for key in embedding_keys(catalog)] if catalog else []
        self._known = ray.put(np.sort(np.asarray(known, dtype=_KEYS)))

    def make(self, posts: Sequence[ReadPost]) -> Iterator[Prepared]:
        """What there is to make of posts, in their order."""
        if not posts:
            return
        rows = [
            pickle.dumps((post, self._update.digest_before(post.raw.post.id))) for post in posts
        ]
        for batch in self._stages(rows).iter_batches(batch_size=None, batch_format="pyarrow"):
            for row in _rows(batch):
                made = pickle.loads(row)
                if isinstance(made, _Failed):
                    raise made.kind(made.problem, hint=made.hint)
                yield made

    def _stages(self, rows: Sequence[bytes]) -> Dataset:
        context = ray.data.DataContext.get_current()
        context.execution_options.preserve_order = True
        context.enable_progress_bars = False  # the sync tells how far it is
        blocks = [_block(rows[i : i + _BLOCK]) for i in range(0, len(rows), _BLOCK)]
        options = {"batch_size": None, "batch_format": "pyarrow"}
        read = ray.data.from_arrow(blocks).map_batches(
            _read, fn_args=(self._recipe,), num_cpus=_READING, **options
        )
        workers = ray.data.ActorPoolStrategy(size=min(self.count, len(blocks)))
        gpus = 1 if self._gpus else None
        return read.map_batches(
            _Embedding, fn_constructor_args=(self._recipe, self._known), compute=workers,
            num_cpus=_EMBEDDING, num_gpus=gpus, **options,
        )  # fmt: skip


def _block(rows: Iterable[bytes]) -> pa.Table:
    return pa.table({_POST: pa.array(rows, type=pa.large_binary())})


def _rows(block: pa.Table) -> Iterator[bytes]:
    return (one.as_py() for one in block[_POST])


def _version() -> str:
    """Of what decides how posts are read and split."""
    return f"{user_agent()}/{VERSION}"


def _check_version(recipe: _Recipe) -> None:
    if _version() != recipe.version:
        raise ConfigError(
            f"A machine of the Ray cluster has {_version()}, not {recipe.version}.",
            hint="Install the same version of pullquote on all of them.",
        )


def _read(block: pa.Table, recipe: _Recipe) -> pa.Table:
    """The first stage: posts to sections."""
    posts = [pickle.loads(row) for row in _rows(block)]
    made: Sequence[Prepared | _Failed]
    try:
        _check_version(recipe)
        made = [prepare(post, before, recipe.settings.passage_tokens) for post, before in posts]
    except PullquoteError as error:
        made = [_Failed.of(error)] * len(posts)
    return _block(pickle.dumps(one) for one in made)


class _Embedding:
    """The second stage: sections to passages with their vectors. Holds the model."""

    def __init__(self, recipe: _Recipe, known: ray.ObjectRef[NDArray[np.bytes_]]) -> None:
        self._recipe = recipe
        self._known = ray.get(known)  # one copy for all workers of a machine

    def __call__(self, block: pa.Table) -> pa.Table:
        posts = [pickle.loads(row) for row in _rows(block)]
        if any(isinstance(post, _Failed) for post in posts):
            return block
        made: Sequence[Prepared | _Failed]
        limit = self._recipe.settings.passage_tokens
        try:
            _check_version(self._recipe)
            made = embed_ahead(posts, self._loaded, limit=limit, is_known=self._is_known)
        except PullquoteError as error:
            made = [_Failed.of(error)] * len(posts)
        return _block(pickle.dumps(one) for one in made)

    def _loaded(self) -> Embedder:
        return self._embedder

    @cached_property
    def _embedder(self) -> Embedder:
        """Loaded only where something has changed."""
        recipe = self._recipe
        embedder = load_embedder(recipe.settings)
        if embedder.id != recipe.model:
            raise ConfigError(
                f"A machine of the Ray cluster has the model {embedder.id}, not {recipe.model}.",
                hint="Put the same model in the same place on all of them.",
            )
        return embedder

    def _is_known(self, key: str) -> bool:
        wanted = np.asarray(bytes.fromhex(key), dtype=_KEYS)
        place = int(np.searchsorted(self._known, wanted))
        return place < len(self._known) and bool(self._known[place] == wanted)
