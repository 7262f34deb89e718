"""The lock in front of page and doors: password, keys, sessions, and how often a client may ask."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import RedirectResponse, Response

from ui.doors.access import Access, password_of
from ui.doors.owner_lock import LOGIN, OwnerLock, is_owners
from ui.doors.problems import Refused, problem_response, too_often
from ui.doors.rates import SCOPE_CLIENT, Rates, What, client_of
from ui.doors.wire import (
    App,
    Receive,
    Scope,
    Send,
    cookie,
    header,
    is_from_own_page,
    route,
    wants_page,
)
from ui.ports import is_own_name

COOKIE = "pullquote_session"
_UNLOCKED = {"/healthz", "/readyz", "/login", "/favicon.ico", "/robots.txt"}
_ASKS = {
    "/api/ask": What.QUESTION,
    "/v1/chat/completions": What.QUESTION,
    "/gradio_api/queue/join": What.QUESTION,
    "/mcp": What.MCP,
}
# A page of somebody else's must not use a reader's tools, as MCP asks for, nor log readers out.
_NO_STRANGERS = {"/mcp", "/logout"}
_HINT = "Send a key or the password as `Authorization: Bearer …`, or log in at /login."


class Gate:
    """An ASGI application around all others."""

    def __init__(
        self,
        inside: App,
        access: Access,
        rates: Rates,
        owner: OwnerLock,
        *,
        at_home: bool,
        is_public: Callable[[Scope], bool],
        wait_page: Callable[[int], Response],
    ) -> None:
        """A lock.

        Args:
            inside: What is locked.
            access: Who may come in.
            rates: How often.
            owner: The lock of the owner's page, which opens all that is open to readers as well.
            at_home: Whether nothing keeps strangers out but that they cannot reach this machine.
            is_public: What passes without a password.
            wait_page: What a browser is shown that has to wait for so many seconds.
        """
        self._inside = inside
        self._access = access
        self._rates = rates
        self._owner = owner
        self._at_home = at_home
        self._is_public = is_public
        self._wait_page = wait_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":  # no door speaks it
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        answer = self._refusal(scope) if scope["type"] == "http" else None
        await (answer or self._inside)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        path = route(scope)
        client = client_of((scope.get("client") or ("unknown",))[0])
        try:
            if self._at_home:
                _require_own_name(scope)
            if is_owners(path):
                self._owner.require(scope, path)
            else:
                client = self._let_in(scope, path, client)
            scope[SCOPE_CLIENT] = client
            if path in _NO_STRANGERS:
                _require_own_page(scope)
            self._require_rate(What.REQUEST, client)
            if scope["method"] == "POST" and (asks := _ASKS.get(path.rstrip("/"))):
                self._require_rate(asks, client)
        except Refused as refused:
            if refused.status == 401 and _is_browser(scope):
                # Relative: a proxy may serve this below a path that is not known here.
                login = LOGIN if is_owners(path) else "/login"
                return RedirectResponse("../" * (path.count("/") - 1) + login[1:], 303)
            if refused.wait and wants_page(scope):
                return self._wait_page(refused.wait)
            return problem_response(path, refused)
        return None

    def _let_in(self, scope: Scope, path: str, client: str) -> str:
        """Who is counted: the key that is brought along, else the client's address.

        Raises:
            Refused: Neither key nor password nor session is right.
        """
        authorization = header(scope, b"authorization")
        token = authorization.partition(" ")[2].strip()
        name = self._access.key_name(token)
        if name is not None:
            return f"key {name}"
        if self._access.is_open or path in _UNLOCKED or self._is_public(scope):
            return client
        if self._access.is_session(cookie(scope, COOKIE)) or self._owner.is_session(scope):
            return client
        if not authorization:
            raise Refused(
                401, "This server asks for a password.", hint=_HINT,
                headers={"WWW-Authenticate": "Bearer"},
            )  # fmt: skip
        if wait := self._rates.wait(What.TRY, client):
            raise too_often("wrong passwords", wait)
        given = password_of(authorization)
        if self._access.is_password(token if given is None else given):
            return client
        self._rates.count(What.TRY, client)
        raise Refused(
            401, "The key or password is wrong.", hint=_HINT, headers={"WWW-Authenticate": "Bearer"}
        )

    def _require_rate(self, what: What, client: str) -> None:
        if wait := self._rates.count(what, client):
            raise too_often("questions" if what is What.QUESTION else "requests", wait)


def _require_own_name(scope: Scope) -> None:
    host = header(scope, b"host")
    if host and not is_own_name(host):  # every browser says one
        raise Refused(
            421, f"This server answers to the names of its own machine, and not to {host!r}.",
            hint="Where others may come in, as through a proxy, give --open or a password.",
        )  # fmt: skip


def _require_own_page(scope: Scope) -> None:
    if not is_from_own_page(scope):
        raise Refused(403, "Pages of other sites may not ask here.", hint="Ask from a program.")


def _is_browser(scope: Scope) -> bool:
    return scope["method"] == "GET" and wants_page(scope)
