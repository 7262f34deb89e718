"""Origins of the web: what a browser calls the site that a page is of."""

from __future__ import annotations

import re

_ORIGIN = re.compile(r"(https?)://([^/?#@%*:\s\[\]]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?/?")
_PORTS = {"http": "80", "https": "443"}


def origin(given: str) -> str:
    """An origin in the form in which browsers send it.

    Raises:
        ValueError: It is none, or more than one.
    """
    found = _ORIGIN.fullmatch(given.lower())
    if found is None:
        raise ValueError(f"{given!r} is no origin, such as https://blog.example.org")
    scheme, host, port = found.groups()
    named = host if host.startswith("[") else host.encode("idna").decode()
    return f"{scheme}://{named}" + (f":{port}" if port and port != _PORTS[scheme] else "")
