"""Publisher of triaged findings: whole state to ``findings.triaged``, keyed by the finding's uid."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import Depends

from mcm_api.database import DatabaseReader
from mcm_api.http.state import provided
from mcm_api.resources.queries.findings import read_triaged_findings
from mcm_shared.contracts.topics import Topics
from mcm_shared.errors import BrokerDownError, DatabaseDownError
from mcm_shared.kafka.producer import Producer
from mcm_shared.kafka.records import Outgoing

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class TriagePublisher:
    """Publishes triaged findings; without a producer (no Kafka configured) it does nothing."""

    producer: Producer | None
    topics: Topics

    async def publish(self, reader: DatabaseReader, ids: Sequence[int]) -> None:
        """Publishes findings as they are stored; while Kafka is down they are in the database all the same."""
        if self.producer is None or not ids:
            return
        try:
            findings = await read_triaged_findings(reader, ids)
            await self.producer.send(
                [
                    Outgoing(self.topics.triaged, finding.model_dump_json().encode(), key=finding.uid.bytes)
                    for finding in findings
                ]
            )
        except (BrokerDownError, DatabaseDownError) as error:
            log.warning("triaged findings were not published", findings=len(ids), reason=str(error))


TriagePublisherDep = Annotated[TriagePublisher, Depends(provided(TriagePublisher))]
"""Gives a route the publisher of triaged findings."""
