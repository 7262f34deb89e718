"""The chat page in front of an index, and the browser in front of the page."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from getpass import getpass
from pathlib import Path

from rag.assistant import Assistant
from rag.backends import model_id
from rag.catalog.files import require_whole
from rag.embedding.embedder import Embedder
from rag.errors import ConfigError
from rag.settings import Settings
from ui.ports import is_loopback, open_in_browser
from ui.show import say, waiting

_TAKEN = {"healthz", "readyz"}


def serve_page(
    settings: Settings,
    *,
    open_browser: bool | None = False,
    pages: Mapping[str, str] | None = None,
    examples: Sequence[str] = (),
    everyone: bool = False,
) -> None:
    """Answer on the chat page until Ctrl-C.

    Args:
        settings: `index`, `host`, `port` and all that an `Assistant` takes.
        open_browser: Show the page in the user's browser; None where a terminal shows this.
        pages: Path to HTML of pages that are served beside the chat.
        examples: Questions to offer.
        everyone: Strangers may come in without a password.

    Raises:
        ConfigError: Other machines could come in, and neither a password nor `everyone` is set.
        IndexMissing, IndexMismatch, IndexDamaged, ModelUnavailable: As `Assistant.open`.
    """
    require_lock(settings, everyone=everyone)
    assistant = Assistant(settings)
    require_whole(assistant.index.catalog)
    assistant.index.check_model(model_id(settings))  # now, and not at the first reader's question
    with waiting("Opening the page"):
        # Only now: it takes seconds, and there may be no index at all.
        from ui.doors.owner_lock import PAGE
        from ui.page.app import serve

    def ready(address: str) -> None:
        say(f"The page is at {address} (Ctrl-C ends it).")
        if settings.owner_password:
            say(f"The owner's page is at {address}{PAGE}.")
        if sys.stdout.isatty() if open_browser is None else open_browser:
            open_in_browser(address)

    with assistant:
        serve(
            assistant, settings.host, settings.port, ready,
            pages=pages, examples=examples, everyone=everyone,
        )  # fmt: skip


def serve_sites(settings: Settings, sites: Mapping[str, str], *, everyone: bool = False) -> None:
    """Answer for several indexes, each below a path of its own, until Ctrl-C.

    They share the embedding model, so all must have been made with that of the settings.

    Args:
        settings: Of all of them; the index, the site's name and what it is synced with are each
            one's own. `sync_sources` names the site in front of each source: NAME=SOURCE.
        sites: Name in the path to the index: its folder, or its schema where catalog_url is set.
        everyone: Other machines may come in without a password.

    Raises:
        ConfigError: Other machines could come in, and neither a password nor `everyone` is set; or
            a source names no site.
        IndexMissing, IndexMismatch, IndexDamaged, ModelUnavailable: As `Assistant.open`.
    """
    require_lock(settings, everyone=everyone)
    sources = sources_of_sites(settings.sync_sources, sites)
    with ExitStack() as stack:
        assistants: dict[str, Assistant] = {}
        embedder: Embedder | None = None
        for name, where in sites.items():
            own = _settings_of(settings, name, where, sources[name])
            assistant = Assistant(own, embedder=embedder)
            assistants[name] = stack.enter_context(assistant)
            require_whole(assistant.index.catalog)
            assistant.index.check_model(embedder.id if embedder else model_id(settings))
            embedder = embedder or assistant.pipeline.embedder
        with waiting("Opening the pages"):
            from ui.page.sites import serve_sites as serve

        def ready(address: str) -> None:
            for name in assistants:
                say(f"{name} is at {address}/{name}/.")
            say("Ctrl-C ends it.")

        serve(assistants, settings.host, settings.port, ready, everyone=everyone)


def _settings_of(settings: Settings, name: str, where: str, sources: tuple[str, ...]) -> Settings:
    cases = settings.owner_cases
    own: dict[str, object] = {
        "index": Path(where),
        "site_name": "",
        "owner_cases": cases.with_stem(f"{cases.stem}-{name}"),
        "sync_sources": sources,
    }
    if settings.catalog_url is not None:
        own |= {"index": settings.index / name, "catalog_schema": where}
    return settings.model_copy(update=own)


def named_sites(given: Sequence[str]) -> dict[str, str]:
    """What `--site NAME=INDEX` names.

    Raises:
        ConfigError: One is not of that form, or two have the same name.
    """
    found: dict[str, str] = {}
    for one in given:
        name, _, where = one.partition("=")
        if not re.fullmatch("[a-z0-9][a-z0-9-]*", name) or not where or name in _TAKEN | {*found}:
            raise ConfigError(
                f"{one!r} names no site.",
                hint="Give each as NAME=INDEX, the names of small letters, digits and hyphens, and"
                f" none twice; {', '.join(sorted(_TAKEN))} are taken.",
            )
        found[name] = where
    return found


def sources_of_sites(given: Sequence[str], sites: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """What `--sync NAME=SOURCE` names, for every site; several for one, or none.

    Args:
        given: Each with the name of a site in front.
        sites: The names that there are.

    Raises:
        ConfigError: One names no site, or nothing to read.
    """
    found: dict[str, tuple[str, ...]] = dict.fromkeys(sites, ())
    for one in given:
        name, _, source = one.partition("=")
        if name not in found or not source:
            raise ConfigError(
                f"{one!r} does not say which site is to be synced with what.",
                hint="With --site, give each source as NAME=SOURCE, where NAME is one of "
                f"{', '.join(found)}; in sync_sources as well.",
            )
        found[name] += (source,)
    return found


def require_lock(settings: Settings, *, everyone: bool) -> None:
    """Refuse to let other machines, or the widget's readers, in by mistake.

    Raises:
        ConfigError: They could come in, and nobody has said how or that they may.
    """
    if everyone and settings.password:
        raise ConfigError(
            "A password is set, so --open cannot let everyone in.",
            hint="Leave out --open, or the password.",
        )
    if settings.owner_password and settings.owner_password == settings.password:
        raise ConfigError(
            "The owner's password is that of the readers, who would all be owners.",
            hint="Set owner_password to another one.",
        )
    if settings.password and settings.widget_origins and not settings.widget_open:
        raise ConfigError(
            "A password is set, and the readers of the widget have none.",
            hint="Empty widget_origins, or set widget_open to let whoever finds the address ask "
            "questions without the password.",
        )
    if not (everyone or settings.password or is_loopback(settings.host)):
        raise ConfigError(
            f"Other machines could read the posts at {settings.host}.",
            hint="Ask for a password (`pullquote serve --password`, or PULLQUOTE_PASSWORD), or let "
            "everyone in (`pullquote serve --open`).",
        )


def typed_password(name: str = "password") -> str:
    """A password from the terminal.

    Args:
        name: Of the setting that it is for.

    Raises:
        ConfigError: There is no terminal, or the two times differ.
    """
    if not sys.stdin.isatty():
        raise ConfigError(
            "There is no terminal to type a password on.", hint=f"Set PULLQUOTE_{name.upper()}."
        )
    what = "the owner's page" if name == "owner_password" else "the page"
    typed = getpass(f"Password for {what}: ")
    if typed != getpass("Once more: "):
        raise ConfigError("The two are not the same.", hint="Try again.")
    return typed
