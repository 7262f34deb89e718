"""One address fetched over HTTP, within limits. The only file of ingest that opens a connection."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import zlib
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException
from time import monotonic
from urllib.parse import quote, urljoin, urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse

from ingest.live.addresses import checked_address
from ingest.live.hosts import Secret
from rag.errors import SourceError

_log = logging.getLogger(__name__)
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_MOST_REDIRECTS = 5
_PART = 65_536  # bytes read at once
_IDLE = 30.0  # seconds without a byte
_SAFE = "/:?&=%,+[]@!$'()*;~"  # what stays as it is in an address


class FetchFailed(SourceError):
    """No answer came, or one that breaks a limit.

    Args:
        problem: What happened.
        hint: What to do.
        temporary: Another attempt may succeed.
    """

    def __init__(self, problem: str, *, hint: str, temporary: bool = False) -> None:
        super().__init__(problem, hint=hint)
        self.temporary = temporary


@dataclass(frozen=True, slots=True)
class Limits:
    """What one answer may cost."""

    seconds: float = 60.0
    """From the first connection to the last byte, redirects included."""
    size: int = 100_000_000
    """Bytes, unpacked."""
    allow_private: bool = False
    """Also from the own network and the own machine."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer, whatever its status."""

    url: str
    """Where it came from in the end."""
    status: int
    headers: Mapping[str, str]
    """Names in small letters."""
    body: bytes


def fetch(
    url: str,
    limits: Limits,
    *,
    headers: Mapping[str, str] | None = None,
    secret: Secret | None = None,
) -> Fetched:
    """GET an address, following at most five redirects, each of them checked as the first.

    Proxies named in the environment are not used: behind one, nothing could be checked.

    Raises:
        FetchFailed: No answer, not http(s), too many redirects, too long, or too large.
        AddressRefused: It leads to a network that must not be reached.
    """
    ends = monotonic() + limits.seconds
    for _ in range(_MOST_REDIRECTS + 1):
        sent = dict(headers or {})
        if secret and secret.belongs_to(url):
            sent["Authorization"] = secret.authorization
        answer = _get(url, limits, sent, ends)
        if answer.status not in _REDIRECTS or "location" not in answer.headers:
            return answer
        target = urljoin(url, answer.headers["location"])
        _log.debug("%s leads to %s", url, target)
        url = target
    raise FetchFailed(
        f"{url} is behind more than {_MOST_REDIRECTS} redirects.", hint="Check the address."
    )


def _get(url: str, limits: Limits, headers: Mapping[str, str], ends: float) -> Fetched:
    connection, path, host = _connection(url, limits, ends)
    late = threading.Event()
    sockets: list[socket.socket] = []

    def stop() -> None:
        late.set()
        for one in filter(None, (*sockets, connection.sock)):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    # Sockets know how long to wait for the next byte, and nothing of a server that drips.
    watch = threading.Timer(max(ends - monotonic(), 0.001), stop)
    watch.daemon = True
    watch.start()
    try:
        asked = {"Host": host, "Accept-Encoding": "gzip", "Connection": "close", **headers}
        connection.connect()
        # Kept here: the connection forgets its socket as soon as the body is the last thing on it.
        sockets.append(connection.sock)
        connection.request("GET", path, headers=asked, preload_content=False)
        with closing(connection.getresponse()) as response:
            body = _body(url, response, limits.size)
        if late.is_set():
            raise _too_slow(url, limits)
        names = {name.lower(): value for name, value in response.headers.items()}
        return Fetched(url, response.status, names, body)
    except (OSError, HTTPError, HTTPException, ValueError) as error:
        if late.is_set() or isinstance(error, TimeoutError):
            raise _too_slow(url, limits) from error
        raise _no_answer(url, error) from error
    finally:
        watch.cancel()
        connection.close()


def _connection(url: str, limits: Limits, ends: float) -> tuple[HTTPConnection, str, str]:
    """A connection to the address that was checked, what to ask for, and the host's own name."""
    try:
        parts = urlsplit(quote(url, safe=_SAFE + "#"))
        port, host = parts.port, urlsplit(url).hostname or ""
        name = host if host.isascii() else host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError) as error:
        raise FetchFailed(f"{url!r} is not an address.", hint="Check it.") from error
    encrypted = parts.scheme.lower() == "https"
    if not name or parts.scheme.lower() not in {"http", "https"}:
        raise FetchFailed(f"{url} is not an address of the web.", hint="It must be http or https.")
    try:
        place = checked_address(
            name, port or (443 if encrypted else 80), allow_private=limits.allow_private
        )
    except (OSError, UnicodeError) as error:
        raise _no_answer(url, error) from error
    timeout = max(min(_IDLE, ends - monotonic()), 0.001)
    shown = f"[{name}]" if ":" in name else name
    asked = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = (
        HTTPSConnection(
            place, port or 443, timeout=timeout, ssl_context=encryption(), server_hostname=name
        )
        if encrypted
        else HTTPConnection(place, port or 80, timeout=timeout)
    )
    return connection, asked, f"{shown}:{port}" if port else shown


@cache
def encryption() -> ssl.SSLContext:
    """Which certificates are trusted: those of the system. Read once, since that takes a while."""
    return ssl.create_default_context()


def _body(url: str, response: HTTPResponse, most: int) -> bytes:
    """The body, unpacked, as long as it stays below `most` bytes."""
    packed = response.headers.get("content-encoding", "identity").strip().lower()
    if packed not in {"identity", "gzip", "x-gzip", ""}:
        raise FetchFailed(f"{url} is packed as {packed!r}.", hint="Ask the site's owner.")
    unpack = zlib.decompressobj(31) if "gzip" in packed else None
    body = bytearray()
    # Each byte is counted as it comes: no header says truly how much will.
    while part := response.read1(_PART, decode_content=False):
        while part:
            room = most - len(body) + 1
            try:
                body += unpack.decompress(part, room) if unpack else part
            except zlib.error as error:
                raise _no_answer(url, error) from error
            if len(body) > most:
                raise FetchFailed(
                    f"{url} is larger than {most:,} bytes.", hint="Raise the setting fetch_bytes."
                )
            part = unpack.unconsumed_tail if unpack else b""
    if unpack and body and not unpack.eof:
        raise _no_answer(url, EOFError("it breaks off"))
    return bytes(body)


def _too_slow(url: str, limits: Limits) -> FetchFailed:
    return FetchFailed(
        f"{url} did not answer in full within {limits.seconds:g} seconds.",
        hint="Try again later, or raise the setting fetch_timeout.",
        temporary=True,
    )


def _no_answer(url: str, error: Exception) -> FetchFailed:
    return FetchFailed(
        f"{url} gave no answer: {_why(error)}.",
        hint="Check the address and the network.",
        temporary=True,
    )


def _why(error: BaseException) -> str:
    """What the system says, in whatever it was wrapped."""
    inner: BaseException | None = error
    while inner is not None and not (isinstance(inner, OSError) and inner.strerror):
        inner = inner.__cause__ or inner.__context__
    if isinstance(inner, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {inner.verify_message}"
    return str(inner.strerror if isinstance(inner, OSError) else error).rstrip(".")
