"""The engine's batch handler: store events with their detections, then correlate, then publish the findings.

Correlations are evaluated after the commit of the events they read, so no order of events or batches can matter.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from mcm_rules_engine.pipeline.affected import AffectedRows
from mcm_rules_engine.pipeline.behaviour import BehaviourScorer
from mcm_rules_engine.pipeline.decode import MatchedEvent, Matcher
from mcm_rules_engine.pipeline.detect import Detector
from mcm_rules_engine.pipeline.reused_ids import reused_id_events
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.store.events import content_of, read_conflicts
from mcm_rules_engine.store.findings import read_messages
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.engine import AsyncConnection, AsyncEngine, transaction
from mcm_shared.db.events import add_to_rollups, insert_events
from mcm_shared.kafka.records import Outgoing, Record
from mcm_shared.metrics import counter

EVENTS_STORED: Final = counter("mcm_events_stored")
EVENTS_REPEATED: Final = counter("mcm_events_repeated")
EVENTS_CONFLICTING: Final = counter("mcm_events_conflicting")
DETECTIONS_STORED: Final = counter("mcm_detections")

Conflict = tuple[SourceEvent, SourceEvent]
"""Two events of one id, the first one first."""


@dataclass(slots=True)
class _Stored:
    """What a transaction stored; counted in the metrics after its commit."""

    affected: AffectedRows = field(default_factory=AffectedRows)
    new: int = 0
    repeated: int = 0
    conflicting: int = 0


class DetectionHandler:
    """Handles batches of ``events.raw`` with one ruleset; a BatchHandler.

    ``shard`` spreads workers over the rows of counters. ``behaviour`` scores what the batches have changed.
    """

    def __init__(self, engine: AsyncEngine, matcher: Matcher, ruleset: Ruleset, topics: Topics, shard: int) -> None:
        self._engine = engine
        self._matcher = matcher
        self._ruleset = ruleset
        self._detector = Detector(ruleset, shard)
        self.behaviour = BehaviourScorer(ruleset, shard)
        self._topics = topics
        self._shard = shard
        self.last_batch_at = 0.0

    def decode(self, record: Record) -> list[MatchedEvent]:
        """Decodes a record and matches its events: one, or those of a delivery that holds several."""
        return self._matcher.decode(record)

    async def store(self, batch: Sequence[list[MatchedEvent]]) -> AffectedRows:
        """Stores events with their detections and roll-ups; returns the rows that correlations read, new or not."""
        self.last_batch_at = time.monotonic()
        once, repeats = first_of_each([event for decoded in batch for event in decoded])
        conflicts = [(first, repeat) for first, repeat in repeats if content_of(first) != content_of(repeat)]
        async with transaction(self._engine) as connection:
            stored = await self._store(connection, once, conflicts)
        EVENTS_STORED.inc(stored.new)
        EVENTS_REPEATED.inc(stored.repeated + len(repeats))
        EVENTS_CONFLICTING.inc(stored.conflicting + len(conflicts))
        return stored.affected

    async def complete(self, stored: AffectedRows) -> Sequence[Outgoing]:
        """Evaluates the correlations over stored events; returns the messages of every finding they affect."""
        await self._detector.correlate(self._engine, stored)
        findings = await self._read(stored.findings)
        DETECTIONS_STORED.inc(stored.detected)
        return [finding_message(finding, self._topics) for finding in findings]

    async def _store(
        self, connection: AsyncConnection, matched: Sequence[MatchedEvent], conflicts: Sequence[Conflict]
    ) -> _Stored:
        events = [entry.event for entry in matched]
        row_ids = await insert_events(connection, events, processed=True)
        if len(row_ids) == len(events) and not conflicts:
            affected = await self._detector.detect(connection, matched, row_ids)
            await add_to_rollups(connection, events, self._shard)
            return _Stored(affected, len(row_ids))
        repeated = [event for event in events if event.uid not in row_ids]
        standing = await read_conflicts(connection, repeated)
        conflicts = [*conflicts, *((standing[each.uid].event, each) for each in repeated if each.uid in standing)]
        # the first content counts, and its correlations may be due: the worker that stored it may have died since
        matched = [self._matched(standing[e.event.uid].event) if e.event.uid in standing else e for e in matched]
        evidence = {event.uid: event for pair in conflicts for event in reused_id_events(*pair)}
        row_ids |= await insert_events(connection, list(evidence.values()), processed=True)
        matched = [*matched, *map(self._matched, evidence.values())]
        affected = await self._detector.detect(connection, matched, row_ids)
        new = [event for event in (*events, *evidence.values()) if event.uid in row_ids]
        await add_to_rollups(connection, new, self._shard)
        return _Stored(affected, len(new), len(repeated), len(standing))

    def _matched(self, event: SourceEvent) -> MatchedEvent:
        return MatchedEvent(event, self._ruleset.match(event))

    async def _read(self, uids: set[UUID]) -> list[FindingMessage]:
        if not uids:
            return []
        async with transaction(self._engine, read_only=True) as connection:
            return await read_messages(connection, uids)


def finding_message(finding: FindingMessage, topics: Topics) -> Outgoing:
    """Builds the message for the ``findings`` topic."""
    return Outgoing(topics.findings, finding.model_dump_json().encode(), key=finding.uid.bytes)


def first_of_each(events: Sequence[MatchedEvent]) -> tuple[list[MatchedEvent], list[Conflict]]:
    """Returns the first event of each id, and each of the others with the first one of its id."""
    first: dict[UUID, MatchedEvent] = {}
    repeats: list[Conflict] = []
    for entry in events:
        known = first.setdefault(entry.event.uid, entry)
        if known is not entry:
            repeats.append((known.event, entry.event))
    return list(first.values()), repeats
