"""Message set of a fetch response: batches bounded in bytes, in place of the client library's unbounded ones.

The client library decompresses a batch whole, whatever it expands to, and an error in one record ends the response it
came in. Here a batch that expands beyond the limit becomes one undecodable record, and so does a damaged record; the
consumer dead-letters it and goes on.
"""

import struct
from collections.abc import Iterator
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer import fetcher as client
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.record.legacy_records import LegacyRecordBatch
from aiokafka.record.util import decode_varint

from mcm_shared.kafka.batches.decompress import DecompressionError, ExpansionError, decompress
from mcm_shared.kafka.batches.records import MAX_HEADERS, BatchHeader, PlainRecord, read_records
from mcm_shared.kafka.batches.undecodable import Undecodable
from mcm_shared.kafka.records import Record

MAX_BATCH_BYTES: Final = 16 * 1024 * 1024
"""Bytes that a batch of records may expand to, and all batches that one call to ``getmany`` expands."""

# base offset, length, leader epoch, magic, checksum, attributes, last offset delta, first and maximal timestamp,
# producer id and epoch, base sequence, number of records
_HEADER: Final = struct.Struct(">qiibIhiqqqhii")
_LENGTH: Final = struct.Struct(">i")
_LENGTH_AT: Final = 8
_OVERHEAD: Final = 12
_MAGIC_AT: Final = 16
_MIN_BATCH: Final = 14
_ATTRIBUTES: Final = struct.Struct(">h")
_ATTRIBUTES_AT: Final = 21
_CODEC: Final = 0x07
_LOG_APPEND_TIME: Final = 0x08
# larger batches are checked for headers without number before the client library makes objects of them
_CHECKED_FROM_BYTES: Final = 256 * 1024


class Allowance:
    """Bytes that batches may still expand to before records are taken; renewed by each fetch."""

    def __init__(self) -> None:
        self.left = MAX_BATCH_BYTES

    def renew(self) -> None:
        """Allows the full number of bytes again."""
        self.left = MAX_BATCH_BYTES


ALLOWANCE: Final = Allowance()
"""That of this process: batches are expanded in one thread, those of all its consumers."""


class MessageSet:
    """Message set: the batches of one partition in a fetch response."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._end = self._next_end()
        self._fetched = False

    def size_in_bytes(self) -> int:
        """Returns the bytes of the whole set."""
        return len(self._data)

    def has_next(self) -> bool:
        """Whether another batch may be decoded now; the client fetches what is left again."""
        # the first call comes when the response arrives: to say no then would mean a record too large to fetch
        allowed = ALLOWANCE.left > 0 or not self._fetched
        self._fetched = True
        return self._end is not None and allowed

    def next_batch(self) -> "BoundedBatch | None":
        """Returns the next batch, not decompressed yet."""
        if self._end is None:
            return None
        batch = self._data[self._at : self._end]
        if len(batch) < _OVERHEAD + _MIN_BATCH:
            raise CorruptRecordException("a batch is shorter than its header")
        self._at = self._end
        self._end = self._next_end()
        return BoundedBatch(batch)

    def _next_end(self) -> int | None:
        if len(self._data) - self._at < _OVERHEAD:
            return None
        (length,) = _LENGTH.unpack_from(self._data, self._at + _LENGTH_AT)
        end = self._at + _OVERHEAD + length
        # the last batch of a response may be cut off
        return int(end) if length >= 0 and end <= len(self._data) else None


class BoundedBatch:
    """A record batch that is decompressed within the limit; offers what the client library asks of a batch."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        magic = data[_MAGIC_AT]
        self._legacy = magic < 2
        self._batch: Any = LegacyRecordBatch(data, magic) if self._legacy else DefaultRecordBatch(data)
        self.next_offset: int = self._batch.next_offset
        self.producer_id: int | None = self._batch.producer_id
        self.is_control_batch: bool = self._batch.is_control_batch
        self.is_transactional: bool = self._batch.is_transactional
        self.base_offset: int = 0 if self._legacy else self._batch.base_offset

    def validate_crc(self) -> bool:
        """Whether the checksum is right."""
        return bool(self._batch.validate_crc())

    def __next__(self) -> Any:
        """Returns the marker of a control batch, which is never compressed."""
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        """Yields the records; instead of those that cannot be decoded, PlainRecords with a reason."""
        return self._legacy_records() if self._legacy else self._records()

    def _legacy_records(self) -> Iterator[Any]:
        # offset, length, checksum, magic, attributes
        if self._data[_MAGIC_AT + 1] & _CODEC:
            yield PlainRecord(self.next_offset - 1, -1, 0, None, None, (), "it is compressed in the format before 0.11")
        else:
            yield from self._batch

    def _records(self) -> Iterator[Any]:
        base, _, _, _, _, attributes, delta, first_at, max_at, _, _, _, count = _HEADER.unpack_from(self._data)
        log_append_time = int(bool(attributes & _LOG_APPEND_TIME))
        about = BatchHeader(base, self.next_offset - 1, first_at, max_at, log_append_time, count)
        batch, records = self._batch, self._data[_HEADER.size :]
        if attributes & _CODEC:
            try:
                records = decompress(attributes & _CODEC, records, MAX_BATCH_BYTES)
            except ExpansionError:
                ALLOWANCE.left -= MAX_BATCH_BYTES
                yield about.unreadable(
                    f"its batch (offsets {base} to {base + delta}) expands to more than {MAX_BATCH_BYTES:,} bytes; "
                    "it stays where it is"
                )
                return
            except DecompressionError as error:
                yield about.unreadable(f"its batch (offsets {base} to {base + delta}) cannot be decompressed: {error}")
                return
            batch = DefaultRecordBatch(self._uncompressed(attributes, records))
        ALLOWANCE.left -= len(records)
        if len(records) <= _CHECKED_FROM_BYTES or _headers_are_few(records):
            offset = base - 1
            try:
                for record in batch:
                    # a producer writes the offsets inside its batch: one beyond it would move the consumer past others
                    if not offset < record.offset <= about.last_offset or len(record.headers) > MAX_HEADERS:
                        break
                    offset = record.offset
                    yield record
                else:
                    return
            except (UnicodeDecodeError, CorruptRecordException, ValueError, IndexError, OverflowError):
                # read below, from the beginning: the client passes over the records that it had already
                pass
        yield from read_records(records, about)

    def _uncompressed(self, attributes: int, records: bytes) -> bytearray:
        batch = bytearray(self._data[: _HEADER.size])
        _ATTRIBUTES.pack_into(batch, _ATTRIBUTES_AT, attributes & ~_CODEC)
        _LENGTH.pack_into(batch, _LENGTH_AT, _HEADER.size - _OVERHEAD + len(records))
        return batch + records


def _headers_are_few(records: bytes) -> bool:
    """Whether no record is long enough to hold headers beyond number: each takes two bytes at least."""
    at = 0
    try:
        while at < len(records):
            length, start = decode_varint(records, at)
            if length < 0 or length > _CHECKED_FROM_BYTES:
                return False
            at = start + length
    except (IndexError, ValueError):
        return False
    return True


class BoundedPartitionRecords(client.PartitionRecords):  # type: ignore[misc]
    """The client library's records of a partition, with Undecodable in place of those that cannot be decoded."""

    def _consumer_record(self, tp: TopicPartition, record: Any) -> Any:
        if type(record) is PlainRecord and record.reason is not None:
            return Undecodable(
                tp.topic,
                tp.partition,
                record.offset,
                record.timestamp,
                record.key,
                record.value,
                record.headers,
                record.reason,
            )
        return super()._consumer_record(tp, record)


class BoundedConsumer(AIOKafkaConsumer):  # type: ignore[misc]
    """The client library's consumer, with bounded batches; ``getmany`` returns Undecodable records among the others."""

    async def getmany(self, *partitions: TopicPartition, **options: Any) -> dict[TopicPartition, list[Record]]:
        """Fetches records; see AIOKafkaConsumer."""
        ALLOWANCE.renew()
        fetched: dict[TopicPartition, list[Record]] = await super().getmany(*partitions, **options)
        return fetched


def bound_batches() -> None:
    """Makes the client library decode batches by this module; it offers no setting for it."""
    client.MemoryRecords = MessageSet
    client.PartitionRecords = BoundedPartitionRecords


bound_batches()
