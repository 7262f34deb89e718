"""Make the index match the source: add, change, remove, report."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from time import perf_counter

from ingest.deletions import prune, settle
from ingest.embedding import Embedding
from ingest.last_sync import noted
from ingest.live.site import Checkpoint, Event, Finished, LeftOut
from ingest.live.spot_check import Sample, spot_check
from ingest.live.thin_posts import ThinPosts, shown_elsewhere
from ingest.prepared import Prepared
from ingest.report import Report
from ingest.sources import earlier_spellings, events_of, live_labels, open_sources
from ingest.updating import OnProgress, Update
from rag.backends import as_indexed, load_embedder, model_id
from rag.catalog import write as catalog_write
from rag.catalog.catalog import Catalog
from rag.catalog.forgotten import Forgotten, forgotten
from rag.catalog.languages import language_shares, note_shares
from rag.catalog.sources import (
    note_site_names,
    rename_sources,
    set_quarantine,
    set_source_state,
)
from rag.embedding.embedder import Embedder, ModelId
from rag.errors import ConfigError, SourceError, WorkersUnavailable
from rag.index.index import write_index
from rag.settings import Settings


@dataclass(frozen=True, slots=True)
class Options:
    """What a sync may do beside adding and changing."""

    prune: bool = False
    """Remove posts that were read from these files before and are gone from them."""
    whole_site: bool = False
    """Also those of the same sites that other files gave: these hold all that there is now."""
    allow_mass_delete: bool = False
    """Also when they are more than a fifth."""
    types: tuple[str, ...] = ()
    """Of live sites: as "post", "page"; empty takes those of the last time, or posts."""
    full: bool = False
    """Of live sites: fetch every post again, changed or not."""
    dry_run: bool = False
    """Only report what would be done."""
    ray: str = ""
    """Whose workers read and embed ahead: "local", or the address of a Ray; empty for nobody's."""


_Ahead = tuple[str, Event, Prepared | None]
"""A source's label, what was read there, and what was made of it ahead."""
_MakeAhead = Callable[[Iterable[tuple[str, Event]], Update, ModelId], Generator[_Ahead, None, None]]


def sync(
    sources: Sequence[str],
    settings: Settings,
    *,
    options: Options = Options(),
    embedder: Embedder | None = None,
    on_progress: OnProgress | None = None,
) -> Report:
    """Bring the index up to date with what the sources hold.

    Args:
        sources: Addresses of live sites, files, folders, patterns of names, or "-".
        settings: `index`, `embedding_…`, `passage_tokens` and the group "fetching" are used.
        options: What else may be done.
        embedder: Takes the place of the one that the settings name, as one already loaded.
        on_progress: Called now and then.

    Raises:
        SourceError: Nothing in the sources can be read, or a site stopped answering. What had been
            read by then is in the index; nothing was taken for deleted.
        ConfigError: The password of a site does not fit, or Ray is asked for and not installed.
        WorkersUnavailable: Ray does not answer. What had been embedded by then is in the index.
        IndexBusy: Another process is writing.
        IndexMismatch: The index was made with another model or by a newer version.
        ModelUnavailable: The embedding model cannot be loaded.
    """

    def work() -> Report:
        return _sync(sources, settings, options, embedder, on_progress)

    return noted(settings.index, sources, work)


def _sync(
    sources: Sequence[str],
    settings: Settings,
    options: Options,
    embedder: Embedder | None,
    on_progress: OnProgress | None,
) -> Report:
    started = perf_counter()
    make_ahead = _make_ahead(options)
    opened = open_sources(sources, settings, types=options.types, full=options.full)
    events = events_of(opened)
    # The index is not even opened before something could be read.
    first = next(events, None)
    events = chain([first] if first else [], events)
    most = 0 if options.dry_run else settings.fetch_sample
    sample, thin = Sample(most), ThinPosts(most)
    if not options.dry_run:
        settings = as_indexed(settings)
        if embedder is None and settings.embedding_precision == "auto":
            embedder = load_embedder(settings)  # the first sync, which will need it
    model = embedder.id if embedder else model_id(settings)
    with nullcontext() if options.dry_run else write_index(settings.place, model) as writer:
        live = frozenset(one.label for one in opened if one.client)
        files = frozenset(one.label for one in opened) - live
        embedding = Embedding(writer, settings, embedder, model)
        respelled = earlier_spellings(files, settings, live)
        update = Update(
            writer, _states(settings, respelled), settings, embedding, on_progress, sample, thin,
            forgotten=_forgotten(settings), live=live,
        )  # fmt: skip
        if writer:
            rename_sources(writer.catalog, respelled)
        with closing(make_ahead(events, update, model)) as ahead:
            _work_off(update, ahead, options)
        replaced = _prune(update, files, settings, options)
        if writer:
            _note_sources(writer.catalog, update, {*files, *live, *respelled, *replaced})
            if embedding.has_split:
                note_shares(writer.catalog, embedding.embedder)
            writer.finish()
        report = _with_totals(update.closing_report(), settings)
    client = next((one.client for one in opened if one.client), None)
    if client:
        pages, elsewhere = spot_check(client, sample), shown_elsewhere(client, thin)
        others = thin.others if elsewhere else 0
        report = replace(report, pages=pages, shown_elsewhere=elsewhere, as_thin=others)
    return replace(report, dry_run=options.dry_run, seconds=perf_counter() - started)


def _make_ahead(options: Options) -> _MakeAhead:
    """Who makes what can be made of posts ahead: nobody, or workers of Ray."""
    if not options.ray or options.dry_run:  # which embeds nothing
        return lambda events, update, model: ((*one, None) for one in events)
    try:
        from ingest.on_ray import made_ahead
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("ray", "pyarrow"):
            raise
        raise ConfigError(
            "--ray is given, and Ray is not installed.",
            hint="Run `pip install 'pullquote[ray]'`.",
        ) from error
    return partial(made_ahead, options.ray)


def _work_off(update: Update, events: Iterable[_Ahead], options: Options) -> None:
    ended: list[tuple[str, Finished]] = []
    try:
        for label, event, prepared in events:
            if isinstance(event, Finished):
                ended.append((label, event))
            elif isinstance(event, Checkpoint):
                update.embed()
                if update.writer:
                    set_source_state(update.writer.catalog, label, event.state)
            elif isinstance(event, LeftOut):
                update.left_out[event.post_id] = None
            else:
                update.take(label, event, prepared)
    except (SourceError, WorkersUnavailable):
        update.put_away()  # what the model has was read before that
        raise
    update.embed()
    for label, finished in ended:
        settle(update, label, finished, allow_mass_delete=options.allow_mass_delete)


def _note_sources(catalog: Catalog, update: Update, labels: Iterable[str]) -> None:
    """What could not be read of each source, nothing of those that count no more; and names."""
    note_site_names(catalog, update.sites)
    for label in labels:
        set_quarantine(catalog, label, update.quarantined.get(label, ()))


def _prune(
    update: Update, files: frozenset[str], settings: Settings, options: Options
) -> frozenset[str]:
    """Remove what files no longer hold, where that is asked for; the sources that are replaced."""
    if not files or not (options.prune or options.whole_site):
        return frozenset()
    return prune(
        update, files, update.live | live_labels(settings),
        whole_site=options.whole_site, allow_mass_delete=options.allow_mass_delete,
    )  # fmt: skip


def _states(settings: Settings, respelled: Mapping[str, str]) -> dict[str, catalog_write.PostState]:
    """Every post of the index, with its source as it is called now."""
    if not Catalog.exists(settings.place):
        return {}
    with closing(Catalog(settings.place)) as catalog:
        states = catalog_write.post_states(catalog)
    return {
        id_: replace(state, source=respelled.get(state.source, state.source))
        for id_, state in states.items()
    }


def _forgotten(settings: Settings) -> Forgotten:
    if not Catalog.exists(settings.place):
        return Forgotten()
    with closing(Catalog(settings.place)) as catalog:
        return forgotten(catalog)


def _with_totals(report: Report, settings: Settings) -> Report:
    if not Catalog.exists(settings.place):
        return report
    with closing(Catalog(settings.place)) as catalog:
        status = catalog.status()
        return replace(
            report,
            posts=status.posts,
            sections=status.sections,
            passages=status.passages,
            languages=language_shares(catalog),
        )
