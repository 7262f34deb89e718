"""Which addresses of a network may be connected to: a site's name may lead anywhere."""

from __future__ import annotations

import ipaddress
import socket

from rag.errors import SourceError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# What cloud machines tell their secrets at, where it lies in a range that intranets use as well.
_METADATA = frozenset(map(ipaddress.ip_address, ("100.100.100.200", "fd00:ec2::254")))
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class AddressRefused(SourceError):
    """A name leads to a place that must not be connected to."""


def checked_address(host: str, port: int, *, allow_private: bool = False) -> str:
    """An address of the host, to be connected to as it is: a second look-up may say otherwise.

    Args:
        host: A name or an address.
        port: The port.
        allow_private: Also inside the own network and the own machine.

    Raises:
        AddressRefused: All its addresses are of networks that are not the internet.
        OSError: The name leads nowhere.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # An IPv6 address may have a zone behind a percent sign.
    addresses = list(dict.fromkeys(str(one[4][0]).partition("%")[0] for one in found))
    for address in addresses:
        if may_connect(ipaddress.ip_address(address), allow_private=allow_private):
            return address
    raise AddressRefused(
        f"{host} leads to {addresses[0]}, which is not an address of the internet.",
        hint="Check the name; for a site in your own network, add --allow-private-network.",
    )


def may_connect(address: Address, *, allow_private: bool = False) -> bool:
    """Whether a site may lie there; never at link-local, multicast and metadata addresses."""
    address = _inner(address)
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    if address in _METADATA:
        return False
    site_local = isinstance(address, ipaddress.IPv6Address) and address.is_site_local
    return allow_private or (address.is_global and not address.is_reserved and not site_local)


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or address
    return address
