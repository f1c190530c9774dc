"""How far a consumer group is, read from Kafka about once a second."""

import asyncio
import time
from dataclasses import dataclass
from typing import Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from tests.pipeline import Pipeline

_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Sample:
    """Where the group was at a time (seconds since the first sample), and how many workers there should be."""

    at: float
    committed: int
    lag: int
    workers: int


class Meter:
    """Reads the lag of a group that consumes ``events.raw``."""

    def __init__(self, pipeline: Pipeline, group: str) -> None:
        servers = pipeline.kafka.bootstrap_servers
        self._group = pipeline.topics.group(group)
        self._places = [
            TopicPartition(pipeline.topics.raw, number) for number in range(pipeline.kafka.topic_partitions)
        ]
        self._consumer = AIOKafkaConsumer(bootstrap_servers=servers)
        self._admin = AIOKafkaAdminClient(bootstrap_servers=servers)
        self.samples: list[Sample] = []
        self.workers = 1

    async def __aenter__(self) -> Self:
        await self._consumer.start()
        await self._admin.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()
        await self._admin.close()

    async def committed(self) -> int:
        """Counts the records that the group has committed."""
        offsets = await self._admin.list_consumer_group_offsets(self._group)
        return sum(found.offset for place, found in offsets.items() if place in self._places)

    async def watch(self, stop: asyncio.Event) -> None:
        """Takes samples until stopped."""
        began = time.monotonic()
        while not stop.is_set():
            try:
                ends = await self._consumer.end_offsets(self._places)
                committed = await self.committed()
            except KafkaError:
                # the group is being shared out anew; the next sample says what came of it
                await asyncio.sleep(_EVERY_S)
                continue
            lag = sum(ends.values()) - committed
            self.samples.append(Sample(time.monotonic() - began, committed, lag, self.workers))
            await asyncio.sleep(_EVERY_S)
