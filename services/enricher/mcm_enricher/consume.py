"""Enriching findings as they come from Kafka: what cannot be a finding is dead-lettered, the rest is told on."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from pydantic import ValidationError

from mcm_enricher.enrich import Enricher
from mcm_enricher.publish import enriched_messages
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.contracts.topics import Topics
from mcm_shared.errors import DataRefusedError, PoisonEventError
from mcm_shared.kafka.records import Outgoing, Record, dead_letter
from mcm_shared.metrics import DEAD_LETTERS

log = structlog.get_logger()

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MAX_VERSIONS: Final = 2**31 - 1
_MAX_DETECTIONS: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Batch:
    """Findings with the records they came in, and the dead letters of those that are none."""

    findings: Sequence[tuple[FindingMessage, Record]]
    dead: Sequence[Outgoing]


class FindingConsumer:
    """Handles batches of the ``findings`` topic with an enricher."""

    def __init__(self, enricher: Enricher, topics: Topics) -> None:
        self._enricher = enricher
        self._topics = topics

    def decode(self, records: Sequence[Record]) -> Batch:
        """Reads the findings of a batch."""
        findings: list[tuple[FindingMessage, Record]] = []
        dead: list[Outgoing] = []
        for record in records:
            try:
                findings.append((parse_finding(record.value), record))
            except PoisonEventError as error:
                dead.append(self._dead_letter(record, error.reason))
        return Batch(findings, dead)

    async def handle(self, batch: Batch, _: Callable[[], None]) -> Sequence[Outgoing]:
        """Enriches a batch and returns what to tell; raises DatabaseDownError when it should be tried again."""
        return [*batch.dead, *await self._enrich_or_split(batch.findings)]

    async def _enrich_or_split(self, findings: Sequence[tuple[FindingMessage, Record]]) -> list[Outgoing]:
        try:
            enriched = await self._enricher.enrich(finding for finding, _ in findings)
        except DataRefusedError as error:
            # the database refuses a value: halve the batch until the one finding is found
            if len(findings) == 1:
                return [self._dead_letter(findings[0][1], f"the database refuses the enrichment: {error}")]
            middle = len(findings) // 2
            return await self._enrich_or_split(findings[:middle]) + await self._enrich_or_split(findings[middle:])
        return enriched_messages(enriched, self._topics)

    def _dead_letter(self, record: Record, reason: str) -> Outgoing:
        DEAD_LETTERS.labels(record.topic).inc()
        log.warning("finding refused", partition=record.partition, offset=record.offset, reason=reason)
        return dead_letter(record, reason, self._topics)


def parse_finding(value: bytes | None) -> FindingMessage:
    """Reads a finding from a record's value; raises PoisonEventError saying what is wrong with it."""
    try:
        finding = FindingMessage.model_validate_json(value or b"")
    except ValidationError as error:
        detail = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, detail["loc"]))
        raise PoisonEventError(f"not a finding: {f'{field}: ' if field else ''}{detail['msg']}") from None
    if not (0 <= finding.version <= _MAX_VERSIONS and 0 <= finding.detection_count <= _MAX_DETECTIONS):
        raise PoisonEventError("not a finding: version or detection_count is out of range")
    if _UUID.fullmatch(finding.rule_id) is None:
        raise PoisonEventError("not a finding: rule_id is not a UUID")
    if finding.first_seen.tzinfo is None or finding.last_seen.tzinfo is None:
        raise PoisonEventError("not a finding: first_seen and last_seen need a time zone")
    return finding
