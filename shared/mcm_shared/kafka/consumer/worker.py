"""The one consumer loop: decode, handle a batch, send what comes of it, commit last."""

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Generic, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import (
    CommitFailedError,
    IllegalGenerationError,
    IllegalStateError,
    KafkaError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)

from mcm_shared.contracts.topics import Topics
from mcm_shared.errors import TransientError
from mcm_shared.kafka.connection import connection_options, end_within
from mcm_shared.kafka.consumer.fetcher import Fetcher
from mcm_shared.kafka.consumer.rebalance import RebalanceListener
from mcm_shared.kafka.consumer.undecodable import Undecodable, UndecodableError
from mcm_shared.kafka.consumer.watchdog import Watchdog
from mcm_shared.kafka.producer import Producer
from mcm_shared.kafka.records import MAX_MESSAGE_BYTES, Outgoing, Record
from mcm_shared.kafka.topics_admin import wait_for_topics
from mcm_shared.metrics import BATCH_SECONDS, LAG, RECORDS, RETRIES
from mcm_shared.settings import KafkaSettings

log = structlog.get_logger()

PreparedT = TypeVar("PreparedT")
ResultT = TypeVar("ResultT")

_LOOK_S: Final = 0.2
# seconds after ``stop``
_BATCH_ENDS_BY_S: Final = 3.0
_CONSUMER_STOPS_BY_S: Final = 5.0
_PRODUCER_STOPS_BY_S: Final = 6.0
_CANCELLED_WITHIN_S: Final = 0.5
_FIRST_BACKOFF_S: Final = 0.1
_MAX_BACKOFF_S: Final = 5.0

# The group moved on without us: whoever owns the partition now reads the batch again, and no harm is done.
_LOST_PARTITION = (
    CommitFailedError,
    IllegalGenerationError,
    IllegalStateError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a worker reads: a topic, as a member of a group, at most ``max_records`` at a time."""

    topic: str
    group: str
    max_records: int = 1000


@dataclass(frozen=True, slots=True)
class _Work(Generic[PreparedT]):
    """A batch: what ``decode`` made of its records, what no one could, and where the group goes on after it."""

    prepared: PreparedT
    lost: Sequence[Outgoing]
    offsets: Mapping[TopicPartition, int]
    generation: int
    records: int


class Worker(Generic[PreparedT]):
    """Consumes a topic in batches until it is told to stop.

    ``decode`` turns records into what ``handle`` needs: no I/O, no exceptions for bad records. ``handle`` does the work
    and returns the messages to send; it may be called again with the same batch, and raises TransientError to ask for
    that. The next batch is handled when this one is done, or beside its rest once ``handle`` has called what it is
    given. Messages are sent in the order of batches, and offsets committed when everything sent was acknowledged.
    """

    def __init__(
        self,
        kafka: KafkaSettings,
        subscription: Subscription,
        *,
        decode: Callable[[Sequence[Record]], PreparedT],
        handle: Callable[[PreparedT, Callable[[], None]], Awaitable[Sequence[Outgoing]]],
    ) -> None:
        self._kafka = kafka
        self._subscription = subscription
        self._decode = decode
        self._handle = handle
        self._producer = Producer(kafka)
        self._topics = Topics(kafka.topic_prefix)
        self._stopping = asyncio.Event()
        self._asked_to_stop = 0.0
        self._one_by_one = False
        self._watchdog = Watchdog()

    def stop(self) -> None:
        """Asks the worker to end; done within 8 s, whatever is down."""
        self._asked_to_stop = time.monotonic()
        self._stopping.set()

    async def run(self) -> None:
        """Consumes until ``stop``; a broker or database that is down is waited for.

        Raises StuckError when records are waiting but nothing has moved for a minute.
        """
        try:
            while not self._stopping.is_set():
                try:
                    await self._unless_stopping(wait_for_topics(self._kafka))
                    if not self._stopping.is_set():
                        await self._consume()
                except (KafkaError, OSError, TimeoutError) as error:
                    log.warning("connection to Kafka lost, retrying", reason=str(error) or type(error).__name__)
                    await self._pause(1.0)
                except UndecodableError:
                    self._one_by_one = True
        finally:
            await end_within(self._producer.close(), self._left(_PRODUCER_STOPS_BY_S))

    async def _consume(self) -> None:
        consumer = AIOKafkaConsumer(
            **connection_options(self._kafka, "mcm-worker"),
            group_id=self._subscription.group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=10_000,
            heartbeat_interval_ms=3_000,
            rebalance_timeout_ms=30_000,
            fetch_max_bytes=MAX_MESSAGE_BYTES,
        )
        rebalance = RebalanceListener()
        consumer.subscribe([self._subscription.topic], listener=rebalance)
        fetcher = Fetcher(consumer, rebalance, self._subscription.max_records, one_by_one=self._one_by_one)
        self._one_by_one = False
        try:
            await self._unless_stopping(consumer.start())
            log.info("consuming", topic=self._subscription.topic, group=self._subscription.group)
            self._watchdog.moved()
            while not self._stopping.is_set():
                await self._step(consumer, rebalance, fetcher)
        finally:
            await rebalance.in_flight.end(self._left(_BATCH_ENDS_BY_S))
            await fetcher.end()
            await end_within(consumer.stop(), self._left(_CONSUMER_STOPS_BY_S))

    async def _step(self, consumer: AIOKafkaConsumer, rebalance: RebalanceListener, fetcher: Fetcher) -> None:
        await self._unless_stopping(fetcher.collect())
        await self._watchdog.look(consumer)
        if not fetcher.is_worth_a_batch:
            return
        self._watchdog.moved()
        fetched, generation = fetcher.take()
        records = [record for group in fetched.values() for record in group]
        prepared = self._decode([record for record in records if not isinstance(record, Undecodable)])
        lost = [record.dead_letter(self._topics) for record in records if isinstance(record, Undecodable)]
        await self._room(consumer, rebalance)
        # after a stop or a rebalance these records are read again; the batch before may have been left undone
        if not self._stopping.is_set() and rebalance.generation == generation:
            offsets = {partition: group[-1].offset + 1 for partition, group in fetched.items()}
            work = _Work(prepared, lost, offsets, generation, len(records))
            rebalance.in_flight.begin(partial(self._finish, consumer, rebalance, work))

    async def _room(self, consumer: AIOKafkaConsumer, rebalance: RebalanceListener) -> None:
        """Waits until another batch may begin, but no longer than until ``stop``."""
        while not self._stopping.is_set():
            blocker = rebalance.in_flight.blocker()
            if blocker is None:
                return
            await self._unless_stopping(asyncio.wait([blocker], timeout=_LOOK_S))
            await self._watchdog.look(consumer)

    async def _finish(
        self,
        consumer: AIOKafkaConsumer,
        rebalance: RebalanceListener,
        work: "_Work[PreparedT]",
        before: "asyncio.Task[bool] | None",
        allow_next: Callable[[], None],
    ) -> bool:
        """Handles, sends and commits a batch; False says that it was left undone."""
        topic = self._subscription.topic
        started = time.perf_counter()
        wait = _FIRST_BACKOFF_S
        while True:
            try:
                messages = await self._handle(work.prepared, allow_next)
                # a commit speaks for what was read before too
                if before is not None and not await before:
                    return False
                await self._producer.send([*messages, *work.lost])
                break
            except TransientError as error:
                if self._stopping.is_set():
                    log.warning("batch left for the next start", reason=str(error), records=work.records)
                    return False
                RETRIES.labels(topic).inc()
                log.warning(
                    "batch deferred, retrying", reason=str(error), again_in_s=round(wait, 1), records=work.records
                )
                await self._pause(wait * random.uniform(0.5, 1.5))  # noqa: S311 (spreads workers, hides nothing)
                self._watchdog.moved()
                wait = min(wait * 2, _MAX_BACKOFF_S)
        # after a rebalance the partitions are read again from the last commit, by us too: a commit would only set back
        if rebalance.generation == work.generation:
            with contextlib.suppress(*_LOST_PARTITION):
                await consumer.commit(dict(work.offsets))
        BATCH_SECONDS.labels(topic).observe(time.perf_counter() - started)
        RECORDS.labels(topic).inc(work.records)
        self._watchdog.moved()
        self._report_lag(consumer, work.offsets)
        return True

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _unless_stopping(self, job: Coroutine[Any, Any, ResultT]) -> ResultT | None:
        """Awaits a job, but no longer than until ``stop``; None says that it was given up."""
        task, stop = asyncio.create_task(job), asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait([task, stop], return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            stop.cancel()
            if not task.done():
                await end_within(task, 0)

    def _left(self, ends_by_s: float) -> float:
        """Says how long something may take that must have ended so many seconds after ``stop``."""
        since = time.monotonic() - self._asked_to_stop if self._stopping.is_set() else 0.0
        return max(_CANCELLED_WITHIN_S, ends_by_s - since)

    def _report_lag(self, consumer: AIOKafkaConsumer, offsets: Mapping[TopicPartition, int]) -> None:
        for partition, position in offsets.items():
            if partition in consumer.assignment():
                end = consumer.highwater(partition)
                LAG.labels(partition.topic, partition.partition).set(max(0, (end or position) - position))
