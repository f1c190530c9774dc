"""File scan: runs the engine over the events of files, without broker or server."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from mcm_rules_engine.offline.event_reader import EventReader, Refuse
from mcm_rules_engine.offline.in_memory import Evaluation
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.db.memory import memory_database

MAX_EVENT_IDS: Final = 100
"""Events named with a finding, at most."""


@dataclass(frozen=True, slots=True)
class ScannedFinding:
    """A finding with the ids of the events that took part in it, the earliest first, as their source gave them."""

    finding: FindingMessage
    event_ids: list[str]

    def json(self) -> bytes:
        """Writes the finding as one line of JSON."""
        finding = self.finding
        row = {
            "rule_id": finding.rule_id,
            "rule_name": finding.rule_name,
            "severity": finding.severity.value,
            "group": finding.group,
            "user": finding.user,
            "first_seen": finding.first_seen,
            "last_seen": finding.last_seen,
            "detection_count": finding.detection_count,
            "event_ids": self.event_ids,
        }
        return orjson.dumps(row, option=orjson.OPT_UTC_Z)


@dataclass(slots=True)
class Scan:
    """Result of a scan; ``refused`` counts the records that are not events."""

    findings: list[ScannedFinding]
    events: int
    refused: int


async def scan(names: Sequence[str], source: str, ruleset: Ruleset, max_event_bytes: int, refuse: Refuse) -> Scan:
    """Evaluates the events of files (``-``: standard input) by a ruleset; a record that is not an event is refused.

    ``source`` is a native source, CANONICAL or ENVELOPE. Raises ConfigurationError for an unknown source and for a
    file that cannot be read.
    """
    reader = EventReader(names, source, max_event_bytes, refuse)
    async with memory_database() as engine:
        evaluation = Evaluation(engine, ruleset, MAX_EVENT_IDS)
        for batch in reader.batches():
            await evaluation.add(batch)
        findings = await evaluation.findings()
        event_ids = await evaluation.event_ids()
    scanned = [ScannedFinding(finding, event_ids.get(finding.id, [])) for finding in findings]
    return Scan(scanned, reader.events, reader.refused)
