"""Batches that cannot be decoded, or expand too far: dead-lettered, without harm to any other record."""

import gzip
import struct
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import cramjam
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.codec import snappy_encode
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c

from mcm_shared.contracts.topics import Topics
from mcm_shared.kafka.batches import message_set
from mcm_shared.kafka.batches.decompress import (
    GZIP,
    LZ4,
    SNAPPY,
    ZSTD,
    DecompressionError,
    ExpansionError,
    decompress,
)
from mcm_shared.kafka.batches.message_set import MAX_BATCH_BYTES, BoundedBatch, MessageSet
from mcm_shared.kafka.batches.records import MAX_HEADERS
from mcm_shared.kafka.producer import Producer
from mcm_shared.kafka.read_topic import read_topic
from mcm_shared.kafka.records import Outgoing, header
from mcm_shared.settings import KafkaSettings
from mcm_shared.testing.waiting import until
from mcm_shared.testing.workers import Handler, a_worker, running

_PLACEHOLDER: Final = b"QQQQ"
_NOT_UTF_8: Final = "it has a header whose name is not UTF-8"
_CODECS: Final = {
    GZIP: gzip.compress,
    SNAPPY: snappy_encode,
    LZ4: lambda data: bytes(cramjam.lz4.compress(data)),
    ZSTD: lambda data: bytes(cramjam.zstd.compress(data)),
}

Committed = Callable[[str], Awaitable[dict[int, int]]]


def with_checksum(content: bytearray) -> bytes:
    # of a batch the checksum stands at byte 17, over all that follows
    content[17:21] = calc_crc32c(memoryview(content)[21:]).to_bytes(4, "big")
    return bytes(content)


async def send_batch(
    kafka: KafkaSettings,
    topic: str,
    partition: int,
    values: Sequence[bytes],
    change: Callable[[bytes], bytes] = bytes,
    codec: str | None = None,
) -> None:
    """Sends values in one batch, whose bytes are changed first; one that begins with ``bad`` has a header to change."""
    async with AIOKafkaProducer(
        bootstrap_servers=kafka.bootstrap_servers,
        compression_type=codec,
        max_batch_size=64 * MAX_BATCH_BYTES,
        max_request_size=64 * MAX_BATCH_BYTES,
    ) as client:
        batch = client.create_batch()
        for value in values:
            headers = [(_PLACEHOLDER.decode(), b"")] if value.startswith(b"bad") else []
            batch.append(timestamp=None, key=None, value=value, headers=headers)
        batch._buffer = with_checksum(bytearray(change(bytes(batch._build()))))
        await (await client.send_batch(batch, topic, partition=partition))


def not_utf_8(batch: bytes) -> bytes:
    return batch.replace(_PLACEHOLDER, b"\xff\xfe\xfd\xfc")


async def test_only_the_record_that_cannot_be_decoded_is_dead_lettered(
    kafka: KafkaSettings, topics: Topics, producer: Producer, committed: Committed
) -> None:
    handler = Handler(topics)
    values = [str(number).encode() for number in range(40)]
    await producer.send([Outgoing(topics.raw, value, key=value) for value in values[:30]])
    await send_batch(kafka, topics.raw, 0, [values[30], b"bad 1", *values[31:33]], not_utf_8)
    await send_batch(kafka, topics.raw, 1, [values[33], b"bad 2"], not_utf_8)
    await send_batch(kafka, topics.raw, 1, [b"bad 3", *values[34:36]], not_utf_8)
    await producer.send([Outgoing(topics.raw, value, key=value) for value in values[36:]])

    async with running(a_worker(kafka, handler)):
        await until(lambda: all_committed(committed, 43))

    assert sorted(handler.handled) == sorted(values)
    dead = [record async for record in read_topic(kafka, topics.dead)]
    assert {letter.value: header(letter, "reason") for letter in dead} == dict.fromkeys(
        (b"bad 1", b"bad 2", b"bad 3"), _NOT_UTF_8
    )
    assert len({header(letter, "origin") for letter in dead}) == 3


async def test_a_batch_that_expands_too_far_is_skipped_with_one_dead_letter(
    kafka: KafkaSettings, topics: Topics, producer: Producer, committed: Committed
) -> None:
    handler = Handler(topics)
    await send_batch(kafka, topics.raw, 0, [b"before"])
    for codec in ("gzip", "zstd", "lz4"):
        await send_batch(kafka, topics.raw, 0, [bytes(MAX_BATCH_BYTES // 2)] * 3, codec=codec)
    await send_batch(kafka, topics.raw, 0, [b"after"])

    async with running(a_worker(kafka, handler)):
        await until(lambda: all_committed(committed, 11))
    await producer.send([Outgoing(topics.raw, b"later", key=b"k")])
    async with running(a_worker(kafka, handler)):
        await until(lambda: b"later" in handler.handled)

    assert handler.handled == [b"before", b"after", b"later"]
    dead = [record async for record in read_topic(kafka, topics.dead)]
    assert {header(letter, "reason") for letter in dead} == {
        f"its batch (offsets {first} to {first + 2}) expands to more than 16,777,216 bytes; it stays where it is"
        for first in (1, 4, 7)
    }
    assert len(dead) == 3


async def test_large_records_are_handled_in_small_batches(
    kafka: KafkaSettings, topics: Topics, committed: Committed
) -> None:
    handler = Handler(topics)
    large = [b"%02d" % number + bytes(1024 * 1024) for number in range(14)]
    await send_batch(kafka, topics.raw, 0, large, codec="zstd")

    async with running(a_worker(kafka, handler)):
        await until(lambda: all_committed(committed, 14))

    assert handler.handled == large
    assert max(len(batch) for batch in handler.batches) == 3


async def all_committed(committed: Committed, records: int) -> bool:
    return sum((await committed("readers")).values()) >= records


@pytest.mark.parametrize("codec", _CODECS)
def test_decompression_ends_at_the_limit(codec: int) -> None:
    for length, limit in ((1000, 1000), (0, 10), (70_000, 70_000)):
        assert decompress(codec, _CODECS[codec](bytes(length)), limit) == bytes(length)
    for length, limit in ((1001, 1000), (50_000_000, 1000), (70_001, 70_000)):
        with pytest.raises(ExpansionError):
            decompress(codec, _CODECS[codec](bytes(length)), limit)
    with pytest.raises(DecompressionError):
        decompress(codec, _CODECS[codec](bytes(range(256)) * 500)[:-300], 1_000_000)


def a_batch(count: int, change: Callable[[bytearray], object] = bytes) -> BoundedBatch:
    """Makes a batch of ``count`` records with one header each, from offset 100 on."""
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 10**9)
    for number in range(count):
        builder.append(number, 1_700_000_000_000, None, b"value", [("name", b"content")])
    content = bytearray(builder.build())
    struct.pack_into(">q", content, 0, 100)
    change(content)
    return BoundedBatch(with_checksum(content))


def offsets_and_reasons(batch: BoundedBatch) -> list[tuple[int, str | None]]:
    message_set.ALLOWANCE.renew()
    # as the client does: it passes over the records that it had already
    seen: dict[int, str | None] = {}
    for record in batch:
        seen.setdefault(record.offset, getattr(record, "reason", None))
    return list(seen.items())


def test_a_record_that_claims_an_offset_beyond_its_batch_does_not_move_the_consumer() -> None:
    def claim(content: bytearray) -> None:
        at = content.index(b"\x00\x04\x01\x0avalue")  # the third record: attributes and times, then its offset
        content[at + 1] = 0x7E

    batch = a_batch(4, claim)

    assert [offset for offset, _ in offsets_and_reasons(batch)] == [100, 101, 102, 103]
    assert [reason is None for _, reason in offsets_and_reasons(a_batch(4, claim))] == [True, True, False, True]


def test_a_record_may_have_a_thousand_headers() -> None:
    def with_headers(number: int) -> BoundedBatch:
        builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 10**9)
        builder.append(0, 1, None, b"value", [("", None)] * number)
        builder.append(1, 1, None, b"value", [])
        return BoundedBatch(bytes(builder.build()))

    assert offsets_and_reasons(with_headers(MAX_HEADERS)) == [(0, None), (1, None)]
    for number in (MAX_HEADERS + 1, 400_000):
        assert offsets_and_reasons(with_headers(number)) == [(0, "it has more than 1,000 headers"), (1, None)]


def test_what_is_left_of_a_response_is_fetched_again_once_the_allowance_is_used_up() -> None:
    message_set.ALLOWANCE.renew()
    responses = MessageSet(a_batch(2)._data * 2)
    assert responses.has_next()
    message_set.ALLOWANCE.left = 1

    assert responses.has_next()
    batch = responses.next_batch()
    assert batch is not None
    assert len(list(batch)) == 2
    assert not responses.has_next()
    message_set.ALLOWANCE.renew()
    assert responses.has_next()


def test_the_checksum_of_a_batch_is_checked() -> None:
    content = bytearray(a_batch(2)._data)
    assert BoundedBatch(bytes(content)).validate_crc()
    content[-1] ^= 1
    assert not BoundedBatch(bytes(content)).validate_crc()
