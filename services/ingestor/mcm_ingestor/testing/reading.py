"""Reads sources into the database and the topics of one test."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from mcm_ingestor.connectors.backoff import PollBackoff
from mcm_ingestor.connectors.service import read_source
from mcm_ingestor.connectors.sources_file import ConfiguredSource
from mcm_ingestor.store import positions
from mcm_ingestor.store.positions import BACKFILL, LIVE
from mcm_shared.contracts.topics import SOURCE_HEADER, Topics
from mcm_shared.db.engine import AsyncEngine
from mcm_shared.kafka.producer import Producer
from mcm_shared.kafka.read_topic import read_topic
from mcm_shared.kafka.records import Record, header
from mcm_shared.settings import KafkaSettings


class Reading:
    """What the tests of one database and one topic share."""

    def __init__(self, engine: AsyncEngine, kafka: KafkaSettings) -> None:
        self.engine = engine
        self.kafka = kafka
        self.topic = Topics(kafka.topic_prefix).raw

    def start(self, source: ConfiguredSource, producer: Producer) -> "asyncio.Task[None]":
        """Starts to read a source; faults are retried at once."""
        reading = read_source(
            source, self.engine, producer, self.topic, lease_s=10, make_backoff=lambda: PollBackoff(first_s=0.01)
        )
        return asyncio.create_task(reading)

    async def until(self, done: Callable[[], Any], reading: "asyncio.Task[None] | None" = None) -> None:
        """Waits until ``done``, a coroutine function, returns true; a failure of the reading is raised."""
        async with asyncio.timeout(60):
            while not await done():
                if reading is not None and reading.done():
                    reading.result()
                await asyncio.sleep(0.05)

    async def row(self, source: ConfiguredSource, lane: str = LIVE) -> Any:
        """Reads the position of a lane."""
        return await positions.read_lane(self.engine, source.name, lane)

    async def backfilled(self, source: ConfiguredSource) -> bool:
        """Returns whether both lanes have read all there is."""
        live = await self.row(source)
        return (
            live is not None
            and live.succeeded_at is not None
            and await positions.is_done(self.engine, source.name, BACKFILL)
        )

    async def records(self, source: str | None) -> list[Record]:
        """Reads the records in Kafka that have this ``source`` header; None: none."""
        found = [record async for record in read_topic(self.kafka, self.topic)]
        return [record for record in found if header(record, SOURCE_HEADER) == source]

    async def ids(self, source: str, key: str = "id") -> set[str]:
        """Returns the ids of a source's records in Kafka."""
        return {json.loads(record.value or b"null")[key] for record in await self.records(source)}


async def stop(task: "asyncio.Task[None]") -> None:
    """Stops a reading."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
