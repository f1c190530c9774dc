"""Failure policy of a consumer: what happens to a batch when a step of it fails.

| error | from | what happens |
| --- | --- | --- |
| PoisonEventError | ``decode`` | the record is dead-lettered |
| PartlyPoisonError | ``decode`` | the record is dead-lettered, and the rest of it processed |
| a record that cannot be decoded, a batch that expands too far | fetching | one dead letter, with the position |
| DataRefusedError | ``store``, ``complete`` | the batch is bisected; the record that fails alone is dead-lettered |
| MessageRefusedError | sending | the messages are bisected; the refused one is logged, a dead letter is cut |
| TransientError | any step | the step is retried with backoff; after ``stop`` the batch is left uncommitted |
| anything else | any step | the worker ends: it is a bug |
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, Generic, TypeVar, cast

import structlog

from mcm_shared.concurrency.bisect import bisect_failures
from mcm_shared.contracts.topics import REASON_HEADER, Topics
from mcm_shared.errors import DataRefusedError, MessageRefusedError, PartlyPoisonError, PoisonEventError, TransientError
from mcm_shared.kafka.batches.undecodable import Undecodable
from mcm_shared.kafka.consumer.handler import BatchHandler, DecodedT, StoredT
from mcm_shared.kafka.consumer.watchdog import Watchdog
from mcm_shared.kafka.dead_letters import dead_letter
from mcm_shared.kafka.producer import Producer
from mcm_shared.kafka.records import Outgoing, Record
from mcm_shared.metrics import counter

log = structlog.get_logger()

ResultT = TypeVar("ResultT")

DEAD_LETTERS: Final = counter("mcm_dead_letters")
MESSAGES_REFUSED: Final = counter("mcm_messages_refused")
RETRIES: Final = counter("mcm_batch_retries")

_FIRST_BACKOFF_S: Final = 0.1
_MAX_BACKOFF_S: Final = 5.0
_DECODED_AT_ONCE_BYTES: Final = 512 * 1024
_REFUSED_BYTES: Final = 64 * 1024


class LeftUncommittedError(Exception):
    """The worker stops before the batch is done; its records are read again at the next start."""


@dataclass(slots=True)
class Batch(Generic[DecodedT, StoredT]):
    """A decoded batch: its handler, each record with its decoded value, and the dead letters so far."""

    handler: BatchHandler[DecodedT, StoredT]
    items: list[tuple[Record, DecodedT]] = field(default_factory=list)
    dead: list[tuple[Record, str]] = field(default_factory=list)

    def reject(self, item: tuple[Record, DecodedT], error: DataRefusedError) -> None:
        """Dead-letters a record whose data the database refuses."""
        self.dead.append((item[0], f"the database refuses the record: {error}"))


Part = tuple[Sequence[tuple[Record, DecodedT]], StoredT]
"""The items of a batch, or of a part of it, that were stored together, and what ``store`` returned."""


class FailurePolicy:
    """Runs the steps of batches and acts on their errors; see the table of this module."""

    def __init__(
        self, topic: str, topics: Topics, producer: Producer, *, stopping: asyncio.Event, watchdog: Watchdog
    ) -> None:
        self._topic = topic
        self._topics = topics
        self._producer = producer
        self._stopping = stopping
        self._watchdog = watchdog

    async def decode(
        self, handler: BatchHandler[DecodedT, StoredT], records: Sequence[Record]
    ) -> Batch[DecodedT, StoredT]:
        """Decodes a batch with its handler; lets other tasks run between large records."""
        batch = Batch(handler)
        decode, add, size = handler.decode, batch.items.append, 0
        for record in records:
            size += len(record.value or b"")
            if size > _DECODED_AT_ONCE_BYTES:
                size = 0
                await asyncio.sleep(0)
            if isinstance(record, Undecodable):
                batch.dead.append((record, record.reason))
                continue
            try:
                add((record, decode(record)))
            except PartlyPoisonError as error:
                add((record, cast("DecodedT", error.decoded)))
                batch.dead.append((record, error.reason))
            except PoisonEventError as error:
                batch.dead.append((record, error.reason))
        return batch

    async def store(self, batch: Batch[DecodedT, StoredT]) -> list[Part[DecodedT, StoredT]]:
        """Stores a batch; in parts, without the records that the database refuses, when it refuses any.

        Raises LeftUncommittedError, as the other steps do.
        """
        return await bisect_failures(batch.items, partial(self._store, batch), DataRefusedError, batch.reject)

    async def complete(
        self, batch: Batch[DecodedT, StoredT], parts: Sequence[Part[DecodedT, StoredT]]
    ) -> list[Outgoing]:
        """Completes the parts of a stored batch; returns the messages to send."""
        messages: list[Outgoing] = []
        for items, stored in parts:
            try:
                messages += await self._complete(batch, stored, len(items))
            except DataRefusedError:
                redone = await bisect_failures(items, partial(self._redo, batch), DataRefusedError, batch.reject)
                messages += [message for _, completed in redone for message in completed]
        return messages

    async def send(self, batch: Batch[DecodedT, StoredT], messages: Sequence[Outgoing]) -> None:
        """Sends the messages of a batch and its dead letters."""
        dead = [dead_letter(record, reason, self._topics) for record, reason in batch.dead]
        cut: list[Outgoing] = []

        def refuse(message: Outgoing, error: MessageRefusedError) -> None:
            report_refused(message, error)
            if message.topic == self._topics.dead:
                cut.append(_cut(message))

        await bisect_failures([*messages, *dead], self._send, MessageRefusedError, refuse)
        if cut:
            await bisect_failures(cut, self._send, MessageRefusedError, lambda *_: None)
        for record, reason in batch.dead:
            DEAD_LETTERS.labels(record.topic).inc()
            log.warning("record dead-lettered", partition=record.partition, offset=record.offset, reason=reason)

    async def _store(self, batch: Batch[DecodedT, StoredT], items: Sequence[tuple[Record, DecodedT]]) -> StoredT:
        values = [value for _, value in items]
        return await self._retried(lambda: batch.handler.store(values), len(items))

    async def _complete(self, batch: Batch[DecodedT, StoredT], stored: StoredT, records: int) -> Sequence[Outgoing]:
        return await self._retried(lambda: batch.handler.complete(stored), records)

    async def _redo(
        self, batch: Batch[DecodedT, StoredT], items: Sequence[tuple[Record, DecodedT]]
    ) -> Sequence[Outgoing]:
        return await self._complete(batch, await self._store(batch, items), len(items))

    async def _send(self, messages: Sequence[Outgoing]) -> None:
        await self._retried(lambda: self._producer.send(messages), len(messages))

    async def _retried(self, step: Callable[[], Awaitable[ResultT]], records: int) -> ResultT:
        wait = _FIRST_BACKOFF_S
        while True:
            try:
                return await step()
            except TransientError as error:
                if self._stopping.is_set():
                    log.warning("batch left for the next start", reason=str(error), records=records)
                    raise LeftUncommittedError from error
                RETRIES.labels(self._topic).inc()
                log.warning("batch deferred, retrying", reason=str(error), again_in_s=round(wait, 1), records=records)
                # jittered, so that workers do not come back all at once
                await pause(wait * random.uniform(0.5, 1.5), self._stopping)  # noqa: S311
                wait = min(wait * 2, _MAX_BACKOFF_S)
            finally:
                self._watchdog.moved()


def report_refused(message: Outgoing, error: MessageRefusedError) -> None:
    """Logs and counts a message that Kafka refuses."""
    log.error("message refused by Kafka", topic=message.topic, bytes=len(message.value), reason=str(error))
    MESSAGES_REFUSED.labels(message.topic).inc()


async def pause(seconds: float, stopping: asyncio.Event) -> None:
    """Sleeps, or until ``stopping``."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), seconds)


def _cut(letter: Outgoing) -> Outgoing:
    """Cuts a dead letter that Kafka refuses down to its reason and a piece of the record."""
    size = len(letter.value)
    about = dict(letter.headers)
    reason = (about.get(REASON_HEADER) or b"") + (
        f" (Kafka refuses the whole letter: of its {size:,} bytes the first {_REFUSED_BYTES:,} are kept here)".encode()
    )
    return replace(
        letter, key=None, value=letter.value[:_REFUSED_BYTES], headers=((REASON_HEADER, reason), *letter.headers[1:6])
    )
