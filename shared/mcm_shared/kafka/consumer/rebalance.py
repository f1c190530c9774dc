"""What happens when partitions go from one worker to another."""

from collections.abc import Collection
from typing import Final

from aiokafka import ConsumerRebalanceListener, TopicPartition

from mcm_shared.kafka.consumer.in_flight import InFlightBatches
from mcm_shared.metrics import LAG

_FINISH_WITHIN_S: Final = 5.0


class RebalanceListener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Lets the batches in hand be finished and committed before a rebalance, so that nobody reads them again.

    ``generation`` rises with each rebalance: a batch of an earlier one that took longer is read again, by whoever owns
    its partitions now.
    """

    def __init__(self) -> None:
        self.in_flight = InFlightBatches()
        self.generation = 0

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:  # noqa: ARG002
        """Waits a few seconds for the batches in hand; the other workers wait for us meanwhile."""
        await self.in_flight.settle(_FINISH_WITHIN_S)
        self.generation += 1
        # the lag of a partition is told by who owns it
        LAG.clear()

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Does nothing: every partition is read from its last commit."""
