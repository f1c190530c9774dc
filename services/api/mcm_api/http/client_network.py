"""Client networks: what limits by address count, because one client can have more than one IPv6 address."""

import ipaddress
from typing import Final

_IPV6_PREFIX: Final = 64


def client_network(address: str) -> str:
    """Returns an IPv4 address as it is, and of an IPv6 address its /64, which a provider gives to one client.

    An IPv4 address in IPv6 notation is that IPv4 address. Text that is no address stays as it is.
    """
    try:
        # a link-local address carries its interface: fe80::1%eth0
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _IPV6_PREFIX), strict=False))
