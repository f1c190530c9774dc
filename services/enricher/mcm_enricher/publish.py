"""Publisher of enriched findings: whole state to ``findings.enriched``, keyed by the finding's uid."""

from collections.abc import Awaitable, Callable, Iterable, Sequence

from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.contracts.topics import Topics
from mcm_shared.kafka.producer import Producer
from mcm_shared.kafka.records import Outgoing

PublishFindings = Callable[[Sequence[FindingMessage]], Awaitable[None]]
"""Publishes enriched findings; raises BrokerDownError when Kafka does not acknowledge them."""


class EnrichedPublisher:
    """Publishes enriched findings; without a producer (no Kafka configured) it does nothing."""

    def __init__(self, producer: Producer | None, topics: Topics) -> None:
        self._producer = producer
        self._topics = topics

    async def publish(self, findings: Sequence[FindingMessage]) -> None:
        """Sends findings and returns when Kafka has acknowledged all; raises BrokerDownError when it does not."""
        if self._producer is not None:
            await self._producer.send(enriched_messages(findings, self._topics))


def enriched_messages(findings: Iterable[FindingMessage], topics: Topics) -> list[Outgoing]:
    """Builds the messages of enriched findings."""
    return [
        Outgoing(topics.enriched, finding.model_dump_json().encode(), key=finding.uid.bytes) for finding in findings
    ]
