"""State of the services' consumer groups: concurrent readers share one read and its connections."""

from collections.abc import Sequence

from mcm_shared.concurrency.coalesce import Coalescer
from mcm_shared.contracts.topics import Topics
from mcm_shared.kafka.consumer_groups import KafkaState, read_kafka_state
from mcm_shared.settings import KafkaSettings


class ConsumerGroups:
    """Reads the state of the consumer groups, once for all that ask at the same time."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self.topics = Topics(kafka.topic_prefix)
        self.reads = 0
        self._kafka = kafka
        self._readers: Coalescer[None, KafkaState] = Coalescer(self._read)

    async def read(self) -> KafkaState:
        """Reads the state; raises BrokerDownError."""
        return await self._readers.do(None)

    async def _read(self, readers: Sequence[None]) -> Sequence[KafkaState]:
        self.reads += 1
        topics = self.topics
        groups = [(topics.group("rules-engine"), topics.raw), (topics.group("enricher"), topics.findings)]
        return [await read_kafka_state(self._kafka, groups, [])] * len(readers)
