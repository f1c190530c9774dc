"""Dead letters: the records of ``events.dead``, and their headers."""

from typing import Final

from mcm_shared.contracts.topics import MAX_MESSAGE_BYTES, ORIGIN_HEADER, REASON_HEADER, Topics
from mcm_shared.kafka.records import Headers, Outgoing, Record, origin_of

TOPIC_HEADER: Final = "topic"
PARTITION_HEADER: Final = "partition"
OFFSET_HEADER: Final = "offset"
TIMESTAMP_HEADER: Final = "timestamp"

_OWN_HEADERS: Final = frozenset(
    {REASON_HEADER, ORIGIN_HEADER, TOPIC_HEADER, PARTITION_HEADER, OFFSET_HEADER, TIMESTAMP_HEADER}
)
_MAX_HEADER_BYTES: Final = 128 * 1024
_CUT_BYTES: Final = 1024 * 1024
_MAX_REASON: Final = 1_000


def dead_letter(record: Record, reason: str, topics: Topics) -> Outgoing:
    """Builds the dead letter of a record: the original bytes, with the reason and the position of the record.

    Headers: reason, origin, topic, partition, offset, timestamp (milliseconds); then the record's own. A value or
    headers that are too large for a message are cut, and the reason says so.
    """
    value = record.value or b""
    headers = original_headers(record)
    reason = reason if len(reason) <= _MAX_REASON else f"{reason[:_MAX_REASON]}…"
    if len(value) > MAX_MESSAGE_BYTES:
        reason += f" (of its {len(value):,} bytes the first {_CUT_BYTES:,} are kept here)"
        value = value[:_CUT_BYTES]
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
            (TOPIC_HEADER, record.topic.encode()),
            (PARTITION_HEADER, str(record.partition).encode()),
            (OFFSET_HEADER, str(record.offset).encode()),
            (TIMESTAMP_HEADER, str(record.timestamp).encode()),
            *headers,
        ),
    )


def original_headers(record: Record) -> Headers:
    """Returns the headers of a record without those that a dead letter adds."""
    return tuple((name, content) for name, content in record.headers if name not in _OWN_HEADERS)
