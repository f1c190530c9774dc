"""Reading a topic once, from its beginning to its present end, without a group."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from mcm_shared.kafka.connection import answering, end_within, make_consumer
from mcm_shared.kafka.records import Record
from mcm_shared.settings import KafkaSettings

_CONNECT_TIMEOUT_S: Final = 15
_CLOSE_TIMEOUT_S: Final = 2
_ASSIGNED_LOOK_S: Final = 0.01


async def read_topic(kafka: KafkaSettings, topic: str) -> AsyncGenerator[Record, None]:
    """Yields the records that a topic holds now, partition by partition as they come; none where there is no topic.

    Raises BrokerDownError when Kafka does not answer.
    """
    consumer = make_consumer(kafka, "mcm-reader", auto_offset_reset="earliest")
    try:
        async with answering(kafka, _CONNECT_TIMEOUT_S):
            await consumer.start()
            left = await _seek_to_beginning(consumer, topic)
        async with answering(kafka), aclosing(_read(consumer, left)) as records:
            async for record in records:
                yield record
    finally:
        await end_within(consumer.stop(), _CLOSE_TIMEOUT_S)


async def read_ends(kafka: KafkaSettings, topic: str) -> tuple[dict[tuple[str, int], int], dict[tuple[str, int], int]]:
    """Reads where each partition of a topic begins and ends; nothing where there is no topic.

    Raises BrokerDownError when Kafka does not answer.
    """
    consumer = make_consumer(kafka, "mcm-reader")
    try:
        async with answering(kafka, _CONNECT_TIMEOUT_S):
            await consumer.start()
            if topic not in await consumer.topics():
                return {}, {}
            partitions = await all_partitions(consumer, [topic])
            begins, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
    finally:
        await end_within(consumer.stop(), _CLOSE_TIMEOUT_S)
    return {tuple(place): offset for place, offset in begins.items()}, {
        tuple(place): offset for place, offset in ends.items()
    }


async def all_partitions(consumer: AIOKafkaConsumer, topics: Sequence[str]) -> list[TopicPartition]:
    """Assigns every partition of some topics to a consumer without a group, and lists them."""
    # without a group, subscribing assigns every partition once their number is known
    consumer.subscribe(list(topics))
    # the client offers nothing to wait on
    while {partition.topic for partition in consumer.assignment()} != set(topics):  # noqa: ASYNC110
        await asyncio.sleep(_ASSIGNED_LOOK_S)
    return sorted(consumer.assignment())


async def _seek_to_beginning(consumer: AIOKafkaConsumer, topic: str) -> dict[TopicPartition, int]:
    if topic not in await consumer.topics():
        return {}
    partitions = await all_partitions(consumer, [topic])
    beginnings = await consumer.beginning_offsets(partitions)
    ends = await consumer.end_offsets(partitions)
    for partition in partitions:
        consumer.seek(partition, beginnings[partition])
    return {partition: ends[partition] for partition in partitions if ends[partition] > beginnings[partition]}


async def _read(consumer: AIOKafkaConsumer, left: dict[TopicPartition, int]) -> AsyncGenerator[Record, None]:
    while left:
        fetched = await consumer.getmany(timeout_ms=1000, max_records=500)
        for partition, records in fetched.items():
            for record in records:
                if record.offset < left.get(partition, 0):
                    yield record
        for partition in list(left):
            if await consumer.position(partition) >= left[partition]:
                del left[partition]
