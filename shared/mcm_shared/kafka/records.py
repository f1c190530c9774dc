"""What goes in and out of the bus."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from mcm_shared.contracts.topics import ORIGIN_HEADER, REASON_HEADER, Topics

MAX_MESSAGE_BYTES: Final = 8 * 1024 * 1024
"""The largest record a topic of ours takes; what is over the limit of an event still fits, to be dead-lettered."""

MAX_DEAD_BYTES: Final = MAX_MESSAGE_BYTES + 512 * 1024
"""A dead letter is the original record and its reason."""

_MAX_HEADER_BYTES: Final = 128 * 1024
_KEPT_BYTES: Final = 1024 * 1024
_MAX_REASON: Final = 1_000
# the longest topic's name, partition and offset
_MAX_ORIGIN: Final = 249 + 1 + 10 + 1 + 19
_ABOUT_THE_LETTER: Final = {REASON_HEADER, ORIGIN_HEADER, "topic", "partition", "offset", "timestamp"}

Headers = tuple[tuple[str, bytes | None], ...]


class Record(Protocol):
    """A record as it was read from a topic; ``timestamp`` is in milliseconds since 1970."""

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
        """Its headers, in order; Kafka knows headers without a value."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send."""

    topic: str
    value: bytes
    key: bytes | None = None
    headers: Headers = ()


def header(record: Record, name: str) -> str | None:
    """Reads a header as text, empty where it has no value; None where the record has none of that name."""
    for key, value in record.headers:
        if key == name:
            return (value or b"").decode("utf-8", "replace")
    return None


def origin_of(record: Record) -> str:
    """Names where a record was first written, ``topic/partition/offset``, also when it is a replayed one."""
    origin = header(record, ORIGIN_HEADER) or ""
    return origin if 0 < len(origin) <= _MAX_ORIGIN else f"{record.topic}/{record.partition}/{record.offset}"


def dead_letter(record: Record, reason: str, topics: Topics) -> Outgoing:
    """Makes the message for ``events.dead``: the original bytes, with the reason and where the record stood.

    Headers: reason, origin, topic, partition, offset, timestamp (milliseconds); then the record's own. What no dead
    letter can hold, since it came compressed, is cut, and the reason says so.
    """
    value = record.value or b""
    headers = tuple((name, content) for name, content in record.headers if name not in _ABOUT_THE_LETTER)
    reason = reason if len(reason) <= _MAX_REASON else f"{reason[:_MAX_REASON]}…"
    if len(value) > MAX_MESSAGE_BYTES:
        reason += f" (of its {len(value):,} bytes the first {_KEPT_BYTES:,} are kept here)"
        value = value[:_KEPT_BYTES]
    if sum(len(name.encode()) + len(content or b"") for name, content in headers) > _MAX_HEADER_BYTES:
        reason += " (its headers are too large to be kept here)"
        headers = ()
    return Outgoing(
        topic=topics.dead,
        key=record.key if len(record.key or b"") <= _MAX_HEADER_BYTES else None,
        value=value,
        headers=(
            (REASON_HEADER, reason.encode()),
            (ORIGIN_HEADER, origin_of(record).encode()),
            ("topic", record.topic.encode()),
            ("partition", str(record.partition).encode()),
            ("offset", str(record.offset).encode()),
            ("timestamp", str(record.timestamp).encode()),
            *headers,
        ),
    )
