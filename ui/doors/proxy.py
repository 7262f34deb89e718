"""What a proxy in front says of client and address: believed where the proxy is trusted."""

from __future__ import annotations

import re

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from ui.doors.wire import PROXIED, App, Receive, Scope, Send, header

_SAID = (b"x-forwarded-", b"x-gradio-server")  # the latter is read by Gradio, as an address
_PREFIX = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)+")


class BehindProxy:
    """An ASGI application around all others."""

    def __init__(self, inside: App, trusted: str) -> None:
        """An application behind proxies.

        Args:
            inside: Sees the client's own address, and the path below which it is served.
            trusted: Addresses and networks of the proxies, with commas between them.
        """
        named = ProxyHeadersMiddleware(inside, trusted)  # type: ignore[arg-type]
        self._inside = inside
        self._named: App = named  # type: ignore[assignment]
        self._trusted = named.trusted_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._inside(scope, receive, send)
            return
        kept = [one for one in scope["headers"] if not one[0].startswith(_SAID)]
        if len(kept) < len(scope["headers"]):
            scope = {**scope, PROXIED: True}
        if (scope.get("client") or ("",))[0] in self._trusted:
            await self._named(_below(scope), receive, send)
        else:
            await self._inside({**scope, "headers": kept}, receive, send)


def _below(scope: Scope) -> Scope:
    """The request as it came to the proxy, which took a path off."""
    prefix = header(scope, b"x-forwarded-prefix").rstrip("/")
    if not _PREFIX.fullmatch(prefix):
        return scope
    # Taken away, so that it is not put in front once more where one application stands in another.
    kept = [one for one in scope["headers"] if one[0] != b"x-forwarded-prefix"]
    told = {"root_path": prefix, "path": prefix + scope["path"], "headers": kept}
    if raw := scope.get("raw_path"):
        told["raw_path"] = prefix.encode() + raw
    return {**scope, **told}
