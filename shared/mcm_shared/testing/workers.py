"""Workers of tests: what they handle, how they are run, and what is waited for."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from mcm_shared.contracts.topics import Topics
from mcm_shared.errors import DatabaseDownError
from mcm_shared.kafka.consumer.worker import Subscription, Worker
from mcm_shared.kafka.records import Outgoing, Record
from mcm_shared.settings import KafkaSettings

GROUP = "readers"

Committed = Callable[[str], Awaitable[dict[int, int]]]
"""Reads what a group has committed in ``events.raw``, by partition."""


@dataclass
class Handler:
    """Notes what it is given; fails while ``down``, waits while ``held``, answers each record with a copy.

    With ``lets_follow`` the next batch may begin as soon as this one was begun.
    """

    topics: Topics
    batches: list[list[bytes]] = field(default_factory=list)
    tried: list[list[bytes]] = field(default_factory=list)
    down: bool = False
    lets_follow: bool = False
    held: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.held.set()

    @property
    def handled(self) -> list[bytes]:
        return [value for batch in self.batches for value in batch]

    def decode(self, records: Sequence[Record]) -> list[bytes]:
        return [record.value or b"" for record in records]

    async def handle(self, values: list[bytes], allow_next: Callable[[], None]) -> list[Outgoing]:
        self.tried.append(values)
        if self.lets_follow:
            allow_next()
        await self.held.wait()
        if self.down:
            raise DatabaseDownError("the database does not answer")
        self.batches.append(values)
        return [Outgoing(self.topics.findings, value) for value in values]


def a_worker(kafka: KafkaSettings, handler: Handler, max_records: int = 1000) -> Worker[list[bytes]]:
    topics = Topics(kafka.topic_prefix)
    subscription = Subscription(topics.raw, topics.group(GROUP), max_records)
    return Worker(kafka, subscription, decode=handler.decode, handle=handler.handle)


@asynccontextmanager
async def running(worker: Worker[list[bytes]]) -> AsyncIterator["asyncio.Task[None]"]:
    task = asyncio.create_task(worker.run())
    try:
        yield task
    finally:
        worker.stop()
        await asyncio.wait_for(task, 8)


async def until(condition: Callable[[], bool | Awaitable[bool]], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer is True or (not isinstance(answer, bool) and await answer):
            return
        assert time.monotonic() < deadline, f"not so within {seconds} s"
        await asyncio.sleep(0.02)


def numbered(topic: str, *numbers: int, key: bytes | None = None) -> list[Outgoing]:
    return [Outgoing(topic, str(number).encode(), key=key) for number in numbers]
