"""The enricher's batch handler: findings from ``findings`` are enriched and published to ``findings.enriched``."""

from collections.abc import Sequence

from mcm_enricher.enrich import Enricher
from mcm_enricher.publish import enriched_messages
from mcm_shared.contracts.findings import FindingMessage, parse_finding
from mcm_shared.contracts.topics import Topics
from mcm_shared.kafka.records import Outgoing, Record


class EnrichmentHandler:
    """Handles batches of ``findings`` with an enricher; a BatchHandler."""

    def __init__(self, enricher: Enricher, topics: Topics) -> None:
        self._enricher = enricher
        self._topics = topics

    def decode(self, record: Record) -> FindingMessage:
        """Decodes a finding."""
        return parse_finding(record.value)

    async def store(self, batch: Sequence[FindingMessage]) -> list[FindingMessage]:
        """Explains findings and writes their AI columns; returns the findings to publish."""
        return await self._enricher.enrich(batch)

    async def complete(self, stored: list[FindingMessage]) -> Sequence[Outgoing]:
        """Returns the messages of the enriched findings."""
        return enriched_messages(stored, self._topics)
