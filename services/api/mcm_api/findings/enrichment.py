"""Scoring and explaining findings on request."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from mcm_enricher import EnrichedPublisher, RunningExplainer, enrich_now, missing_ids
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.db.engine import AsyncEngine
from mcm_shared.errors import BrokerDownError
from mcm_shared.kafka.producer import Producer

log = structlog.get_logger()

_LIMIT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class EnrichmentService:
    """Has findings explained by ``explainer``, ``concurrency`` at once; ``producer`` is None without Kafka.

    What a model has not explained ``limit_s`` seconds after a request came, the heuristic explains.
    """

    engine: AsyncEngine
    explainer: RunningExplainer
    producer: Producer | None
    publisher: EnrichedPublisher
    concurrency: int
    limit_s: float = _LIMIT_S

    async def explain(self, finding_ids: Sequence[int]) -> list[FindingMessage]:
        """Explains findings by id, also those explained before; those that are not there are left out.

        Raises DatabaseDownError when the database is out of reach.
        """
        return await enrich_now(
            self.engine, finding_ids, self.explainer, concurrency=self.concurrency, timeout_s=self.limit_s
        )

    async def explain_missing(self, limit: int) -> list[FindingMessage]:
        """Explains up to ``limit`` findings that have no risk score, the oldest first."""
        return await self.explain(await missing_ids(self.engine, limit))

    async def publish(self, enriched: Sequence[FindingMessage]) -> None:
        """Publishes enriched findings; without Kafka, or while it is down, they are in the database all the same."""
        try:
            await self.publisher.publish(enriched)
        except BrokerDownError as error:
            log.warning("enriched findings were not published", findings=len(enriched), reason=str(error))

    async def close(self) -> None:
        """Ends questions under way and lets go of the model, of Kafka and of the database."""
        await asyncio.gather(
            self.explainer.close(), *([] if self.producer is None else [self.producer.close()]), return_exceptions=True
        )
        await self.engine.dispose()
