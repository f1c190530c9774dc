"""Fetcher: collects the records of the next batch while earlier batches are in progress."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from mcm_shared.kafka.connection import end_within
from mcm_shared.kafka.consumer.rebalance import RebalanceListener
from mcm_shared.kafka.records import Record

_POLL_MS: Final = 200
_POSITION_TIMEOUT_S: Final = 1.0

MAX_FETCHED_BYTES: Final = 4 * 1024 * 1024
"""Payload bytes of a batch beyond which it takes no more records: decoded, they need up to forty times as much."""

RecordsByPartition = dict[TopicPartition, list[Record]]


@dataclass(frozen=True, slots=True)
class Fetched:
    """Fetched records, the offsets to commit once they are handled, and the generation they belong to.

    An offset may lie beyond the last record: transaction markers take up offsets too.
    """

    records: list[Record]
    offsets: Mapping[TopicPartition, int]
    generation: int


class Fetcher:
    """Fetches at most ``max_records`` for a batch, and no more beyond MAX_FETCHED_BYTES.

    It fetches all the time, also while batches are in progress: the client requests more from a broker only when every
    record of its last response was taken, so records would otherwise arrive a whole batch late.
    """

    def __init__(self, consumer: AIOKafkaConsumer, rebalance: RebalanceListener, max_records: int) -> None:
        self._consumer = consumer
        self._rebalance = rebalance
        self._max_records = max_records
        self._fetching: asyncio.Task[tuple[RecordsByPartition, dict[TopicPartition, int], int]] | None = None
        self._records: list[Record] = []
        self._offsets: dict[TopicPartition, int] = {}
        self._bytes = 0
        self._positions: dict[TopicPartition, int] = {}
        self._generation = self._positions_generation = rebalance.generation

    @property
    def has_batch(self) -> bool:
        """Whether to decode the next batch now: it can begin, or it is full and decoded ahead.

        Offsets without records, past transaction markers, are a batch too, once nothing else is in progress.
        """
        blocked = self._rebalance.in_flight.blocker() is not None
        if self._records:
            return not blocked or len(self._records) >= self._max_records or self._is_large
        return bool(self._offsets) and not blocked

    @property
    def _is_large(self) -> bool:
        return self._bytes >= MAX_FETCHED_BYTES

    async def collect(self) -> None:
        """Fetches until records came, a short time has passed, or the next batch may begin.

        Raises the error that a batch in progress ended with.
        """
        blocker = self._rebalance.in_flight.blocker()
        if self._is_large:
            return
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._fetch(self._max_records - len(self._records)))
        ends: list[asyncio.Future[Any]] = [self._fetching]
        if self._records and blocker is not None:
            ends.append(blocker)
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if not self._fetching.done():
            return
        fetched, offsets, generation = self._fetching.result()
        self._fetching = None
        if generation != self._generation:
            # records from before a rebalance are read again, from the last commit
            self._records, self._offsets, self._bytes, self._generation = [], {}, 0, generation
        for records in fetched.values():
            self._records.extend(records)
            self._bytes += sum([len(record.value or b"") for record in records])
        self._offsets |= offsets

    def take(self) -> Fetched:
        """Takes the collected records, as many as fit in MAX_FETCHED_BYTES; at least one."""
        taken = Fetched(self._records, self._offsets, self._generation)
        self._records, self._offsets, size = [], {}, 0
        if self._is_large:
            for number, record in enumerate(taken.records):
                size += len(record.value or b"")
                if size > MAX_FETCHED_BYTES and number:
                    return self._split(taken, number)
        self._bytes = 0
        return taken

    def _split(self, fetched: Fetched, number: int) -> Fetched:
        first, self._records, self._offsets = fetched.records[:number], fetched.records[number:], dict(fetched.offsets)
        self._bytes = sum([len(record.value or b"") for record in self._records])
        # a partition moves as far as its records were taken; past its markers only with the last of them
        offsets = {TopicPartition(record.topic, record.partition): record.offset + 1 for record in first}
        return Fetched(first, offsets, fetched.generation)

    async def end(self) -> None:
        """Stops fetching."""
        if self._fetching is not None:
            await end_within(self._fetching, 0)

    async def _fetch(self, max_records: int) -> tuple[RecordsByPartition, dict[TopicPartition, int], int]:
        fetched: RecordsByPartition = await self._consumer.getmany(timeout_ms=_POLL_MS, max_records=max_records)
        # read before anything is awaited: what was fetched belongs to this generation
        generation = self._rebalance.generation
        if generation != self._positions_generation:
            self._positions, self._positions_generation = {}, generation
        fetched = {partition: records for partition, records in fetched.items() if records}
        return fetched, await self._moved(fetched), generation

    async def _moved(self, fetched: RecordsByPartition) -> dict[TopicPartition, int]:
        """Returns the positions that the fetch moved, past its records and the transaction markers after them."""
        moved = {partition: records[-1].offset + 1 for partition, records in fetched.items()}
        # without its markers a batch is committed all the same: a partition revoked meanwhile is no error
        with contextlib.suppress(KafkaError, TimeoutError):
            async with asyncio.timeout(_POSITION_TIMEOUT_S):
                for partition in self._consumer.assignment():
                    if self._consumer.highwater(partition) is None:
                        continue
                    position = await self._consumer.position(partition)
                    if partition not in moved and partition not in self._positions:
                        committed = await self._consumer.committed(partition) if position else None
                        self._positions[partition] = position if committed is None else committed
                    if partition in moved or position > self._positions[partition]:
                        moved[partition] = max(position, moved.get(partition, 0))
        self._positions |= moved
        return moved
