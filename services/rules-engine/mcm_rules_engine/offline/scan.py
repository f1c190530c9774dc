"""File scan: runs the engine over the events of files, without broker or server."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from mcm_rules_engine.offline.in_memory import Evaluation
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.sources import normalise
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.contracts.sources import CANONICAL, ENVELOPE, open_envelope, require_known_source
from mcm_shared.db.memory import memory_database
from mcm_shared.errors import PoisonEventError
from mcm_shared.event_files import Entry, read_entries, require_readable

MAX_EVENT_IDS: Final = 100
"""Events named with a finding, at most."""

_BATCH: Final = 1000


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


Refuse = Callable[[str, str], None]
"""Called with the place of a refused record and the reason."""


async def scan(names: Sequence[str], source: str, ruleset: Ruleset, max_event_bytes: int, refuse: Refuse) -> Scan:
    """Evaluates the events of files (``-``: standard input) by a ruleset; a record that is not an event is refused.

    ``source`` is a native source, CANONICAL or ENVELOPE. Raises ConfigurationError for an unknown source and for a
    file that cannot be read.
    """
    require_known_source(source)
    for name in names:
        require_readable(name)
    reader = _Reader(source, max_event_bytes, refuse)
    async with memory_database() as engine:
        evaluation = Evaluation(engine, ruleset, MAX_EVENT_IDS)
        for batch in reader.batches(names):
            await evaluation.add(batch)
        findings = await evaluation.findings()
        event_ids = await evaluation.event_ids()
    scanned = [ScannedFinding(finding, event_ids.get(finding.id, [])) for finding in findings]
    return Scan(scanned, reader.events, reader.refused)


class _Reader:
    def __init__(self, source: str, max_event_bytes: int, refuse: Refuse) -> None:
        self._source = source
        self._max_event_bytes = max_event_bytes
        self._refuse = refuse
        self.events = 0
        self.refused = 0

    def batches(self, names: Sequence[str]) -> Iterator[list[SourceEvent]]:
        batch: list[SourceEvent] = []
        for name in names:
            for entries in read_entries(name, self._max_event_bytes):
                for entry in entries:
                    event = self._event(entry)
                    if event is not None:
                        batch.append(event)
                    if len(batch) == _BATCH:
                        yield batch
                        batch = []
        if batch:
            yield batch

    def _event(self, entry: Entry) -> SourceEvent | None:
        try:
            event = self._normalised(entry)
        except PoisonEventError as error:
            self.refused += 1
            self._refuse(entry.place, error.reason)
            return None
        self.events += 1
        return event

    def _normalised(self, entry: Entry) -> SourceEvent:
        if entry.error is not None:
            raise PoisonEventError(entry.error)
        source, payload = self._source, entry.data
        if source == ENVELOPE:
            named, payload = open_envelope(payload)
            return normalise(payload, named, entry.place)
        return normalise(payload, None if source == CANONICAL else source, entry.place)
