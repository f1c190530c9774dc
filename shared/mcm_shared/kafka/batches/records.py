"""Records of a batch that the client library cannot decode, read one by one: a damaged record costs only itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from aiokafka.errors import CorruptRecordException
from aiokafka.record.util import decode_varint

from mcm_shared.kafka.records import Headers

MAX_HEADERS: Final = 1_000
"""Headers that a record may have."""

_BAD_NAME: Final = "it has a header whose name is not UTF-8"
_TOO_MANY_HEADERS: Final = f"it has more than {MAX_HEADERS:,} headers"
_WRONG_OFFSET: Final = "it claims an offset that is not the next one of its batch; it stays where it is"
_DAMAGED: Final = "its bytes do not form a record; it stays where it is"


@dataclass(frozen=True, slots=True)
class PlainRecord:
    """A record as the client library has it; with a ``reason`` when it cannot be processed."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    reason: str | None = None
    checksum: None = None


@dataclass(frozen=True, slots=True)
class BatchHeader:
    """What the records of a batch are relative to."""

    base_offset: int
    last_offset: int
    first_timestamp: int
    max_timestamp: int
    timestamp_type: int
    count: int

    def unreadable(self, reason: str) -> PlainRecord:
        """Stands for all records of a batch that cannot be decoded; its offset is the last one."""
        return PlainRecord(self.last_offset, self.max_timestamp, self.timestamp_type, None, None, (), reason)


def read_records(data: bytes, batch: BatchHeader) -> Iterator[PlainRecord]:
    """Reads the records of an uncompressed batch, each by its length, so that a damaged one costs only itself."""
    at = 0
    expected = batch.base_offset
    for _ in range(batch.count):
        try:
            length, start = decode_varint(data, at)
        except (IndexError, ValueError):
            length, start = -1, at
        if not 0 <= length <= len(data) - start:
            yield batch.unreadable("the bytes of its batch end in the middle of a record; it stays where it is")
            return
        at = start + length
        record = _read(data[start:at], batch, expected)
        expected = record.offset + 1
        yield record


def _read(body: bytes, batch: BatchHeader, expected: int) -> PlainRecord:
    offset = min(expected, batch.last_offset)
    try:
        _, at = decode_varint(body, 0)
        delta, at = decode_varint(body, at)
        timestamp = batch.max_timestamp if batch.timestamp_type else batch.first_timestamp + delta
        delta, at = decode_varint(body, at)
        if not offset <= batch.base_offset + delta <= batch.last_offset:
            return PlainRecord(offset, timestamp, batch.timestamp_type, None, None, (), _WRONG_OFFSET)
        offset = batch.base_offset + delta
        key, at = _bytes(body, at)
        value, at = _bytes(body, at)
        headers, reason = _headers(body, at)
    except (IndexError, ValueError, CorruptRecordException):
        return PlainRecord(offset, batch.max_timestamp, batch.timestamp_type, None, None, (), _DAMAGED)
    return PlainRecord(offset, timestamp, batch.timestamp_type, key, value, headers, reason)


def _headers(body: bytes, at: int) -> tuple[Headers, str | None]:
    count, at = decode_varint(body, at)
    if count < 0:
        raise CorruptRecordException
    if count > MAX_HEADERS:
        return (), _TOO_MANY_HEADERS
    headers: list[tuple[str, bytes | None]] = []
    reason = None
    for _ in range(count):
        name, at = _bytes(body, at)
        value, at = _bytes(body, at)
        if name is None:
            raise CorruptRecordException
        try:
            headers.append((name.decode(), value))
        except UnicodeDecodeError:
            headers.append((name.decode("utf-8", "replace"), value))
            reason = _BAD_NAME
    return tuple(headers), reason


def _bytes(body: bytes, at: int) -> tuple[bytes | None, int]:
    length, at = decode_varint(body, at)
    if length < 0:
        return None, at
    if length > len(body) - at:
        raise IndexError
    return body[at : at + length], at + length
