"""Processing a batch: store, look, raise, publish. It looks after its commit, so that no order of events can matter."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import structlog
from prometheus_client import Counter

from mcm_rules_engine.pipeline.decode import Batch, MatchedEvent
from mcm_rules_engine.pipeline.detect import AffectedRows, Detector
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.store.events import content_of, read_conflicts
from mcm_rules_engine.store.findings import read_messages
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.findings import FindingMessage
from mcm_shared.contracts.topics import Topics
from mcm_shared.db.engine import AsyncConnection, AsyncEngine, transaction
from mcm_shared.db.events import add_to_rollups, insert_events
from mcm_shared.errors import DataRefusedError
from mcm_shared.kafka.records import Outgoing, dead_letter
from mcm_shared.metrics import DEAD_LETTERS

log = structlog.get_logger()

EVENTS_STORED: Final = Counter("mcm_events_stored", "Events stored for the first time")
EVENTS_REPEATED: Final = Counter("mcm_events_repeated", "Events that were stored before")
EVENTS_CONFLICTING: Final = Counter(
    "mcm_events_conflicting", "Events whose id was stored before with other content; the first one stays"
)
DETECTIONS_STORED: Final = Counter("mcm_detections", "Detections stored for the first time")


@dataclass(slots=True)
class _Stored:
    """What storing a part of a batch came to; counted in the metrics after its commit."""

    affected: AffectedRows = field(default_factory=AffectedRows)
    new: int = 0
    repeated: int = 0
    conflicting: int = 0


def _nobody_waits() -> None:
    pass


class Processor:
    """Handles the batches of one worker; ``shard`` spreads workers over the rows of counters."""

    def __init__(self, engine: AsyncEngine, ruleset: Ruleset, topics: Topics, shard: int) -> None:
        self._engine = engine
        self._ruleset = ruleset
        self._detector = Detector(ruleset, shard)
        self._topics = topics
        self._shard = shard

    async def handle(self, batch: Batch, stored: Callable[[], None] = _nobody_waits) -> Sequence[Outgoing]:
        """Stores a batch and returns what to publish: every finding it touches, and the dead letters.

        Calls ``stored`` when the events are committed: what is left to do of this batch can be done beside the next
        one, as it is beside those of other workers. Raises DatabaseDownError when the batch should be tried again.
        """
        affected, refused = await self._store_or_split(first_of_each(batch.events))
        stored()
        await self._detector.correlate(self._engine, affected)
        DETECTIONS_STORED.inc(affected.detected)
        findings = await self._read(affected.findings)
        return [*batch.dead, *refused, *(published(finding, self._topics) for finding in findings)]

    async def _store_or_split(self, events: Sequence[MatchedEvent]) -> tuple[AffectedRows, list[Outgoing]]:
        if not events:
            return AffectedRows(), []
        try:
            async with transaction(self._engine) as connection:
                stored = await self._store(connection, events)
        except DataRefusedError as error:
            # halve the batch until the one event is found
            if len(events) == 1:
                return AffectedRows(), [self._refused(events[0], error)]
            middle = len(events) // 2
            affected, refused = await self._store_or_split(events[:middle])
            more_touches, more_refused = await self._store_or_split(events[middle:])
            affected.add(more_touches)
            return affected, refused + more_refused
        EVENTS_STORED.inc(stored.new)
        EVENTS_REPEATED.inc(stored.repeated)
        EVENTS_CONFLICTING.inc(stored.conflicting)
        return stored.affected, []

    async def _store(self, connection: AsyncConnection, matched: Sequence[MatchedEvent]) -> _Stored:
        events = [entry.event for entry in matched]
        row_ids = await insert_events(connection, events, processed=True)
        if len(row_ids) == len(events):
            affected = await self._detector.detect(connection, matched, row_ids)
            await add_to_rollups(connection, events, self._shard)
            return _Stored(affected, len(row_ids))
        repeated = [event for event in events if event.uid not in row_ids]
        conflicts = await read_conflicts(connection, repeated)
        # what was stored first counts, and its groups may still wait for a look: whoever stored it may have died
        standing = [self._matched(conflicts[e.event.uid].event) if e.event.uid in conflicts else e for e in matched]
        affected = await self._detector.detect(connection, standing, row_ids)
        await add_to_rollups(connection, (event for event in events if event.uid in row_ids), self._shard)
        return _Stored(affected, len(row_ids), len(repeated), len(conflicts))

    def _matched(self, event: SourceEvent) -> MatchedEvent:
        return MatchedEvent(event, self._ruleset.match(event))

    async def _read(self, uids: set[UUID]) -> list[FindingMessage]:
        if not uids:
            return []
        async with transaction(self._engine, read_only=True) as connection:
            return await read_messages(connection, uids)

    def _refused(self, entry: MatchedEvent, error: DataRefusedError) -> Outgoing:
        if entry.record is None:
            raise error
        reason = f"the database refuses the event: {error}"
        DEAD_LETTERS.labels(entry.record.topic).inc()
        log.warning("event refused by the database", event_uid=str(entry.event.uid), reason=reason)
        return dead_letter(entry.record, reason, self._topics)


def published(finding: FindingMessage, topics: Topics) -> Outgoing:
    """Makes the message for the ``findings`` topic."""
    return Outgoing(topics.findings, finding.model_dump_json().encode(), key=finding.uid.bytes)


def first_of_each(events: Sequence[MatchedEvent]) -> list[MatchedEvent]:
    """Keeps the first of the events that carry the same id; the metrics count the others."""
    first: dict[UUID, MatchedEvent] = {}
    for entry in events:
        known = first.setdefault(entry.event.uid, entry)
        if known is not entry:
            EVENTS_REPEATED.inc()
            if content_of(known.event) != content_of(entry.event):
                EVENTS_CONFLICTING.inc()
    return list(first.values())
