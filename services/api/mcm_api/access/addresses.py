"""Addresses of clients: the peer of the connection, or what a trusted proxy says of its own peer."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import Scope

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def parse_network(text: str) -> Network:
    """Parses an address or a network such as 10.0.0.0/8; raises ValueError."""
    try:
        return ipaddress.ip_network(text.strip())
    except ValueError:
        raise ValueError(f"{text.strip()!r} is no address or network such as 10.0.0.5 or 10.0.0.0/8") from None


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """The networks whose ``X-Forwarded-For`` and signed assertions are accepted."""

    networks: Sequence[Network] = ()

    def trusts(self, address: str) -> bool:
        """Returns whether a peer is a trusted proxy."""
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
            parsed = parsed.ipv4_mapped
        return any(parsed in network for network in self.networks)

    def client_of(self, scope: Scope) -> str:
        """Returns the address of the client: the last one that is not a trusted proxy's."""
        peer = peer_of(scope)
        if not self.trusts(peer):
            return peer
        hops = [hop.strip() for hop in ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")]
        for hop in reversed(hops):
            try:
                ipaddress.ip_address(hop)
            except ValueError:
                return peer
            if not self.trusts(hop):
                return hop
        return peer


def peer_of(scope: Scope) -> str:
    """Returns the address at the other end of the connection."""
    client = scope.get("client")
    return client[0] if client else ""
