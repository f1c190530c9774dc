"""Collecting the records of the next batch, while those before it are handled."""

import asyncio
from typing import Any, Final

from aiokafka import AIOKafkaConsumer

from mcm_shared.kafka.connection import end_within
from mcm_shared.kafka.consumer.rebalance import RebalanceListener
from mcm_shared.kafka.consumer.undecodable import Fetched, fetch, fetch_one_by_one

_POLL_MS: Final = 200


class Fetcher:
    """Fetches from a consumer, at most ``max_records`` for a batch; ``singly``: one by one, since one is unreadable.

    It never stops fetching while batches are handled: the client asks a broker for nothing more as long as a record of
    its last answer is not taken, so what came meanwhile would be a whole batch late.
    """

    def __init__(
        self, consumer: AIOKafkaConsumer, rebalance: RebalanceListener, max_records: int, *, one_by_one: bool
    ) -> None:
        self._consumer = consumer
        self._handover = rebalance
        self._max_records = max_records
        self._one_by_one = one_by_one
        self._fetching: asyncio.Task[tuple[Fetched, int]] | None = None
        self._fetched: Fetched = {}
        self._count = 0
        self._generation = rebalance.generation

    @property
    def is_worth_a_batch(self) -> bool:
        """Says that records are there and a batch of them may begin, or is worth decoding ahead."""
        few = 2 * self._count < self._max_records
        return self._count > 0 and not (few and self._handover.in_flight.blocker())

    async def collect(self) -> None:
        """Fetches more, until some came, a short time is over, or another batch may begin.

        Raises UndecodableError, and what a batch in hand ended with.
        """
        blocker = self._handover.in_flight.blocker()
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._fetch(self._max_records - self._count))
        ends: list[asyncio.Future[Any]] = [self._fetching]
        if self._count and blocker is not None:
            ends.append(blocker)
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if not self._fetching.done():
            return
        fetched, generation = self._fetching.result()
        self._fetching = None
        if generation != self._generation:
            # what was fetched before a rebalance is read again, from the last commit
            self._fetched, self._count, self._generation = {}, 0, generation
        for partition, records in fetched.items():
            self._fetched.setdefault(partition, []).extend(records)
            self._count += len(records)

    def take(self) -> tuple[Fetched, int]:
        """Returns what was collected, by partition, and of which generation it is."""
        taken = self._fetched, self._generation
        self._fetched, self._count = {}, 0
        return taken

    async def end(self) -> None:
        """Stops fetching."""
        if self._fetching is not None:
            await end_within(self._fetching, 0)

    async def _fetch(self, most: int) -> tuple[Fetched, int]:
        if self._one_by_one:
            fetched = await fetch_one_by_one(self._consumer, _POLL_MS, most)
            self._one_by_one = bool(fetched)
        else:
            fetched = await fetch(self._consumer, _POLL_MS, most)
        return {partition: records for partition, records in fetched.items() if records}, self._handover.generation
