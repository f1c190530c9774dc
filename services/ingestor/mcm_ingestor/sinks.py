"""Sinks for canonical events: Kafka, the database, or standard output."""

import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from enum import StrEnum
from typing import Final, Protocol

import orjson

from mcm_ingestor.store.events import open_store
from mcm_shared.contracts.events import RawEvent
from mcm_shared.contracts.topics import Topics
from mcm_shared.kafka.producer import Producer, connect_producer
from mcm_shared.kafka.records import Outgoing
from mcm_shared.kafka.topics_admin import ensure_topics
from mcm_shared.settings import KafkaSettings, load_settings


class Sink(Protocol):
    """Destination of events; when ``write`` returns, they are stored."""

    async def write(self, events: Sequence[RawEvent]) -> int:
        """Writes a batch and returns the number of new events, as far as the sink knows."""


class SinkName(StrEnum):
    """Destinations of generated events."""

    KAFKA = "kafka"
    DB = "db"
    STDOUT = "stdout"


class _Kafka:
    def __init__(self, producer: Producer, topic: str) -> None:
        self._producer = producer
        self._topic = topic

    async def write(self, events: Sequence[RawEvent]) -> int:
        # no key: whole batches go to the partitions in turn, which balances and compresses well
        await self._producer.send([Outgoing(self._topic, encode(event)) for event in events])
        return len(events)


class _Stdout:
    async def write(self, events: Sequence[RawEvent]) -> int:
        sys.stdout.buffer.write(b"".join(encode(event) + b"\n" for event in events))
        sys.stdout.buffer.flush()
        return len(events)


def encode(event: RawEvent) -> bytes:
    """Serialises a canonical event as JSON."""
    return orjson.dumps(
        {
            "id": event.id,
            "source": event.source,
            "event_type": event.event_type,
            "user": event.user,
            "timestamp": event.timestamp,
            "raw_data": event.raw_data,
        },
        option=orjson.OPT_UTC_Z,
    )


def open_sink(name: SinkName) -> AbstractAsyncContextManager[Sink]:
    """Opens a sink with the settings of the environment.

    Raises BrokerDownError and ConfigurationError; a database is connected to at the first write.
    """
    return _OPEN[name]()


@asynccontextmanager
async def _open_kafka() -> AsyncIterator[Sink]:
    kafka = load_settings(KafkaSettings)
    await ensure_topics(kafka)
    async with connect_producer(kafka) as producer:
        yield _Kafka(producer, Topics(kafka.topic_prefix).raw)


@asynccontextmanager
async def _open_stdout() -> AsyncIterator[Sink]:
    yield _Stdout()


_OPEN: Final[dict[SinkName, Callable[[], AbstractAsyncContextManager[Sink]]]] = {
    SinkName.KAFKA: _open_kafka,
    SinkName.DB: open_store,
    SinkName.STDOUT: _open_stdout,
}
