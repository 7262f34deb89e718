"""Make the index match the source: add, change, remove, report."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from time import perf_counter

from ingest.read import read_source
from ingest.report import Progress, Report
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
_DONE = ("added", "changed", "record_only", "unchanged")  # the most first
_MASS = 0.2  # more than this part of a source's posts is never removed unasked


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
            run.closing_report(),
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
                yield source, Skipped(source, error.problem.removeprefix(f"{source} "))
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
    report: Report = field(default_factory=Report)
    waiting: list[_Waiting] = field(default_factory=list)
    seen: dict[str, float] = field(default_factory=dict)
    """Post id to the time it was modified, of the posts read in this run."""
    now: dict[str, catalog_write.PostState] = field(default_factory=dict)
    """What the posts read in this run are in the catalog, or will be once they are embedded."""
    hidden: set[str] = field(default_factory=set)
    """Ids that a source says are not public: they stay out, whatever another file says."""
    done: dict[str, str] = field(default_factory=dict)
    """Post id to what this run did with it: the name of the report's field."""
    recovered: dict[str, Damage] = field(default_factory=dict)
    empty: set[str] = field(default_factory=set)

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
        if post.id in self.hidden or self.seen.get(post.id, -1.0) >= modified:
            return
        if post.id in self.seen:
            self.embed()  # the older version may be waiting
        self.seen[post.id] = modified
        self._note(parsed)
        self._compare(parsed, source)
        self._tell()

    def _note(self, parsed: ParsedPost) -> None:
        """What the report says of the post itself, in the place of an older version's."""
        post = parsed.post
        self.recovered.pop(post.id, None)
        if post.damage:
            self.recovered[post.id] = post.damage
        if parsed.sections:
            self.empty.discard(post.id)
        else:
            self.empty.add(post.id)

    def _skip(self, skipped: Skipped) -> None:
        self.report = replace(self.report, skipped=(*self.report.skipped, skipped))
        if skipped.post_id:
            self.hidden.add(skipped.post_id)
            # It was public once and is not now: gone at once, whatever else happens.
            if skipped.post_id in self.states or skipped.post_id in self.now:
                self._hide(skipped.post_id)

    def _hide(self, post_id: str) -> None:
        self.embed()  # it may be waiting
        gone = catalog_write.remove_posts(self.writer.catalog, [post_id])
        if self.states.pop(post_id, None):
            self.report = replace(self.report, removed=self.report.removed + gone)
        self.now.pop(post_id, None)
        self.done.pop(post_id, None)

    def _compare(self, parsed: ParsedPost, source: str) -> None:
        post = parsed.post
        before = self.now.get(post.id) or self.states.get(post.id)
        now = catalog_write.PostState(record_hash(post), self._content_hash(parsed), source)
        done = "unchanged"
        if before is None or before.content_hash != now.content_hash:
            done = "changed" if before else "added"
            pieces = split(parsed, self.embedder, limit=self.settings.passage_tokens)
            self.waiting.append(_Waiting(parsed, pieces, source))
            if sum(len(one.pieces) for one in self.waiting) >= _WINDOW:
                self.embed()
        elif before.record_hash != now.record_hash:
            done = "record_only"
            catalog_write.update_record(self.writer.catalog, post, source)
        self.now[post.id] = now
        # A post may come again in a newer version: the report says the most that was done with it.
        self.done[post.id] = min(self.done.get(post.id, done), done, key=_DONE.index)

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
        catalog.set_meta("precision", self.embedder.precision)
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

    def closing_report(self) -> Report:
        """The report with what is counted by post."""
        counts = Counter(self.done.values())
        return replace(
            self.report,
            added=counts["added"],
            changed=counts["changed"],
            record_only=counts["record_only"],
            unchanged=counts["unchanged"],
            recovered=tuple(self.recovered.items()),
            empty=tuple(sorted(self.empty)),
        )

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
