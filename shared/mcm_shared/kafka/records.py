"""Records read from Kafka, and messages to send."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from mcm_shared.contracts.topics import ORIGIN_HEADER

# the longest topic's name, partition and offset
_MAX_ORIGIN: Final = 249 + 1 + 10 + 1 + 19

END_OF_TIMESTAMPS: Final = 253_370_764_800_000
"""Timestamps of records lie before this, in milliseconds since 1970 (the year 9999): later ones are no date."""

Headers = tuple[tuple[str, bytes | None], ...]


class Record(Protocol):
    """A record read from a topic."""

    @property
    def topic(self) -> str:
        """Its topic."""

    @property
    def partition(self) -> int:
        """Its partition."""

    @property
    def offset(self) -> int:
        """Its offset in the partition."""

    @property
    def timestamp(self) -> int:
        """When the broker wrote it (or the producer made it), in milliseconds since 1970."""

    @property
    def key(self) -> bytes | None:
        """Its key."""

    @property
    def value(self) -> bytes | None:
        """Its payload; None is a tombstone."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]:
        """Its headers, in order; a header may have no value."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send."""

    topic: str
    value: bytes
    key: bytes | None = None
    headers: Headers = ()


def header(record: Record, name: str) -> str | None:
    """Reads a header as text, empty if it has no value; None if the record has no such header."""
    for key, value in record.headers:
        if key == name:
            return (value or b"").decode("utf-8", "replace")
    return None


def origin_of(record: Record) -> str:
    """Returns where a record was first written, ``topic/partition/offset``; a replayed record names its original."""
    origin = header(record, ORIGIN_HEADER) or ""
    return origin if 0 < len(origin) <= _MAX_ORIGIN else f"{record.topic}/{record.partition}/{record.offset}"
