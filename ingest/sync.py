"""Make the index match the source: add, change, remove, report."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from time import perf_counter

from ingest.deletions import prune, settle
from ingest.embedding import Embedding
from ingest.last_sync import noted
from ingest.live.credentials import secret_for
from ingest.live.polite import Client, user_agent
from ingest.live.site import Asked, Checkpoint, Event, Finished, LeftOut, label_of, read_site
from ingest.live.site_state import Remembered, read_state
from ingest.live.spot_check import Sample, spot_check
from ingest.live.thin_posts import ThinPosts, shown_elsewhere
from ingest.live.wordpress_api import is_address
from ingest.posts.wordpress_post import Skipped
from ingest.prepared import Prepared
from ingest.read import read_source
from ingest.report import Report
from ingest.split import VERSION
from ingest.updating import OnProgress, Update
from rag.backends import as_indexed, load_embedder, model_id
from rag.catalog import write as catalog_write
from rag.catalog.catalog import Catalog
from rag.catalog.forgotten import Forgotten, forgotten
from rag.catalog.languages import language_shares, note_shares
from rag.catalog.sources import missing, set_quarantine, set_source_state, source_state
from rag.embedding.embedder import Embedder, ModelId
from rag.errors import ConfigError, SourceError, WorkersUnavailable
from rag.index.index import write_index
from rag.settings import Settings


@dataclass(frozen=True, slots=True)
class Options:
    """What a sync may do beside adding and changing."""

    prune: bool = False
    """Remove posts that were read from these files before and are gone from them."""
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


@dataclass(frozen=True, slots=True)
class _Source:
    typed: str
    label: str
    """Under which the index remembers it."""
    client: Client | None = None
    """None for files."""
    asked: Asked | None = None
    remembered: Remembered = field(default_factory=Remembered)

    def events(self) -> Iterator[Event]:
        if self.client and self.asked:
            return read_site(self.client, self.asked, self.remembered)
        return read_source(self.typed)


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
    opened = _open(sources, settings, options)
    events = _events(opened)
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
        embedding = Embedding(writer, settings, embedder, model)
        update = Update(
            writer, _states(settings), settings, embedding, on_progress, sample, thin,
            forgotten=_forgotten(settings), live=live,
        )  # fmt: skip
        with closing(make_ahead(events, update, model)) as ahead:
            _work_off(update, ahead, options)
        if options.prune:
            files = {one.label for one in opened} - live
            prune(update, files, allow_mass_delete=options.allow_mass_delete)
        if writer:
            for one in opened:
                set_quarantine(writer.catalog, one.label, update.quarantined.get(one.label, ()))
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


def _events(sources: Sequence[_Source]) -> Iterator[tuple[str, Event]]:
    """What the sources hold; one that cannot be read is skipped where another can.

    Raises:
        SourceError: None of them can be read.
    """
    failed: list[SourceError] = []
    read = 0
    for source in sources:
        try:
            for event in source.events():
                yield source.label, event
            read += 1
        except SourceError as error:
            failed.append(error)
            if len(sources) > 1:
                reason = error.problem.removeprefix(f"{source.typed} ").removesuffix(".")
                yield source.label, Skipped(source.typed, reason)
    if failed and not read:
        raise failed[0]


def _open(sources: Sequence[str], settings: Settings, options: Options) -> list[_Source]:
    live = [source for source in sources if is_address(source)]
    if len(live) > 1 and settings.wordpress_password is not None:
        raise ConfigError(
            f"There is one password and {len(live)} sites.",
            hint="Ingest the sites one by one, so that none is sent another one's password.",
        )
    recipe = f"{user_agent()}/{VERSION}/{settings.passage_tokens}"
    opened = []
    for source in sources:
        if source not in live:
            opened.append(_Source(source, source))
            continue
        secret = secret_for(source, settings)
        label = label_of(source)
        asked = Asked(
            source, settings.wordpress_user or "", options.types, options.full,
            settings.fetch_full_days, recipe,
        )  # fmt: skip
        remembered = _remembered(settings, label)
        opened.append(_Source(source, label, Client(settings, secret), asked, remembered))
    return opened


def _remembered(settings: Settings, label: str) -> Remembered:
    """What the index knows of a live site; nothing where there is no index yet."""
    if not Catalog.exists(settings.place):
        return Remembered()
    with closing(Catalog(settings.place)) as catalog:
        states = catalog_write.post_states(catalog)
        return Remembered(
            state=read_state(source_state(catalog, label)),
            missing=missing(catalog, label),
            forgotten=forgotten(catalog),
            ids=frozenset(id_ for id_, state in states.items() if state.source == label),
        )


def _states(settings: Settings) -> dict[str, catalog_write.PostState]:
    if not Catalog.exists(settings.place):
        return {}
    with closing(Catalog(settings.place)) as catalog:
        return catalog_write.post_states(catalog)


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
