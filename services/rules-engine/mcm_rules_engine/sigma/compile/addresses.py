"""IP addresses by value: IPv4-mapped IPv6 addresses are the IPv4 addresses they map."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_MAPPED: Final = IPv6Network("::ffff:0:0/96")


@lru_cache(maxsize=4096)
def addresses(text: str) -> tuple[Address, ...]:
    """Reads an address: itself, and of a mapped one the IPv4 address first; () for any other text."""
    try:
        address = ip_address(text)
    except ValueError:
        return ()
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped, address
    return (address,)


def unmapped_network(network: Network) -> Network:
    """Returns the IPv4 network that an IPv4-mapped IPv6 network maps; any other network as it is."""
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        return IPv4Network((int(network.network_address) & 0xFFFFFFFF, network.prefixlen - _MAPPED.prefixlen))
    return network
