"""Follower of a topic: reads all its records from the beginning, and knows when it has reached the present end."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from mcm_shared.errors import BrokerDownError
from mcm_shared.kafka.broker_errors import CLIENT_ERRORS
from mcm_shared.kafka.connection import end_within, make_consumer
from mcm_shared.kafka.read_topic import all_partitions
from mcm_shared.kafka.records import Record
from mcm_shared.settings import KafkaSettings

log = structlog.get_logger()

_CONNECT_TIMEOUT_S: Final = 15
_CLOSE_TIMEOUT_S: Final = 2
_RETRY_S: Final = 1.0
_POLL_MS: Final = 500
_MAX_RECORDS: Final = 500


class TopicFollower:
    """Keeps a copy of a topic current over one lasting connection, so that reading the copy needs no new one.

    ``reset`` is called at each connection, before the records come again from the beginning; ``add`` with records.
    """

    def __init__(
        self,
        kafka: KafkaSettings,
        topic: str,
        reset: Callable[[], None],
        add: Callable[[Sequence[Record]], None],
    ) -> None:
        self._kafka = kafka
        self._topic = topic
        self._reset = reset
        self._add = add
        self._consumer: AIOKafkaConsumer | None = None
        self._partitions: list[TopicPartition] = []
        self._positions: dict[TopicPartition, int] = {}
        self._moved = asyncio.Condition()
        self._reason = f"Kafka does not answer at {kafka.bootstrap_servers}"

    async def run(self) -> None:
        """Follows the topic until cancelled; connects again after an outage."""
        while True:
            try:
                await self._follow()
            except (*CLIENT_ERRORS, BrokerDownError) as error:
                self._reason = f"Kafka does not answer at {self._kafka.bootstrap_servers}: {error}"
            except Exception:
                log.exception("following a topic failed and is tried again", topic=self._topic)
            self._consumer = None
            await asyncio.sleep(_RETRY_S)

    async def begins_when_caught_up(self, timeout_s: float) -> Mapping[int, int]:
        """Waits until everything written before the call is read; returns the first offset that each partition holds.

        Raises BrokerDownError when that takes too long.
        """
        try:
            async with asyncio.timeout(timeout_s), self._moved:
                await self._moved.wait_for(lambda: self._consumer is not None)
                consumer, partitions = self._consumer, self._partitions
            async with asyncio.timeout(timeout_s):
                if consumer is None:
                    raise BrokerDownError(self._reason)
                ends, begins = await asyncio.gather(
                    consumer.end_offsets(partitions), consumer.beginning_offsets(partitions)
                )
                async with self._moved:
                    await self._moved.wait_for(
                        lambda: all(self._positions.get(place, 0) >= end for place, end in ends.items())
                    )
        except CLIENT_ERRORS as error:
            raise BrokerDownError(self._reason) from error
        return {place.partition: offset for place, offset in begins.items()}

    async def _follow(self) -> None:
        consumer = make_consumer(self._kafka, "mcm-follower", auto_offset_reset="earliest")
        try:
            async with asyncio.timeout(_CONNECT_TIMEOUT_S):
                await consumer.start()
                if self._topic not in await consumer.topics():
                    raise BrokerDownError(f"Kafka has no topic {self._topic} yet")
                partitions = await all_partitions(consumer, [self._topic])
                await consumer.seek_to_beginning(*partitions)
            self._reset()
            self._positions = {}
            async with self._moved:
                self._consumer, self._partitions = consumer, partitions
                self._moved.notify_all()
            while True:
                await self._read(consumer, partitions)
        finally:
            self._consumer = None
            await end_within(consumer.stop(), _CLOSE_TIMEOUT_S)

    async def _read(self, consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]) -> None:
        fetched = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_MAX_RECORDS)
        self._add([record for group in fetched.values() for record in group])
        positions = {place: await consumer.position(place) for place in partitions}
        if positions != self._positions:
            async with self._moved:
                self._positions = positions
                self._moved.notify_all()
