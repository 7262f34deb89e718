"""Is a port free, which one is, where a browser finds it, and showing it there."""

from __future__ import annotations

import socket
import webbrowser
from ipaddress import ip_address

from rag.errors import ConfigError


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there; port 0 stands for any.

    Raises:
        ConfigError: The address is none of this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family):
            return True
    except (socket.gaierror, OverflowError) as error:
        raise ConfigError(
            f"{host!r} is no address of this machine.", hint="Set host to 127.0.0.1 or 0.0.0.0."
        ) from error
    except OSError:
        return False


def require_free(host: str, port: int) -> None:
    """Refuse a port that is taken.

    Raises:
        ConfigError: It is.
    """
    if not is_free(host, port):
        raise ConfigError(
            f"Port {port} of {host} cannot be listened on; another program may have it.",
            hint=f"Choose another port, such as `--port {_any_port(host)}`.",
        )


def free_port(host: str, wanted: int) -> int:
    """`wanted` where it is free, else another port; 0 takes any."""
    return wanted if wanted and is_free(host, wanted) else _any_port(host)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_own_name(host_header: str) -> bool:
    """Whether a request was made to this machine by a name that only it can have.

    A page of a stranger can let its own name lead to this machine (DNS rebinding); its script then
    reads here as if it were at home. Its requests bear that name.
    """
    name = host_header.rpartition("]")[0].removeprefix("[") or host_header.partition(":")[0]
    name = name.lower().removesuffix(".")
    return is_loopback(name) or name.endswith(".localhost")


def page_address(host: str, port: int) -> str:
    """Where a browser of this machine finds what listens there."""
    # 0.0.0.0 and :: mean every address of the machine, and are none themselves.
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{port}"


def _any_port(host: str) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as server:
        return int(server.getsockname()[1])


def open_in_browser(address: str) -> None:
    """Show an address in the user's browser, where there is one with a window."""
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return
    # Python's name for a browser of the terminal: it would hide the address it is shown under.
    if type(browser) is not webbrowser.GenericBrowser:
        browser.open(address)
