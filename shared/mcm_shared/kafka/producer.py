"""Sending: whole batches, every one acknowledged by the broker before ``send`` returns."""

import asyncio
import zlib
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, Final

from aiokafka import AIOKafkaProducer

from mcm_shared.contracts.topics import MAX_DEAD_LETTER_BYTES
from mcm_shared.errors import BrokerDownError, MessageRefusedError
from mcm_shared.kafka.broker_errors import CLIENT_ERRORS, REFUSALS
from mcm_shared.kafka.connection import connection_options, end_within
from mcm_shared.kafka.records import Outgoing
from mcm_shared.settings import KafkaSettings

DELIVERY_TIMEOUT_S: Final = 10.0
"""How long a batch may take to be acknowledged before ``send`` gives up."""

_CLOSE_TIMEOUT_S: Final = 3.0
_BATCH_BYTES: Final = 256 * 1024


class Producer:
    """Sends messages and waits for the acks of all in-sync replicas.

    It connects when first used, and again after a failure.

    Not Kafka's idempotent producer: that one never gives up while a broker is down, and a repeat does no harm here,
    because every consumer of ours drops what it has already seen.
    """

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._client: AIOKafkaProducer | None = None
        self._connecting = asyncio.Lock()
        self._turn = count()

    async def send(self, messages: Sequence[Outgoing]) -> None:
        """Sends messages and returns when all are acknowledged; those of one key keep their order.

        Raises BrokerDownError when Kafka does not acknowledge them within DELIVERY_TIMEOUT_S (some may have been
        stored), and MessageRefusedError when Kafka refuses one of them for its content; the others may be stored.
        """
        if not messages:
            return
        try:
            async with asyncio.timeout(DELIVERY_TIMEOUT_S + 5):
                client = await self._connected()
                await self._deliver(client, messages)
        except tuple(REFUSALS) as error:
            raise MessageRefusedError(f"Kafka refuses the message {REFUSALS[type(error)]}: {error}") from error
        except CLIENT_ERRORS as error:
            await self.close()
            raise BrokerDownError(f"Kafka did not take the messages: {_text(error)}") from error

    async def close(self) -> None:
        """Closes the connection; waits a few seconds at most, since a broker that is down never answers."""
        client, self._client = self._client, None
        if client is not None:
            await end_within(client.stop(), _CLOSE_TIMEOUT_S)

    async def _connected(self) -> AIOKafkaProducer:
        async with self._connecting:
            if self._client is None:
                client = AIOKafkaProducer(
                    **connection_options(self._kafka, "mcm-producer"),
                    acks="all",
                    compression_type="lz4",
                    max_batch_size=_BATCH_BYTES,
                    max_request_size=MAX_DEAD_LETTER_BYTES,
                    request_timeout_ms=int(DELIVERY_TIMEOUT_S * 1000),
                )
                try:
                    await client.start()
                except BaseException:
                    await end_within(client.stop(), _CLOSE_TIMEOUT_S)
                    raise
                self._client = client
            return self._client

    async def _deliver(self, client: AIOKafkaProducer, messages: Sequence[Outgoing]) -> None:
        by_partition: dict[tuple[str, int], list[Outgoing]] = defaultdict(list)
        partitions = {topic: len(await client.partitions_for(topic)) for topic in {m.topic for m in messages}}
        turn = next(self._turn)
        for message in messages:
            # keyless messages of a batch go to one partition, the next batch to another: full batches, even spread
            place = turn if message.key is None else zlib.crc32(message.key)
            by_partition[message.topic, place % partitions[message.topic]].append(message)
        acks: list[Any] = []
        for (topic, partition), group in by_partition.items():
            acks += await self._enqueue(client, topic, partition, group)
        await asyncio.gather(*acks)

    async def _enqueue(
        self, client: AIOKafkaProducer, topic: str, partition: int, messages: Sequence[Outgoing]
    ) -> list[Any]:
        acks = []
        batch = client.create_batch()
        for message in messages:
            if not _append(batch, message):
                acks.append(await _hand_over(client, batch, topic, partition))
                batch = client.create_batch()
                _append(batch, message)
        batch.close()
        acks.append(await _hand_over(client, batch, topic, partition))
        return acks


async def _hand_over(client: AIOKafkaProducer, batch: Any, topic: str, partition: int) -> Any:
    ack = await client.send_batch(batch, topic, partition=partition)
    # when a later batch fails, this one is no longer awaited; its own failure adds nothing
    ack.add_done_callback(lambda done: done.cancelled() or done.exception())
    return ack


def _append(batch: Any, message: Outgoing) -> bool:
    """Adds a message to a batch; False says that the batch is full."""
    appended = batch.append(timestamp=None, key=message.key, value=message.value, headers=list(message.headers))
    return appended is not None


@asynccontextmanager
async def connect_producer(kafka: KafkaSettings) -> AsyncIterator[Producer]:
    """Opens a producer and closes it at the end."""
    producer = Producer(kafka)
    try:
        yield producer
    finally:
        await producer.close()


def _text(error: BaseException) -> str:
    return str(error) or type(error).__name__
