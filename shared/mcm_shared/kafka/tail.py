"""Tailing topics without a group: every partition, from a given position."""

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import NoOffsetForPartitionError, OffsetOutOfRangeError

from mcm_shared.errors import BrokerDownError, PositionGoneError
from mcm_shared.kafka.connection import answering, end_within, make_consumer
from mcm_shared.kafka.read_topic import all_partitions
from mcm_shared.kafka.records import Record
from mcm_shared.settings import KafkaSettings

Place = tuple[str, int]
"""A partition: the name of its topic, and its number."""

Offsets = dict[Place, int]
"""By partition the offset of the next record to read."""

_CONNECT_TIMEOUT_S: Final = 15
_CLOSE_TIMEOUT_S: Final = 2
_POLL_MS: Final = 1000
_MAX_RECORDS: Final = 500


async def tail_topics(
    kafka: KafkaSettings, topics: Sequence[str], start: Mapping[Place, int] | None
) -> AsyncGenerator[tuple[Sequence[Record], Offsets], None]:
    """Yields records as they come, each time with where reading goes on; at first none, once it is connected.

    ``start`` says where to begin, a partition it does not name at its beginning; None: at the present end. Ends by
    itself when a topic has got more partitions: go on from where it came to. A broker that goes away is waited for.
    Raises PositionGoneError for a start that the topics do not hold, BrokerDownError when Kafka does not answer.
    """
    async with _consumer(kafka) as consumer:
        async with answering(kafka, _CONNECT_TIMEOUT_S):
            offsets = await _assign(consumer, topics, start)
        yield [], dict(offsets)
        while len(consumer.assignment()) == len(offsets):
            try:
                fetched = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_MAX_RECORDS)
            except NoOffsetForPartitionError:
                # a partition that was not there before
                return
            except OffsetOutOfRangeError as error:
                raise PositionGoneError("the topics no longer hold what comes next") from error
            records = [record for group in fetched.values() for record in group]
            for partition, group in fetched.items():
                if group:
                    offsets[partition.topic, partition.partition] = group[-1].offset + 1
            if records:
                yield records, dict(offsets)


async def read_between(
    kafka: KafkaSettings, start: Mapping[Place, int], end: Mapping[Place, int]
) -> AsyncGenerator[Sequence[Record], None]:
    """Yields the records from ``start`` up to ``end`` (not included) of each partition, in batches as they come.

    Raises PositionGoneError when the topics no longer hold them all, BrokerDownError when Kafka does not answer.
    """
    left = {TopicPartition(*place): offset for place, offset in end.items() if offset > start.get(place, 0)}
    if not left:
        return
    async with _consumer(kafka) as consumer:
        async with answering(kafka, _CONNECT_TIMEOUT_S):
            consumer.assign(list(left))
            beginnings = await consumer.beginning_offsets(list(left))
            for partition in left:
                begin = start.get((partition.topic, partition.partition), 0)
                if begin < beginnings[partition]:
                    raise PositionGoneError("the topics no longer hold what came after the position")
                consumer.seek(partition, begin)
        moved = time.monotonic()
        while left:
            async with answering(kafka, _CONNECT_TIMEOUT_S):
                fetched = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_MAX_RECORDS)
                for partition in list(left):
                    if await consumer.position(partition) >= left[partition]:
                        consumer.pause(partition)
                        done = left.pop(partition)
                        if partition in fetched:
                            fetched[partition] = [record for record in fetched[partition] if record.offset < done]
            if fetched:
                moved = time.monotonic()
                yield [record for group in fetched.values() for record in group]
            elif time.monotonic() - moved > _CONNECT_TIMEOUT_S:
                raise BrokerDownError(f"Kafka does not answer at {kafka.bootstrap_servers}")


@asynccontextmanager
async def _consumer(kafka: KafkaSettings) -> AsyncGenerator[AIOKafkaConsumer, None]:
    consumer = make_consumer(kafka, "mcm-tail", auto_offset_reset="none")
    try:
        async with answering(kafka, _CONNECT_TIMEOUT_S):
            await consumer.start()
        yield consumer
    finally:
        await end_within(consumer.stop(), _CLOSE_TIMEOUT_S)


async def _assign(consumer: AIOKafkaConsumer, topics: Sequence[str], start: Mapping[Place, int] | None) -> Offsets:
    there = await consumer.topics()
    missing = [topic for topic in topics if topic not in there]
    if missing:
        raise BrokerDownError(f"Kafka has no topic {missing[0]} yet")
    partitions = await all_partitions(consumer, topics)
    ends = await consumer.end_offsets(partitions)
    begin = {partition: ends[partition] for partition in partitions}
    if start is not None:
        beginnings = await consumer.beginning_offsets(partitions)
        begin = {partition: start.get((partition.topic, partition.partition), 0) for partition in partitions}
        if any(not beginnings[partition] <= begin[partition] <= ends[partition] for partition in partitions):
            raise PositionGoneError("the topics do not hold the position")
    for partition, offset in begin.items():
        consumer.seek(partition, offset)
    return {(partition.topic, partition.partition): offset for partition, offset in begin.items()}
