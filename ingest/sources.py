"""The sources of a sync: opened, read one behind the other, and known again when they come back."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from ingest.live.credentials import secret_for
from ingest.live.polite import Client, user_agent
from ingest.live.site import Asked, Event, label_of, read_site
from ingest.live.site_state import Remembered, read_state
from ingest.live.wordpress_api import is_address
from ingest.posts.wordpress_post import Skipped
from ingest.read import PATTERN, read_source
from ingest.split import VERSION
from rag.catalog import write as catalog_write
from rag.catalog.catalog import Catalog
from rag.catalog.forgotten import forgotten
from rag.catalog.sources import missing, source_labels, source_state, sources_read
from rag.errors import ConfigError, SourceError
from rag.settings import Settings


@dataclass(frozen=True, slots=True)
class Source:
    """One of what a sync was given."""

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


def open_sources(
    sources: Sequence[str], settings: Settings, *, types: tuple[str, ...], full: bool
) -> list[Source]:
    """What was given, as sources; files that are named twice, however spelled, once.

    Args:
        sources: As they were typed.
        settings: What `ingest.sync.sync` takes.
        types: Of live sites: which to read.
        full: Of live sites: fetch every post again.

    Raises:
        ConfigError: A password does not fit.
    """
    live = [source for source in sources if is_address(source)]
    if len(live) > 1 and settings.wordpress_password is not None:
        raise ConfigError(
            f"There is one password and {len(live)} sites.",
            hint="Ingest the sites one by one, so that none is sent another one's password.",
        )
    recipe = f"{user_agent()}/{VERSION}/{settings.passage_tokens}"
    opened = []
    named: set[str] = set()
    for source in sources:
        if source not in live:
            label, real = _spellings(source)
            if not named & {label, real}:
                opened.append(Source(source, label))
            named |= {label, real}
            continue
        secret = secret_for(source, settings)
        label = label_of(source)
        asked = Asked(
            source, settings.wordpress_user or "", types, full, settings.fetch_full_days, recipe
        )
        remembered = _remembered(settings, label)
        opened.append(Source(source, label, Client(settings, secret), asked, remembered))
    return opened


def events_of(sources: Sequence[Source]) -> Iterator[tuple[str, Event]]:
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


def live_labels(settings: Settings) -> frozenset[str]:
    """What the index calls the live sites that it was read from."""
    if not Catalog.exists(settings.place):
        return frozenset()
    with closing(Catalog(settings.place)) as catalog:
        return frozenset(source_labels(catalog))


def earlier_spellings(
    files: Iterable[str], settings: Settings, live: frozenset[str]
) -> dict[str, str]:
    """What the index calls places of files otherwise than this sync does, to what they are now.

    Args:
        files: The labels of the files that are read.
        settings: They name the index.
        live: The labels of the live sites that are read.
    """
    if not Catalog.exists(settings.place):
        return {}
    with closing(Catalog(settings.place)) as catalog:
        known = set(sources_read(catalog)) - live - set(source_labels(catalog))
    return _respelled(set(files), known)


def _respelled(files: set[str], known: set[str]) -> dict[str, str]:
    now = {name: label for label in files for name in _spellings(label)}
    found = {}
    for before in known - files:
        same = [now[name] for name in _spellings(before) if name in now]
        if same:
            found[before] = same[0]
    return found


def _spellings(typed: str) -> tuple[str, str]:
    """A place of files as an absolute path, and with its links resolved.

    The former stands in the index: a link such as `latest.xml` may be led to another file each
    week and is the same source all the same. By the latter the place is known again when it is
    typed without the link.
    """
    if typed == "-":
        return typed, typed
    try:
        head, tail = _fixed(typed)
        real = os.path.join(os.path.realpath(head), tail) if tail else os.path.realpath(head)
        # Behind a link, ".." is the parent of where it leads, which the path alone does not say.
        climbs = ".." in re.split(r"[/\\]", head)
        return (real, real) if climbs else (os.path.abspath(typed), real)
    except (OSError, ValueError):  # the working folder is gone, or no file can be called so
        return typed, typed


def _fixed(typed: str) -> tuple[str, str]:
    """Of a pattern, the folders before its first wildcard, and the rest; of a path, all of it."""
    wild = PATTERN.search(typed)
    if wild is None or os.path.exists(typed):
        return typed, ""
    head, slash, _ = typed[: wild.start()].rpartition("/")
    return head + slash or ".", typed[len(head + slash) :]


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
