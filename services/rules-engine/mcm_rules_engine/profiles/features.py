"""Behaviour features: what of an event is compared with what the user usually does."""

import re
from collections.abc import Iterator
from datetime import UTC
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any, Final

from mcm_shared.contracts.events import SourceEvent


class Feature(StrEnum):
    """A feature of behaviour, by the name that people see."""

    COUNTRY = "country"
    NETWORK = "network"
    DEVICE = "device"
    HOUR = "hour"
    EVENT_TYPE = "event type"
    RESOURCE = "resource"
    ROLE = "role"


HOURS: Final = 24

_IPV4_PREFIX: Final = 24
_IPV6_PREFIX: Final = 48
_RESOURCES: Final = ("repository", "bucket", "service", "application", "environment", "database", "resource")
_ROLES: Final = ("new_role", "role")
_SYSTEMS: Final = ("iPhone", "iPad", "Android", "Windows", "Macintosh", "CrOS", "Linux")
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_PRODUCT: Final = re.compile(r"[^\s/(;]+")
_MAX_VALUE: Final = 200


def features_of(event: SourceEvent) -> Iterator[tuple[Feature, str]]:
    """Yields the values of an event's features; a fact that is missing or no text has none."""
    facts = event.facts
    yield Feature.HOUR, f"{event.timestamp.astimezone(UTC).hour:02}"
    yield Feature.EVENT_TYPE, event.event_type[:_MAX_VALUE]
    country = _text(facts.get("country"))
    if country:
        yield Feature.COUNTRY, country.upper()
    network = network_of(_text(facts.get("ip")))
    if network:
        yield Feature.NETWORK, network
    device = device_of(_text(facts.get("user_agent")))
    if device:
        yield Feature.DEVICE, device
    for name in _RESOURCES:
        resource = _text(facts.get(name))
        if resource:
            yield Feature.RESOURCE, f"{name} {resource}"[:_MAX_VALUE]
    for name in _ROLES:
        role = _text(facts.get(name))
        if role:
            yield Feature.ROLE, role[:_MAX_VALUE].casefold()
            break


def is_failure(event: SourceEvent) -> bool:
    """Whether an event says that something failed."""
    return event.event_type.endswith(("_failed", "_failure", "_denied"))


@lru_cache(1 << 14)
def network_of(address: str) -> str:
    """Finds the network of an address: /24 of IPv4, /48 of IPv6; empty for what is no address."""
    try:
        parsed = ip_address(address.strip())
    except ValueError:
        return ""
    mapped = getattr(parsed, "ipv4_mapped", None)
    parsed = mapped or parsed
    prefix = _IPV4_PREFIX if isinstance(parsed, IPv4Address) else _IPV6_PREFIX
    return str(ip_network((int(parsed) if mapped is None else str(parsed), prefix), strict=False))


@lru_cache(1 << 14)
def device_of(user_agent: str) -> str:
    """Names the device family of a user agent: browser and system, or the first product of a program."""
    system = next((name for name in _SYSTEMS if name in user_agent), None)
    browser = next((shown for token, shown in _BROWSERS if f"{token}/" in user_agent), None)
    if system and browser:
        return f"{browser} on {system}"
    product = _PRODUCT.match(user_agent.strip())
    return product[0][:_MAX_VALUE] if product else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
