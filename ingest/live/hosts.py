"""Which addresses are of one site, and which of them is shown its password."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit


def site_of(url: str) -> str:
    """Host and port of an address, without "www."; empty where it has none."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    return (parts.hostname or "").removeprefix("www.") + port


def related(address: str, other: str) -> bool:
    """Whether two addresses have one host, or one's host lies below the other's."""
    one, two = site_of(address), site_of(other)
    return bool(one and two) and (one == two or one.endswith(f".{two}") or two.endswith(f".{one}"))


@dataclass(frozen=True, slots=True)
class Secret:
    """What opens a site, and the only site that it is sent to."""

    authorization: str = field(repr=False)
    host: str
    """With its port where the address names one; without "www."."""
    plain_http: bool = False
    """Send it without encryption too: only inside the own network."""

    def belongs_to(self, url: str) -> bool:
        encrypted = urlsplit(url).scheme.lower() == "https"
        return site_of(url) == self.host and (encrypted or self.plain_http)
