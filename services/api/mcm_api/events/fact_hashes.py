"""Hashes of facts, as the index of facts keeps them."""

import zlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

from mcm_shared.contracts.facts import Fact, facts_of

_COLUMN: Final = "\x00"  # no payload has a key with it


def hash_of(fact: Fact) -> int:
    """Hashes a fact to a signed integer of 32 bits; different facts may share one."""
    return zlib.crc32(f"{fact.key}\x00{fact.value}".encode("utf-8", "surrogatepass")) - 2**31


def column_hash(column: str, value: str) -> int:
    """Hashes the value of an event's column, which searches by facts are combined with."""
    return hash_of(Fact(f"{_COLUMN}{column}", value))


def hashes_of(event: Any, payloads: Sequence[Any]) -> Iterator[int]:
    """Yields the hashes of an event's type, source and user, and of all facts of its payloads."""
    for column in ("event_type", "source", "user"):
        value = getattr(event, column)
        if value is not None:
            yield column_hash(column, value)
    for payload in payloads:
        for fact in facts_of(payload):
            yield hash_of(fact)
