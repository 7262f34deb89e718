"""Make the index match the source: add, change, remove, report."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from time import perf_counter

from ingest.read import read_source
from ingest.sections import sections
from ingest.split import VERSION, Piece, split
from ingest.wordpress_post import ReadPost, Skipped
from rag import catalog_write
from rag.backends import load_embedder, model_id
from rag.embed import Embedder
from rag.errors import SourceError
from rag.identity import content_hash, embedding_key, record_hash
from rag.index import IndexWriter, write_index
from rag.settings import Settings
from rag.types import Damage, ParsedPost

_log = logging.getLogger(__name__)
_WINDOW = 512  # passages that are sorted by length and embedded together
_MASS = 0.2  # more than this part of a source's posts is never removed unasked


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sync is."""

    posts: int
    """Posts read so far."""
    passages: int
    """Passages that had to be embedded so far, done or waiting."""
    embedded: int
    """Passages embedded so far."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a sync did."""

    added: int = 0
    changed: int = 0
    record_only: int = 0
    """Posts of which only date, people, terms or address changed: nothing was embedded."""
    unchanged: int = 0
    removed: int = 0
    skipped: tuple[Skipped, ...] = ()
    empty: tuple[str, ...] = ()
    """Ids of posts without text: listed, but nothing of them can be found."""
    recovered: tuple[tuple[str, Damage], ...] = ()
    """Ids of posts recovered from damaged files, and how."""
    posts: int = 0
    """In the index now; so sections and passages."""
    sections: int = 0
    passages: int = 0
    embedded: int = 0
    """Passages embedded by this run."""
    seconds: float = 0.0
    encode_seconds: float = 0.0
    """Of `seconds`, spent in the embedding model."""
    warnings: tuple[str, ...] = ()


OnProgress = Callable[[Progress], None]


def sync(
    sources: Sequence[str],
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    prune: bool = False,
    allow_mass_delete: bool = False,
    on_progress: OnProgress | None = None,
) -> Report:
    """Bring the index up to date with what the sources hold.

    Args:
        sources: Files, folders or "-".
        settings: `index`, `embedding_…` and `passage_tokens` are used.
        embedder: Takes the place of the one that the settings name, as one already loaded.
        prune: Remove posts that were read from these sources before and are gone from them.
        allow_mass_delete: Also when they are more than a fifth.
        on_progress: Called now and then.

    Raises:
        SourceError: Nothing in the sources can be read; the index is as it was.
        IndexBusy: Another process is writing.
        IndexMismatch: The index was made with another model or by a newer version.
        ModelUnavailable: The embedding model cannot be loaded.
    """
    started = perf_counter()
    results = _read(sources)
    # The index is not even opened before something could be read.
    first = next(results, None)
    model = embedder.id if embedder else model_id(settings)
    with write_index(settings.index, model) as writer:
        run = _Run(writer, settings, embedder, on_progress)
        for source, result in chain([first] if first else [], results):
            run.take(source, result)
        run.embed()
        if prune:
            run.prune(set(sources), allow_mass_delete)
        writer.finish()
        status = writer.catalog.status()
        return replace(
            run.report,
            posts=status.posts,
            sections=status.sections,
            passages=status.passages,
            seconds=perf_counter() - started,
        )


def _read(sources: Sequence[str]) -> Iterator[tuple[str, ReadPost | Skipped]]:
    """What the sources hold; one that cannot be read is skipped where another can.

    Raises:
        SourceError: None of them can be read.
    """
    failed: list[SourceError] = []
    read = 0
    for source in sources:
        try:
            for result in read_source(source):
                yield source, result
            read += 1
        except SourceError as error:
            failed.append(error)
            if len(sources) > 1:
                yield source, Skipped(source, error.problem)
    if failed and not read:
        raise failed[0]


@dataclass(slots=True)
class _Waiting:
    parsed: ParsedPost
    pieces: tuple[Piece, ...]
    source: str


@dataclass
class _Run:
    """One sync under way: the posts that wait to be embedded, and what was done."""

    writer: IndexWriter
    settings: Settings
    given: Embedder | None
    on_progress: OnProgress | None
    report: Report = Report()
    waiting: list[_Waiting] = field(default_factory=list)
    seen: dict[str, float] = field(default_factory=dict)
    """Post id to the time it was modified, of the posts read in this run."""

    @cached_property
    def embedder(self) -> Embedder:
        """Loaded only when something has to be split or embedded."""
        return self.given or load_embedder(self.settings)

    @cached_property
    def states(self) -> dict[str, catalog_write.PostState]:
        return catalog_write.post_states(self.writer.catalog)

    def take(self, source: str, result: ReadPost | Skipped) -> None:
        """A post, or why there is none."""
        if isinstance(result, Skipped):
            self._skip(result)
            return
        parsed = _parse(result)
        post = parsed.post
        modified = post.modified.timestamp() if post.modified else 0.0
        if self.seen.get(post.id, -1.0) >= modified:
            return
        again = post.id in self.seen
        self.seen[post.id] = modified
        if again:
            self.embed()  # the older version may be waiting
        self._compare(parsed, source)
        self._tell()

    def _skip(self, skipped: Skipped) -> None:
        self.report = replace(self.report, skipped=(*self.report.skipped, skipped))
        # It was public once and is not now: gone at once, whatever else happens.
        if skipped.post_id and skipped.post_id in self.states:
            gone = catalog_write.remove_posts(self.writer.catalog, [skipped.post_id])
            self.report = replace(self.report, removed=self.report.removed + gone)

    def _compare(self, parsed: ParsedPost, source: str) -> None:
        post, report = parsed.post, self.report
        state = self.states.get(post.id)
        if post.damage:
            report = replace(report, recovered=(*report.recovered, (post.id, post.damage)))
        if not parsed.sections:
            report = replace(report, empty=(*report.empty, post.id))
        if state is None or state.content_hash != self._content_hash(parsed):
            done = {"added": report.added + 1} if not state else {"changed": report.changed + 1}
            self.report = replace(report, **done)  # type: ignore[arg-type]
            pieces = split(parsed, self.embedder, limit=self.settings.passage_tokens)
            self.waiting.append(_Waiting(parsed, pieces, source))
            if sum(len(one.pieces) for one in self.waiting) >= _WINDOW:
                self.embed()
        elif state.record_hash != record_hash(post):
            self.report = replace(report, record_only=report.record_only + 1)
            catalog_write.update_record(self.writer.catalog, post, source)
        else:
            self.report = replace(report, unchanged=report.unchanged + 1)

    def _content_hash(self, parsed: ParsedPost) -> str:
        """Of all that decides which passages a post has."""
        text = f"{content_hash(parsed)}/{VERSION}/{self.settings.passage_tokens}"
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def embed(self) -> None:
        """Embed what waits, and put the posts into the index."""
        catalog = self.writer.catalog
        model = self.embedder.id if self.waiting else None
        if model is None:
            return
        keys = [[embedding_key(p.text, model) for p in one.pieces] for one in self.waiting]
        texts = {
            key: piece.text
            for one, own in zip(self.waiting, keys, strict=True)
            for key, piece in zip(own, one.pieces, strict=True)
        }
        known = catalog_write.known_embeddings(catalog, list(texts))
        missing = [key for key in texts if key not in known]
        started = perf_counter()
        vectors = self.embedder.embed_passages([texts[key] for key in missing])
        spent = perf_counter() - started
        catalog_write.save_embeddings(catalog, dict(zip(missing, vectors, strict=True)))
        for one, own in zip(self.waiting, keys, strict=True):
            passages = [piece.passage for piece in one.pieces]
            digest = self._content_hash(one.parsed)
            catalog_write.swap_post(catalog, one.parsed, passages, own, one.source, digest)
        self.waiting.clear()
        self.writer.flush_if_full()
        self.report = replace(
            self.report,
            embedded=self.report.embedded + len(missing),
            encode_seconds=self.report.encode_seconds + spent,
        )
        self._tell()

    def prune(self, labels: set[str], allow_mass_delete: bool) -> None:
        """Remove what these sources held before and no longer hold."""
        before = {id_ for id_, state in self.states.items() if state.source in labels}
        gone = before - set(self.seen)
        reason = ""
        if any(not skipped.post_id for skipped in self.report.skipped):
            reason = "not everything could be read"
        elif len(gone) > _MASS * len(before) and not allow_mass_delete:
            reason = "they are more than a fifth; --allow-mass-delete removes them all the same"
        if gone and reason:
            warning = f"{len(gone)} posts are gone from the source and were kept: {reason}"
            self.report = replace(self.report, warnings=(*self.report.warnings, warning))
            return
        removed = catalog_write.remove_posts(self.writer.catalog, sorted(gone))
        self.report = replace(self.report, removed=self.report.removed + removed)

    def _tell(self) -> None:
        if self.on_progress:
            waiting = sum(len(one.pieces) for one in self.waiting)
            done = self.report.embedded
            self.on_progress(Progress(len(self.seen), done + waiting, done))


def _parse(result: ReadPost) -> ParsedPost:
    raw = result.raw
    found = sections(raw.html, title=raw.post.title)
    title = raw.post.title or next((s.headings[0] for s in found if s.headings), "")
    return ParsedPost(replace(raw.post, title=title or raw.post.id), found)
