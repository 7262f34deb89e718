"""How often each client may ask. The only file that knows the package limits."""

from __future__ import annotations

import time
from enum import StrEnum
from ipaddress import IPv6Address, ip_address

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

SCOPE_CLIENT = "pullquote.client"
"""Where a request's scope says who is counted."""


class What(StrEnum):
    """What is counted, each for itself."""

    QUESTION = "question"
    MCP = "mcp"
    REQUEST = "request"
    TRY = "try"
    """A wrong password or key."""


_TRIES = 10  # a minute
# For each question a minute: a page is some sixty files, and an MCP client says a few things
# before it asks.
_REQUESTS, _MCP = 40, 4


class Rates:
    """Counts in memory: another process, or a restart, counts anew."""

    def __init__(self, questions_a_minute: int) -> None:
        """Counters; with 0 only wrong passwords are counted."""
        self._window = MovingWindowRateLimiter(MemoryStorage())
        most = {What.TRY: _TRIES}
        if questions_a_minute:
            most[What.QUESTION] = questions_a_minute
            most[What.MCP] = _MCP * questions_a_minute
            most[What.REQUEST] = _REQUESTS * questions_a_minute
        self._most = {what: RateLimitItemPerMinute(number) for what, number in most.items()}

    def count(self, what: What, client: str) -> int:
        """Count one more; the seconds to wait where that is one too many, else 0."""
        item = self._most.get(what)
        if item is None or self._window.hit(item, what.value, client):
            return 0
        return self._seconds(item, what, client)

    def wait(self, what: What, client: str) -> int:
        """The same without counting."""
        item = self._most.get(what)
        if item is None or self._window.test(item, what.value, client):
            return 0
        return self._seconds(item, what, client)

    def _seconds(self, item: RateLimitItemPerMinute, what: What, client: str) -> int:
        free_at = self._window.get_window_stats(item, what.value, client).reset_time
        return max(1, round(free_at - time.time()))


def client_of(address: str) -> str:
    """One name for all addresses that one client is likely to have."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped:
            return str(ip.ipv4_mapped)
        return f"{IPv6Address(int(ip) >> 64 << 64)}/64"  # what a household is given
    return str(ip)
