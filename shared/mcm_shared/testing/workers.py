"""Workers of tests, with handlers that record their batches."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from mcm_shared.contracts.topics import Topics
from mcm_shared.errors import DatabaseDownError, DataRefusedError, PartlyPoisonError, PoisonEventError
from mcm_shared.kafka.consumer.worker import Subscription, Worker
from mcm_shared.kafka.records import Outgoing, Record
from mcm_shared.settings import KafkaSettings

GROUP = "readers"

Committed = Callable[[str], Awaitable[dict[int, int]]]
"""Reads what a group has committed in ``events.raw``, by partition."""


@dataclass
class Handler:
    """Records what it is given; fails while ``down``, waits while ``held``, answers each record with a copy.

    Its work is in ``store``; with ``completes`` it is in ``complete``, so that the next batch may begin before it.
    ``refused`` holds the values that the database refuses, ``refused_later`` those that it refuses in ``complete``.
    """

    topics: Topics
    batches: list[list[bytes]] = field(default_factory=list)
    tried: list[list[bytes]] = field(default_factory=list)
    down: bool = False
    completes: bool = False
    refused: set[bytes] = field(default_factory=set)
    refused_later: set[bytes] = field(default_factory=set)
    held: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.held.set()

    @property
    def handled(self) -> list[bytes]:
        """The records of all batches."""
        return [value for batch in self.batches for value in batch]

    def decode(self, record: Record) -> bytes:
        """Refuses records that begin with "poison", and a part of those that begin with "partly"."""
        value = record.value or b""
        if value.startswith(b"poison"):
            raise PoisonEventError(f"{value[:8].decode()} is refused")
        if value.startswith(b"partly "):
            raise PartlyPoisonError("one of two is refused", value.removeprefix(b"partly "))
        return value

    async def store(self, batch: Sequence[bytes]) -> list[bytes]:
        """Does the work, unless ``completes``."""
        self.tried.append(list(batch))
        _require_none(self.refused, batch)
        if not self.completes:
            await self.work(list(batch))
        return list(batch)

    async def complete(self, stored: list[bytes]) -> list[Outgoing]:
        """Does the work if ``completes``; returns copies."""
        _require_none(self.refused_later, stored)
        if self.completes:
            await self.work(stored)
        return [Outgoing(self.topics.findings, value, key=b"k") for value in stored]

    async def work(self, values: list[bytes]) -> None:
        """Waits while ``held``, fails while ``down``, and records the batch."""
        await self.held.wait()
        if self.down:
            raise DatabaseDownError("the database does not respond")
        self.batches.append(values)


def _require_none(refused: set[bytes], values: Sequence[bytes]) -> None:
    if refused & set(values):
        raise DataRefusedError("a value is refused")


def a_worker(kafka: KafkaSettings, handler: Handler, max_records: int = 1000) -> Worker[bytes, list[bytes]]:
    """Makes a worker of ``events.raw`` with a handler."""
    topics = Topics(kafka.topic_prefix)
    return Worker(kafka, Subscription(topics.raw, topics.group(GROUP), max_records), lambda: handler)


@asynccontextmanager
async def running(worker: Worker[bytes, list[bytes]]) -> AsyncIterator["asyncio.Task[None]"]:
    """Runs a worker."""
    task = asyncio.create_task(worker.run())
    try:
        yield task
    finally:
        worker.stop()
        await asyncio.wait_for(task, 8)


def numbered(topic: str, *numbers: int, key: bytes | None = None) -> list[Outgoing]:
    return [Outgoing(topic, str(number).encode(), key=key) for number in numbers]
