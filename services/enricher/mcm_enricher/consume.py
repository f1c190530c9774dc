"""The enricher's batch handler: findings from ``findings`` are enriched and published to ``findings.enriched``."""

import re
from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError

from mcm_enricher.enrich import Enricher
from mcm_enricher.publish import enriched_messages
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.contracts.topics import Topics
from mcm_shared.errors import PoisonEventError
from mcm_shared.kafka.records import Outgoing, Record

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MAX_VERSION: Final = 2**31 - 1
_MAX_DETECTIONS: Final = 2**63 - 1


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


def parse_finding(value: bytes | None) -> FindingMessage:
    """Decodes a finding from a record's value; raises PoisonEventError with what is wrong with it."""
    try:
        finding = FindingMessage.model_validate_json(value or b"")
    except ValidationError as error:
        detail = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, detail["loc"]))
        raise PoisonEventError(f"not a finding: {f'{field}: ' if field else ''}{detail['msg']}") from None
    if not (0 <= finding.version <= _MAX_VERSION and 0 <= finding.detection_count <= _MAX_DETECTIONS):
        raise PoisonEventError("not a finding: version or detection_count is out of range")
    if _UUID.fullmatch(finding.rule_id) is None:
        raise PoisonEventError("not a finding: rule_id is not a UUID")
    if finding.first_seen.tzinfo is None or finding.last_seen.tzinfo is None:
        raise PoisonEventError("not a finding: first_seen and last_seen need a time zone")
    return finding
