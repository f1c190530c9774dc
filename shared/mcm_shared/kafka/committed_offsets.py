"""How far a group has come in a topic, for commands that read without being members of the group."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from mcm_shared.kafka.connection import answering, connection_options, end_within, make_consumer
from mcm_shared.settings import KafkaSettings

_TIMEOUT_S: Final = 15
_RETRY_S: Final = 0.2


async def read_committed_offsets(kafka: KafkaSettings, group: str, topic: str) -> dict[int, int]:
    """Reads by partition the offset that the group would go on with; those it has never come to are not in it.

    Raises BrokerDownError when Kafka does not answer.
    """
    client = AIOKafkaAdminClient(
        **connection_options(kafka, "mcm-committed-offsets"), request_timeout_ms=_TIMEOUT_S * 1000
    )
    async with _connected(client.start, client.close, kafka):
        return await list_committed_offsets(client, group, topic)


async def list_committed_offsets(client: AIOKafkaAdminClient, group: str, topic: str) -> dict[int, int]:
    """Asks a connected client what ``read_committed_offsets`` reads; raises KafkaError when the cluster refuses."""
    while True:
        try:
            offsets = await client.list_consumer_group_offsets(group)
        except KafkaError as error:
            # a young cluster makes its coordinator when it is first asked for one
            if not error.retriable:
                raise
            await asyncio.sleep(_RETRY_S)
        else:
            return {place.partition: found.offset for place, found in offsets.items() if place.topic == topic}


async def write_committed_offsets(kafka: KafkaSettings, group: str, topic: str, offsets: dict[int, int]) -> None:
    """Writes by partition the offset that the group goes on with; it must have no members meanwhile.

    Raises BrokerDownError when Kafka does not answer.
    """
    if not offsets:
        return
    places = {TopicPartition(topic, partition): offset for partition, offset in offsets.items()}
    consumer = make_consumer(kafka, "mcm-committed-offsets", group_id=group)
    async with _connected(consumer.start, consumer.stop, kafka):
        consumer.assign(list(places))
        await consumer.commit(places)


@asynccontextmanager
async def _connected(
    start: Callable[[], Awaitable[object]], stop: Callable[[], Awaitable[object]], kafka: KafkaSettings
) -> AsyncIterator[None]:
    try:
        async with answering(kafka, _TIMEOUT_S):
            await start()
            yield
    finally:
        await end_within(stop(), _TIMEOUT_S)
