"""Rebalance listener: finishes the batches in flight before partitions move to another worker."""

from collections.abc import Collection
from typing import Final

from aiokafka import ConsumerRebalanceListener, TopicPartition

from mcm_shared.kafka.consumer.in_flight import InFlightBatches
from mcm_shared.metrics import gauge

LAG: Final = gauge("mcm_lag")

_FINISH_WITHIN_S: Final = 5.0


class RebalanceListener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Lets the batches in flight finish and commit before a rebalance, so that no other worker reads them again.

    ``generation`` rises with each rebalance. A batch of an earlier generation is not committed: the worker that now
    owns the partition reads its records again.
    """

    def __init__(self) -> None:
        self.in_flight = InFlightBatches()
        self.generation = 0
        self._revoking = False

    def allows(self, generation: int) -> bool:
        """Whether a batch of this generation may begin: its partitions are still assigned, and stay so."""
        return generation == self.generation and not self._revoking

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:  # noqa: ARG002
        """Waits a few seconds for the batches in flight; the whole group waits meanwhile."""
        # a batch that began now would end in the next generation, uncommitted, and be read twice
        self._revoking = True
        try:
            await self.in_flight.settle(_FINISH_WITHIN_S)
        finally:
            self.generation += 1
            self._revoking = False
        # the lag of a partition is reported by its owner
        LAG.clear()

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Does nothing: partitions are read from their last commit."""
