"""Behaviour features: what of an event is compared with what the user usually does."""

import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import lru_cache, partial
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Final

from mcm_rules_engine.sigma.compile.group_keys import canonical_value
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


Value = tuple[Feature, str]

LOGIN_FEATURES: Final = frozenset((Feature.COUNTRY, Feature.NETWORK, Feature.DEVICE, Feature.HOUR))
"""Where and when a user acts; the other features say what the user does."""

HOURS: Final = 24
BESIDE: Final = (-1, 0, 1)
"""An hour is as usual as it and those beside it are."""

YEARS: Final = range(1971, 9000)
"""Years whose events have a history before them and days after them."""

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
_FEATURES: Final = {feature.value: feature for feature in Feature}
_AFTER_FEATURE: Final = "\x1f"
_AFTER_VALUE: Final = "\x1e"
_NOT_STORED: Final = str.maketrans("", "", f"\0{_AFTER_FEATURE}{_AFTER_VALUE}")
_FAILURES: Final = ("_failed", "_failure", "_denied")
_PRODUCT: Final = re.compile(r"[^\s/(;]+")
_MAX_VALUE: Final = 200


def write_values(values: Iterable[Value]) -> str:
    """Writes values as one text; the texts of two sets, one after the other, are that of both."""
    return "".join(f"{feature}{_AFTER_FEATURE}{value}{_AFTER_VALUE}" for feature, value in sorted(values))


def read_values(text: str) -> set[Value]:
    """Reads values from texts of ``write_values``."""
    return set(map(_read_value, text.split(_AFTER_VALUE)[:-1]))


@lru_cache(1 << 17)
def _read_value(entry: str) -> Value:
    feature, value = entry.split(_AFTER_FEATURE)
    return _FEATURES[feature], value


def profile_user(event: SourceEvent) -> str | None:
    """Names the profile that an event counts in: its user in canonical form; None for an event in no profile."""
    return None if event.user is None or event.timestamp.year not in YEARS else canonical_user(event.user)


@lru_cache(1 << 14)
def canonical_user(user: str) -> str:
    """Returns the form in which rules compare users."""
    return canonical_value(user)


def features_of(event: SourceEvent) -> set[Value]:
    """Returns the values of an event's features; a fact that is missing or no text has none."""
    values: set[Value] = set()
    add_features(event, values)
    return values


def add_features(event: SourceEvent, values: set[Value]) -> None:
    """Adds the values of an event's features; what costs more than a look-up is cached by the text of the fact."""
    add = values.add
    add(_HOURS[event.timestamp.hour])
    add(_event_type(event.event_type))
    facts = event.facts
    # most events have few of these facts, or none
    for name in facts.keys() & _FACTS.keys():
        text = facts[name]
        if text and isinstance(text, str):
            value = _FACTS[name](text)
            if value is not None:
                add(value)
    for name in _ROLES:
        if name in facts:
            text = facts[name]
            if text and isinstance(text, str):
                add(_role(text))
                break


@lru_cache(1 << 14)
def _event_type(text: str) -> Value:
    return Feature.EVENT_TYPE, _storable(text)


@lru_cache(1 << 12)
def _country(text: str) -> Value:
    return Feature.COUNTRY, _storable(text.upper())


@lru_cache(1 << 14)
def _network(text: str) -> Value | None:
    network = network_of(text)
    return (Feature.NETWORK, network) if network else None


@lru_cache(1 << 14)
def _device(text: str) -> Value | None:
    device = device_of(text)
    return (Feature.DEVICE, device) if device else None


@lru_cache(1 << 14)
def _resource(name: str, text: str) -> Value:
    return Feature.RESOURCE, _storable(f"{name} {text}")


@lru_cache(1 << 12)
def _role(text: str) -> Value:
    return Feature.ROLE, _storable(text.casefold())


_HOURS: Final = tuple((Feature.HOUR, f"{hour:02}") for hour in range(HOURS))
_FACTS: Final[dict[str, Callable[[str], Value | None]]] = {
    "country": _country,
    "ip": _network,
    "user_agent": _device,
    **{name: partial(_resource, name) for name in _RESOURCES},
}


def is_failure(event: SourceEvent) -> bool:
    """Whether an event says that something failed."""
    return is_failure_type(event.event_type)


@lru_cache(1 << 14)
def is_failure_type(event_type: str) -> bool:
    """Whether events of a type say that something failed."""
    return event_type.endswith(_FAILURES)


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
    return _storable(product[0]) if product else ""


def _storable(text: str) -> str:
    # the database takes no NUL character and no half of a surrogate pair; the others separate values
    return text[:_MAX_VALUE].translate(_NOT_STORED).encode(errors="replace").decode()
