"""Consumer loop: fetch, decode, store, complete, send, commit."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Generic, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import (
    CommitFailedError,
    IllegalGenerationError,
    IllegalStateError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)

from mcm_shared.contracts.topics import Topics
from mcm_shared.errors import ConfigurationError
from mcm_shared.kafka.broker_errors import CLIENT_ERRORS
from mcm_shared.kafka.connection import end_within, make_consumer
from mcm_shared.kafka.consumer.failure_policy import Batch, FailurePolicy, LeftUncommittedError, pause
from mcm_shared.kafka.consumer.fetcher import Fetcher
from mcm_shared.kafka.consumer.handler import BatchHandler, DecodedT, StoredT
from mcm_shared.kafka.consumer.rebalance import RebalanceListener
from mcm_shared.kafka.consumer.watchdog import Watchdog
from mcm_shared.kafka.producer import Producer
from mcm_shared.kafka.topics_admin import wait_for_topics
from mcm_shared.metrics import counter, gauge, histogram
from mcm_shared.settings import KafkaSettings

log = structlog.get_logger()

ResultT = TypeVar("ResultT")

RECORDS: Final = counter("mcm_records")
BATCH_SECONDS: Final = histogram("mcm_batch_seconds")
LAG: Final = gauge("mcm_lag")

_CHECK_S: Final = 0.2
# seconds after ``stop``
_BATCH_ENDS_BY_S: Final = 3.0
_CONSUMER_STOPS_BY_S: Final = 5.0
_PRODUCER_STOPS_BY_S: Final = 6.0
_CANCELLED_WITHIN_S: Final = 0.5

# the group has moved on: the new owner of the partition reads the batch again, which does no harm
_LOST_PARTITION = (
    CommitFailedError,
    IllegalGenerationError,
    IllegalStateError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a worker reads: a topic, as a member of a group, at most ``max_records`` for a batch."""

    topic: str
    group: str
    max_records: int = 1000


@dataclass(frozen=True, slots=True)
class _Work(Generic[DecodedT, StoredT]):
    """A decoded batch, and the offsets to commit when it is done."""

    batch: Batch[DecodedT, StoredT]
    records: int
    offsets: Mapping[TopicPartition, int]
    generation: int


class Worker(Generic[DecodedT, StoredT]):
    """Consumes a topic in batches until it is stopped, at least once.

    ``next_handler`` returns the handler of the next batch; a batch keeps its handler to the end. See BatchHandler for
    what happens to a batch, and FailurePolicy for what happens when that fails.
    """

    def __init__(
        self,
        kafka: KafkaSettings,
        subscription: Subscription,
        next_handler: Callable[[], BatchHandler[DecodedT, StoredT]],
    ) -> None:
        self._kafka = kafka
        self._subscription = subscription
        self._next_handler = next_handler
        self._producer = Producer(kafka)
        self._stopping = asyncio.Event()
        self._stop_asked_at = 0.0
        self._has_consumed = False
        self._watchdog = Watchdog()
        self._policy = FailurePolicy(
            subscription.topic,
            Topics(kafka.topic_prefix),
            self._producer,
            stopping=self._stopping,
            watchdog=self._watchdog,
        )

    def stop(self) -> None:
        """Stops the worker within 8 s, whatever is down."""
        self._stop_asked_at = time.monotonic()
        self._stopping.set()

    async def run(self) -> None:
        """Consumes until ``stop``; waits for Kafka and for the handler's dependencies while they are down.

        Raises StuckError when records wait and nothing has moved for a minute.
        """
        try:
            while not self._stopping.is_set():
                try:
                    await self._unless_stopping(wait_for_topics(self._kafka))
                    if not self._stopping.is_set():
                        await self._consume()
                except CLIENT_ERRORS as error:
                    log.warning("connection to Kafka lost, retrying", reason=str(error) or type(error).__name__)
                    await pause(1.0, self._stopping)
                except ConfigurationError as error:
                    # a broker that refuses what it allowed before may allow it again
                    if not self._has_consumed:
                        raise
                    log.warning("Kafka refuses the connection, retrying", reason=str(error))
                    await pause(1.0, self._stopping)
        finally:
            await end_within(self._producer.close(), self._left(_PRODUCER_STOPS_BY_S))

    async def _consume(self) -> None:
        consumer = make_consumer(
            self._kafka,
            "mcm-worker",
            group_id=self._subscription.group,
            auto_offset_reset="earliest",
            session_timeout_ms=10_000,
            heartbeat_interval_ms=3_000,
            rebalance_timeout_ms=30_000,
        )
        rebalance = RebalanceListener()
        consumer.subscribe([self._subscription.topic], listener=rebalance)
        fetcher = Fetcher(consumer, rebalance, self._subscription.max_records)
        try:
            await self._unless_stopping(consumer.start())
            self._has_consumed = True
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
        await self._watchdog.check(consumer)
        if not fetcher.has_batch:
            return
        self._watchdog.moved()
        fetched = fetcher.take()
        batch = await self._policy.decode(self._next_handler(), fetched.records)
        await self._wait_for_turn(consumer, rebalance)
        # after a stop or a rebalance these records are read again; the batch before may have been left uncommitted
        if not self._stopping.is_set() and rebalance.allows(fetched.generation):
            work = _Work(batch, len(fetched.records), fetched.offsets, fetched.generation)
            rebalance.in_flight.begin(partial(self._finish, consumer, rebalance, work))

    async def _wait_for_turn(self, consumer: AIOKafkaConsumer, rebalance: RebalanceListener) -> None:
        """Waits until the next batch may begin, or until ``stop``."""
        while not self._stopping.is_set():
            blocker = rebalance.in_flight.blocker()
            if blocker is None:
                return
            await self._unless_stopping(asyncio.wait([blocker], timeout=_CHECK_S))
            await self._watchdog.check(consumer)

    async def _finish(
        self,
        consumer: AIOKafkaConsumer,
        rebalance: RebalanceListener,
        work: "_Work[DecodedT, StoredT]",
        before: "asyncio.Task[bool] | None",
        allow_next: Callable[[], None],
    ) -> bool:
        """Stores, completes, sends and commits a batch; False when it was left uncommitted."""
        topic = self._subscription.topic
        started = time.perf_counter()
        try:
            parts = await self._policy.store(work.batch)
            allow_next()
            messages = await self._policy.complete(work.batch, parts)
            # a commit covers all records before it, those of the batch before too
            if before is not None and not await before:
                return False
            await self._policy.send(work.batch, messages)
        except LeftUncommittedError:
            return False
        # after a rebalance its partitions are read again from the last commit: a commit would only set the group back
        if rebalance.generation == work.generation:
            with contextlib.suppress(*_LOST_PARTITION):
                await consumer.commit(dict(work.offsets))
        BATCH_SECONDS.labels(topic).observe(time.perf_counter() - started)
        RECORDS.labels(topic).inc(work.records)
        self._watchdog.moved()
        self._report_lag(consumer, work.offsets)
        return True

    async def _unless_stopping(self, job: Coroutine[Any, Any, ResultT]) -> ResultT | None:
        """Awaits a job, but cancels it on ``stop`` and returns None."""
        task, stop = asyncio.create_task(job), asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait([task, stop], return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            stop.cancel()
            if not task.done():
                await end_within(task, 0)

    def _left(self, ends_by_s: float) -> float:
        """Returns the seconds left for something that must end ``ends_by_s`` seconds after ``stop``."""
        since = time.monotonic() - self._stop_asked_at if self._stopping.is_set() else 0.0
        return max(_CANCELLED_WITHIN_S, ends_by_s - since)

    def _report_lag(self, consumer: AIOKafkaConsumer, offsets: Mapping[TopicPartition, int]) -> None:
        for partition, position in offsets.items():
            if partition in consumer.assignment():
                # the end of what may be read: records of open transactions lie beyond it
                end = consumer.last_stable_offset(partition)
                LAG.labels(partition.topic, partition.partition).set(max(0, (end or position) - position))
