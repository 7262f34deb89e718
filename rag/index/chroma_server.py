"""Chroma in a server of its own, over HTTP.

The server shows each client what any other has written. What is asked of it may be asked again
(every call sets a state, none adds to one), so a server that is away for a moment is waited for.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from json import JSONDecodeError
from typing import TypeVar

import httpx
from chromadb.api import ServerAPI
from chromadb.api.client import Client
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import AuthorizationError, ChromaAuthError, ChromaError, NotFoundError

from rag.errors import ConfigError, IndexDamaged, IndexUnavailable, PullquoteError
from rag.index.chroma_folder import REPAIR
from rag.place import ChromaServer

T = TypeVar("T")
_log = logging.getLogger(__name__)
_CONNECTING = 5.0  # seconds
# Seconds before each further try, and seconds that one answer may take: a reader waits for an
# answer, a writer would have to begin its round anew.
_READER_WAITS, _READER_PATIENCE = (0.2, 0.8), 15.0
_WRITER_WAITS, _WRITER_PATIENCE = (0.5, 1.0, 2.0, 4.0, 8.0), 120.0
_AWAY = (
    "Look whether it runs, can be reached and has room on its disk, and do the same again:"
    " nothing that was read is lost."
)
_FOR_GOOD = f"Where it goes on saying so: {REPAIR[0].lower()}{REPAIR[1:]}"
_REFUSED = {401, 403}
_PASSING = {408, 429}  # and all from 500 on

# Chroma's client may be used by many threads, and what it opens is not closed with it: so there
# is one of each kind in a process, for as long as that runs.
_clients: dict[tuple[ChromaServer, float], Future[Client]] = {}
_clients_guard = threading.Lock()


class ChromaConnection:
    """A client of a Chroma server.

    Raises:
        IndexUnavailable: The server does not answer.
        ConfigError: It refuses the token.
    """

    def __init__(self, server: ChromaServer, *, writes: bool) -> None:
        self._server = server
        self._waits = _WRITER_WAITS if writes else _READER_WAITS
        patience = _WRITER_PATIENCE if writes else _READER_PATIENCE
        self.client = self.ask(partial(_client, server, patience))

    def __str__(self) -> str:
        return f"The Chroma server at {self._server.url}"

    def ask(self, call: Callable[[], T]) -> T:
        """What a call of Chroma gives, after some tries where the server is away."""
        for wait in (*self._waits, None):
            try:
                return call()
            # Chroma raises plain exceptions for what comes from a proxy before the server.
            except Exception as error:
                fault = self._fault(error)
                if fault is None:
                    raise
                if wait is None or not isinstance(fault, IndexUnavailable):
                    raise fault from error
                _log.warning("%s Trying again in %.1f s.", fault.problem, wait)
            time.sleep(wait)
        raise AssertionError("the last try returns or raises")

    def _fault(self, error: Exception) -> PullquoteError | None:
        """The error said plainly; None where it is not the server's."""
        causes = _causes(error)
        answered = [one.response for one in causes if isinstance(one, httpx.HTTPStatusError)]
        status = answered[0].status_code if answered else 0
        if status in _REFUSED or isinstance(error, ChromaAuthError | AuthorizationError):
            said = "refuses the token" if self._server.token else "asks for a token"
            return ConfigError(
                f"{self} {said}.",
                hint="Set chroma_token (PULLQUOTE_CHROMA_TOKEN) to what the server expects.",
            )
        if any(isinstance(one, httpx.TransportError) for one in causes):
            return IndexUnavailable(f"{self} does not answer.", hint=_AWAY)
        if _is_passing(status):
            said = _words_of(answered[0])
            return IndexUnavailable(
                f"{self} cannot answer (HTTP {status}){': ' if said else ''}{said}.",
                hint=f"{_AWAY} {_FOR_GOOD}" if said else _AWAY,
            )
        if isinstance(error, ChromaError):
            return IndexDamaged(f"{self} says: {error}.", hint=REPAIR)
        if status or any(isinstance(one, JSONDecodeError) for one in causes):
            return ConfigError(
                f"What is at {self._server.url} answers as no Chroma server does.",
                hint="Set chroma_url to the address of a Chroma server, without /api/….",
            )
        return None

    def searched(self) -> None:
        """The server keeps its files itself."""

    def close(self) -> None:
        """The client is kept for the next one."""


def _client(server: ChromaServer, patience: float) -> Client:
    """The process's; while one thread makes it, others wait for what comes of that, and share it.

    Each in its turn would wait as long for a server that is away.
    """
    with _clients_guard:
        found = _clients.get((server, patience))
        is_new = found is None
        if found is None:
            found = _clients[server, patience] = Future()
    if is_new:
        try:
            found.set_result(_connect(server, patience))
        except BaseException as error:
            with _clients_guard:
                del _clients[server, patience]  # the next try makes another one
            found.set_exception(error)
    return found.result()


def _connect(server: ChromaServer, patience: float) -> Client:
    address = server.url.rstrip("/")
    headers = {"Authorization": f"Bearer {server.token}"} if server.token else {}
    beat = httpx.get(f"{address}/api/v2/heartbeat", headers=headers, timeout=_CONNECTING)
    beat.raise_for_status()
    return _Client(address, headers, patience)


class _Client(Client):
    """Chroma's client of a server, with what it has no setting for."""

    def __init__(self, address: str, headers: dict[str, str], patience: float) -> None:
        settings = ChromaSettings(
            anonymized_telemetry=False,
            chroma_api_impl="chromadb.api.fastapi.FastAPI",
            chroma_server_host=address,
            chroma_server_http_port=0,  # it stands in the address
            chroma_server_headers=headers,
        )
        # Not its own: that asks several things of the server and waits for ever for an answer.
        SharedSystemClient.__init__(self, settings)
        self._server = self._system.instance(ServerAPI)  # type: ignore[type-abstract]
        session: httpx.Client = self._server._session  # type: ignore[attr-defined]
        session.timeout = httpx.Timeout(patience, connect=_CONNECTING)
        session.event_hooks = {"response": [_keep_status]}


def _keep_status(response: httpx.Response) -> None:
    """Chroma makes an error of its own of an answer with words of the server, without its status.

    Raises:
        httpx.HTTPStatusError: The server cannot answer now.
    """
    if _is_passing(response.status_code):
        response.read()
        response.raise_for_status()


def _is_passing(status: int) -> bool:
    return status in _PASSING or status >= 500


def _words_of(response: httpx.Response) -> str:
    """What a Chroma server says of an error; empty where something before it answered."""
    try:
        said = response.json()["message"]
    except (ValueError, KeyError, TypeError):
        return ""
    return str(said).strip().rstrip(".")


def drop_collection(server: ChromaServer, name: str) -> None:
    """Take a collection away; it may be gone already."""
    connection = ChromaConnection(server, writes=True)
    connection.ask(partial(_drop, connection.client, name))


def _drop(client: Client, name: str) -> None:
    with suppress(NotFoundError):
        client.delete_collection(name)


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what it came from, the last first."""
    found: list[BaseException] = []
    now: BaseException | None = error
    while now is not None and now not in found:
        found.append(now)
        now = now.__cause__ or now.__context__
    return found
