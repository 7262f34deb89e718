"""Posts into the index: compare with what is there, take what is new, take out what must go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace

from ingest.embedding import Embedding
from ingest.html.coverage import Kept, coverage
from ingest.live.spot_check import Sample
from ingest.live.thin_posts import ThinPosts
from ingest.posts.copies import Standing, completed, lacks, standing
from ingest.posts.parsed import parsed_post, with_language
from ingest.posts.wordpress_post import ReadPost, Skipped
from ingest.prepared import Prepared
from ingest.report import Difference, Progress, Report
from rag.catalog import read as catalog_read
from rag.catalog import write as catalog_write
from rag.catalog.catalog import Catalog
from rag.catalog.forgotten import Forgotten
from rag.catalog.identity import record_hash
from rag.catalog.sources import Quarantined
from rag.index.index import IndexWriter
from rag.settings import Settings
from rag.types import Damage, ParsedPost, Post

_DONE = ("added", "changed", "record_only", "unchanged")  # the most first

OnProgress = Callable[[Progress], None]


@dataclass
class Update:
    """One sync under way: what was read, and what was done with it."""

    writer: IndexWriter | None
    """None only looks what would be done."""
    states: dict[str, catalog_write.PostState]
    """The posts of the index, as they were."""
    settings: Settings
    embedding: Embedding
    on_progress: OnProgress | None
    sample: Sample
    thin: ThinPosts
    forgotten: Forgotten = field(default_factory=Forgotten)
    """Posts that stay out, whatever a source says."""
    live: frozenset[str] = frozenset()
    """The sources that are live sites: posts that others brought become theirs."""
    report: Report = field(default_factory=Report)
    skipped: list[Skipped] = field(default_factory=list)
    seen: dict[str, Standing] = field(default_factory=dict)
    """Post id to the copy that counts, of the posts read in this run."""
    now: dict[str, catalog_write.PostState] = field(default_factory=dict)
    """What the posts read in this run are in the catalog, or will be once they are embedded."""
    hidden: set[str] = field(default_factory=set)
    """Ids that a source says are not public: they stay out, whatever another file says."""
    done: dict[str, str] = field(default_factory=dict)
    """Post id to what this run did with it: the name of the report's field."""
    untouched: int = 0
    """Posts that a site names as they were, and that were not fetched."""
    removed: list[str] = field(default_factory=list)
    left_out: dict[str, None] = field(default_factory=dict)
    """Of the forgotten posts, those that a source showed; in the order of reading."""
    titles: dict[str, str] = field(default_factory=dict)
    """Of added and changed posts."""
    recovered: dict[str, Damage] = field(default_factory=dict)
    empty: set[str] = field(default_factory=set)
    undated: set[str] = field(default_factory=set)
    kept: Kept = field(default_factory=Kept)
    """How much of the text of added and changed posts is in their sections."""
    sites: dict[str, str] = field(default_factory=dict)
    """Of sites, by host and path, what they call themselves."""
    quarantined: dict[str, list[Quarantined]] = field(default_factory=dict)
    """What was skipped, by source."""

    def is_wanted(self, source: str, result: ReadPost) -> bool:
        """Whether `take` would look at a post, as far as what was taken until now tells."""
        post = result.raw.post
        if post.id in self.forgotten or post.id in self.hidden:
            return False
        live = source in self.live
        beside = self._beside(post.id, live=live)
        return not (beside and standing(post, result.raw.untold, live=live).yields_to(beside))

    def digest_before(self, post_id: str) -> str:
        """Of the post's text as it is in the index; empty where it is not there."""
        state = self.now.get(post_id) or self.states.get(post_id)
        return state.content_hash if state else ""

    def take(
        self, source: str, result: ReadPost | Skipped, prepared: Prepared | None = None
    ) -> None:
        """A post, or why there is none.

        Args:
            source: Where it was read.
            result: What was read.
            prepared: What was made of the post ahead, where something was.
        """
        about = result.post_id if isinstance(result, Skipped) else result.raw.post.id
        if about is not None and about in self.forgotten:
            self.left_out[about] = None
            return
        if isinstance(result, Skipped):
            kept = Quarantined(source, result.origin, result.reason, result.post_id)
            self.quarantined.setdefault(source, []).append(kept)
            self._skip(result)
            return
        self._take_post(source, result, prepared or Prepared(parsed_post(result)))

    def _take_post(self, source: str, result: ReadPost, prepared: Prepared) -> None:
        parsed = prepared.parsed
        post = parsed.post
        for warning in result.warnings:
            self.warn(warning)
        if post.id in self.hidden:
            return
        if result.raw.site_name:
            self.sites[result.raw.site] = result.raw.site_name
        live = source in self.live
        own = standing(post, result.raw.untold, live=live)
        best = self.seen.get(post.id)
        beside = self._beside(post.id, live=live)
        reason = own.yields_to(beside) if beside else ""
        if beside and reason:
            self.skipped.append(Skipped(result.origin, reason, post.id, stays=True))
            self.seen[post.id] = beside
            return
        if best and own <= best:
            return
        if best:
            self.embed()  # the copy before may be waiting
        self.seen[post.id] = own
        parsed = self._completed(parsed, result.raw.untold, live=live)
        self._note(parsed)
        self._compare(prepared, parsed, source)
        if parsed.post.published is None:
            self.undated.add(post.id)
        if self.done[post.id] in ("added", "changed"):
            raw = result.raw
            covered = prepared.covered or coverage(raw.html, parsed.sections, title=raw.post.title)
            self.kept.add(post.id, covered)
        if source in self.live and self.done[post.id] != "unchanged":
            self.sample.offer(parsed)
            self.thin.offer(parsed)
        self._tell()

    def _beside(self, post_id: str, *, live: bool) -> Standing | None:
        """The copy of this run that counts, else the one that the index held before.

        Nothing that a site itself says yields to the latter.
        """
        if post_id in self.seen:
            return self.seen[post_id]
        state = self.states.get(post_id)
        return None if live or state is None else Standing(False, state.modified, state.whole)

    def _completed(self, parsed: ParsedPost, untold: frozenset[str], *, live: bool) -> ParsedPost:
        """With what this copy does not tell, as the one in the index or its own text tells it."""
        before = None if live or not lacks(parsed.post, untold) else self._record(parsed.post.id)
        if before:
            parsed = replace(parsed, post=completed(parsed.post, untold, before))
        known = parsed.post.language is not None
        return parsed if known else with_language(parsed, self._as_before(parsed))

    def _as_before(self, parsed: ParsedPost) -> Post | None:
        """The record of a post whose text is in the index as it is."""
        id_ = parsed.post.id
        state = self.now.get(id_) or self.states.get(id_)
        same = state is not None and state.content_hash == self.embedding.content_hash(parsed)
        return self._record(id_) if same else None

    def _record(self, post_id: str) -> Post | None:
        """A post's record as it stands in the index now; None where it is not there."""
        if self.writer and (post_id in self.now or post_id in self.states):
            return catalog_read.record(self.writer.catalog, post_id)
        if post_id not in self.states:
            return None
        with closing(Catalog(self.settings.place)) as catalog:
            return catalog_read.record(catalog, post_id)

    def _note(self, parsed: ParsedPost) -> None:
        """What the report says of the post itself, in the place of an older version's."""
        post = parsed.post
        self.recovered.pop(post.id, None)
        if post.damage:
            self.recovered[post.id] = post.damage
        (self.empty.discard if parsed.sections else self.empty.add)(post.id)

    def _skip(self, skipped: Skipped) -> None:
        self.skipped.append(skipped)
        if skipped.post_id:
            self.hidden.add(skipped.post_id)
            # It was public once and is not now: gone at once, whatever else happens.
            if skipped.post_id in self.states or skipped.post_id in self.now:
                self.embed()  # it may be waiting
                self.remove([skipped.post_id], erase=True)

    def remove(self, ids: Iterable[str], *, erase: bool = False) -> None:
        """Take posts out, whatever this run had done with them."""
        gone = list(ids)
        if self.writer:
            catalog_write.remove_posts(self.writer.catalog, gone, erase=erase)
            self.writer.flush_if_full()
        for id_ in gone:
            if self.states.pop(id_, None):
                self.removed.append(id_)
            self.now.pop(id_, None)
            self.done.pop(id_, None)

    def _compare(self, prepared: Prepared, parsed: ParsedPost, source: str) -> None:
        post = parsed.post
        before = self.now.get(post.id) or self.states.get(post.id)
        now = catalog_write.PostState(
            record_hash(post), self.embedding.content_hash(parsed), source
        )
        done = "unchanged"
        if before is None or before.content_hash != now.content_hash:
            done = "changed" if before else "added"
            self.titles[post.id] = post.title
            if self.embedding.put(prepared, parsed, source) and self.embedding.embed_window():
                self._tell()
        elif before.record_hash != now.record_hash or (
            source in self.live and before.source != source
        ):
            done = "record_only" if before.record_hash != now.record_hash else "unchanged"
            if self.writer:
                catalog_write.update_record(self.writer.catalog, post, source)
                self.writer.flush_if_full()
        self.now[post.id] = now
        # A post may come again in a newer version: the report says the most that was done with it.
        self.done[post.id] = min(self.done.get(post.id, done), done, key=_DONE.index)

    def embed(self) -> None:
        """Embed what waits, and put the posts into the index."""
        if self.embedding.embed_window():
            self._tell()
        self.put_away()

    def put_away(self) -> None:
        """Put the posts that the model has into the index, but not those that wait for it."""
        if self.embedding.finish():
            self._tell()

    def warn(self, warning: str) -> None:
        self.report = replace(self.report, warnings=(*self.report.warnings, warning))

    def closing_report(self) -> Report:
        """The report with what is counted by post."""
        counts = Counter(self.done.values())
        changes = [(what, id_) for id_, what in self.done.items() if what != "unchanged"]
        if self.undated:
            one = min(self.undated)
            self.warn(
                f"posts without a date whose time zone is known: {len(self.undated)}, as {one}"
            )
        return replace(
            self.report,
            added=counts["added"],
            changed=counts["changed"],
            record_only=counts["record_only"],
            unchanged=counts["unchanged"] + self.untouched,
            removed=len(self.removed),
            forgotten=tuple(self.left_out),
            skipped=tuple(self.skipped),
            text=self.kept.total(),
            recovered=tuple(self.recovered.items()),
            empty=tuple(sorted(self.empty)),
            embedded=self.embedding.embedded,
            encode_seconds=self.embedding.seconds,
            differences=tuple(
                Difference(what, id_, self.titles.get(id_, ""))
                for what, id_ in [*changes, *(("removed", id_) for id_ in self.removed)]
            ),
        )

    def _tell(self) -> None:
        if self.on_progress:
            done = self.embedding.embedded
            self.on_progress(Progress(len(self.seen), done + self.embedding.waiting, done))
