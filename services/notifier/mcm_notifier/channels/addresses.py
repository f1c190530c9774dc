"""Public addresses: where webhooks may go, so that a setting or a DNS record cannot aim them at internal services."""

import ipaddress
from collections.abc import Collection
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE: Final = ipaddress.ip_network("::/96")


def may_connect(address: Address, allowed: Collection[Network]) -> bool:
    """Returns whether an address is public, or part of an allowed network."""
    # the address of an IPv4 packet in another notation, and no address of its own
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    every = [mapped] if mapped is not None else [address, *_embedded(address)]
    return any(each in network for each in every for network in allowed) or all(map(_is_public, every))


def _is_public(address: Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved


def _embedded(address: Address) -> list[Address]:
    """Lists the IPv4 addresses that an IPv6 address leads to."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found: list[Address | None] = [address.sixtofour, *(address.teredo or ())]
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [each for each in found if each is not None]
