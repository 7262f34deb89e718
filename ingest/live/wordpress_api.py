"""A WordPress site over REST: where its API is, one answer, and what an error means."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta, timezone, tzinfo
from typing import Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from selectolax.lexbor import LexborHTMLParser

from ingest.html.letters import decode
from ingest.live.fetch import Fetched
from ingest.live.hosts import related
from ingest.live.polite import Client, SiteUnavailable
from ingest.posts.wordpress_post import plain, shown, web_address
from rag.errors import SourceError

_REL = "https://api.w.org/"
_LINK = re.compile(r"<([^<>]+)>\s*;[^,<]*?rel=\"?https://api\.w\.org/\"?", re.IGNORECASE)
_BELOW = re.compile(r"/(?:index\.php/)?wp-json(?:/|$).*|/?(?:index\.php)?\?rest_route=.*")
_STARTS = 20  # places where JSON may begin behind a warning


class NotWordPress(SourceError):
    """Something answers, but not WordPress's API."""


@dataclass(frozen=True, slots=True)
class Site:
    """A site whose API was found."""

    api: str
    """The root of the API: ends in "/wp-json/" or in "?rest_route=/"."""
    home: str
    """The address of its front page, as the site itself says it."""
    zone: str = ""
    """Its time zone, as "Europe/Paris" or as hours from UTC, "5.5"; empty where it does not say."""
    name: str = ""
    """What it calls itself; empty where it does not say."""

    @property
    def timezone(self) -> tzinfo | None:
        try:
            return timezone(timedelta(hours=float(self.zone)))
        except ValueError:
            pass
        try:
            return ZoneInfo(self.zone) if self.zone else None
        except (KeyError, ValueError, OSError):  # none that this machine knows
            return None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that was JSON, errors included."""

    fetched: Fetched
    value: Any
    cut: str
    """What stood around the JSON, shortened; empty where there was nothing."""

    @property
    def ok(self) -> bool:
        return 200 <= self.fetched.status < 300

    @property
    def code(self) -> str:
        """WordPress's name of the error; empty where it is none."""
        return str(self.value.get("code", "")) if isinstance(self.value, dict) else ""

    @property
    def entries(self) -> list[Mapping[str, Any]]:
        """Those of a list."""
        found = self.value if isinstance(self.value, list) else []
        return [entry for entry in found if isinstance(entry, dict)]


def is_address(source: str) -> bool:
    return bool(re.match(r"https?://", source, re.IGNORECASE))


def find_api(client: Client, address: str) -> Site:
    """Where the API of the site is that a page belongs to.

    Args:
        client: Who asks.
        address: Of the front page, of any other page, or of the API itself.

    Raises:
        SourceError: No API is found, or it may not be read.
    """
    page = _BELOW.sub("", address.partition("#")[0]).rstrip("/")
    tried: list[SourceError] = []
    for root in _roots(client, page, tried):
        try:
            answer = ask(
                client,
                with_query(root, _fields="name,home,url,namespaces,timezone_string,gmt_offset"),
            )
        except SourceError as error:
            tried.append(error)
            continue
        if not answer.ok:
            tried.append(refused(answer))
        elif isinstance(answer.value, dict) and "wp/v2" in (answer.value.get("namespaces") or ()):
            said = web_address(answer.value.get("home")) or web_address(answer.value.get("url"))
            # A site must not pass off its posts as those of another one.
            own = related(said, page) or related(said, root)
            zone = answer.value.get("timezone_string") or answer.value.get("gmt_offset") or ""
            home = (said if own else page).rstrip("/")
            return Site(root, home, str(zone), plain(answer.value.get("name")))
    # A site that is down or closed says more than the places where its API is not.
    telling = [error for error in tried if not isinstance(error, NotWordPress)]
    if telling:
        raise telling[0]
    raise NotWordPress(
        f"{address} shows no API of WordPress.",
        hint="Check the address; a site that hides its API can be exported with Tools → Export.",
    )


def _roots(client: Client, page: str, tried: list[SourceError]) -> Iterator[str]:
    """Where an API may be, the likeliest first."""
    seen: set[str] = set()
    try:
        front = client.get(page + "/", accept="text/html")
    except SourceError as error:
        tried.append(error)
        # Nobody is there, or must not be asked: other paths of it are no better.
        if not isinstance(error, SiteUnavailable):
            return
        named: list[str] = []
    else:
        named = _LINK.findall(front.headers.get("link", "")) + _link_elements(front)
    for root in (*named, f"{page}/wp-json/", f"{page}/?rest_route=/"):
        if root not in seen and urlsplit(root).scheme in {"http", "https"}:
            seen.add(root)
            yield root


def _link_elements(front: Fetched) -> list[str]:
    if "html" not in front.headers.get("content-type", ""):
        return []
    head = LexborHTMLParser(front.body[:500_000])
    found = (one.attributes.get("href") for one in head.css(f'link[rel="{_REL}"]'))
    return [address for address in found if address]


def with_query(address: str, **query: object) -> str:
    """An address of the API with parameters, which plain permalinks have already begun."""
    parameters = urlencode({k: v for k, v in query.items() if v is not None}, safe=",:")
    return f"{address}{'&' if '?' in address else '?'}{parameters}"


def ask(client: Client, url: str) -> Reply:
    """An answer of the API.

    Raises:
        SourceError: None came, or it is no JSON.
    """
    return parse(client.get(url))


def parse(fetched: Fetched) -> Reply:
    """JSON, also with a warning in front of it or a comment behind it."""
    text = decode(fetched.body)
    for start in _starts(text):
        try:
            value, end = json.JSONDecoder(strict=False).raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        around = f"{text[:start]} {text[end:]}"
        return Reply(fetched, value, shown(around)[:100])
    if fetched.status not in {200, 404, 410}:
        raise SourceError(
            f"{fetched.url} answered with status {fetched.status} and a web page.",
            hint="Open the address in a browser; the site may be closed or want a log-in.",
        )
    raise NotWordPress(
        f"{fetched.url} answered with a web page, not with WordPress data.",
        hint="The site may want a log-in, or keep programs out.",
    )


def _starts(text: str) -> list[int]:
    stripped = len(text) - len(text.lstrip())
    if text[stripped : stripped + 1] in {"[", "{"}:
        return [stripped]
    return [found.start() for found in re.finditer(r"\[\s*[\[{\]]|\{\s*[\"}]", text)][:_STARTS]


def refused(answer: Reply) -> SourceError:
    """What an error of the API means, for people."""
    message = plain(answer.value.get("message")) if isinstance(answer.value, dict) else ""
    said = f"{answer.fetched.url} answered: {message or f'status {answer.fetched.status}'}"
    hints = {
        401: "Set wordpress_user and wordpress_password to an application password of the site.",
        403: "The site lets nobody in who is not logged in, or keeps programs out.",
        404: "Check the address; a site can be exported with Tools → Export instead.",
    }
    kind = NotWordPress if answer.code == "rest_no_route" else SourceError
    return kind(
        said if said.endswith((".", "!", "?")) else f"{said}.",
        hint=hints.get(answer.fetched.status, "Ask the site's owner."),
    )


def check_secret(client: Client, site: Site, user: str) -> None:
    """Whether the site takes the password: with a wrong one it shows what everyone sees.

    Raises:
        SourceError: It does not.
    """
    answer = ask(client, with_query(f"{site.api}wp/v2/users/me", _fields="id"))
    if not answer.ok:
        raise SourceError(
            f"{site.home} does not take the application password of {user!r}.",
            hint="Make a new one in the user's profile, and set wordpress_password to it.",
        )


def rest_base(client: Client, site: Site, type_: str) -> str:
    """The part of the address under which posts of a type stand: "posts" for "post".

    Raises:
        SourceError: The site shows no such type.
    """
    known = {"post": "posts", "posts": "posts", "page": "pages", "pages": "pages"}
    if type_ in known:
        return known[type_]
    answer = ask(client, f"{site.api}wp/v2/types")
    types = answer.value if answer.ok and isinstance(answer.value, dict) else {}
    for name, one in types.items():
        base = str(one.get("rest_base") or name) if isinstance(one, dict) else name
        if type_ in {name, base}:
            return base
    shown = ", ".join(types) or "none"
    raise SourceError(f"{site.home} shows no type {type_!r}.", hint=f"It shows: {shown}.")
