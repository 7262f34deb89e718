"""What of ASGI the doors speak."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PROXIED = "pullquote.proxied"
"""True in the scope of a request that a proxy has marked, also where its marks are not believed."""


def route(scope: Scope) -> str:
    """The path that was asked for, below the one that a proxy serves this under."""
    path: str = scope["path"]
    below: str = scope.get("root_path", "")
    return path[len(below) :] if below and path.startswith(f"{below}/") else path


def header(scope: Scope, name: bytes) -> str:
    """The first header of that name, in small letters; empty where there is none."""
    found: bytes = next((value for key, value in scope["headers"] if key == name), b"")
    return found.decode("latin-1")


def cookie(scope: Scope, name: str) -> str:
    """A cookie's value; empty where there is none."""
    try:
        found = SimpleCookie(header(scope, b"cookie")).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


def wants_page(scope: Scope) -> bool:
    """Whether a page is wanted, as browsers do that are led to one, and not data."""
    return "text/html" in header(scope, b"accept")


def is_from_own_page(scope: Scope) -> bool:
    """Whether it was asked by a page of this server or by no page at all, as far as browsers tell.

    `Sec-Fetch-Site` holds behind a proxy that does not pass on the `Host` as well; without TLS, and
    off the own machine, browsers do not send it.
    """
    site = header(scope, b"sec-fetch-site")
    if site:
        return site in ("same-origin", "none")
    origin = header(scope, b"origin")
    return not origin or origin.partition("://")[2] == header(scope, b"host")
