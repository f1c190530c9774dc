"""The first step of a batch: records become events, and events meet the rules. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from mcm_rules_engine.sigma.model.ruleset import Match, Ruleset
from mcm_rules_engine.sources import Transport, normalise
from mcm_shared.contracts.events import SourceEvent, require_not_ahead
from mcm_shared.contracts.strict_json import decode_json
from mcm_shared.contracts.topics import SOURCE_HEADER, WEBHOOK_EVENT_HEADER, Topics
from mcm_shared.errors import PoisonEventError
from mcm_shared.kafka.records import Outgoing, Record, dead_letter, header, origin_of
from mcm_shared.metrics import DEAD_LETTERS


@dataclass(slots=True)
class MatchedEvent:
    """An event with the rules that hold for it; ``record`` is where it came from, None outside the stream."""

    event: SourceEvent
    matches: list[Match]
    record: Record | None = None


@dataclass(slots=True)
class Batch:
    """What a batch of records holds: events with their matches, and dead letters for the rest."""

    events: list[MatchedEvent] = field(default_factory=list)
    dead: list[Outgoing] = field(default_factory=list)


class Matcher:
    """Turns records into matched events."""

    def __init__(self, ruleset: Ruleset, topics: Topics, max_event_bytes: int) -> None:
        self._ruleset = ruleset
        self._topics = topics
        self._max_event_bytes = max_event_bytes

    def decode(self, records: Sequence[Record]) -> Batch:
        """Decodes, normalises and matches records; what cannot be processed becomes a dead letter with its reason."""
        batch = Batch()
        for record in records:
            try:
                event = self._event(record)
                matched = MatchedEvent(event, self._ruleset.match(event), record)
            except PoisonEventError as error:
                DEAD_LETTERS.labels(record.topic).inc()
                batch.dead.append(dead_letter(record, error.reason, self._topics))
            else:
                batch.events.append(matched)
        return batch

    def _event(self, record: Record) -> SourceEvent:
        if not record.value:
            raise PoisonEventError("the event is empty")
        payload = decode_json(record.value, self._max_event_bytes)
        # a record without a time of its own (timestamp -1) cannot say when it was written
        written_at = datetime.fromtimestamp(record.timestamp / 1000, UTC) if record.timestamp >= 0 else None
        transport = Transport(header(record, WEBHOOK_EVENT_HEADER), written_at)
        event = normalise(payload, header(record, SOURCE_HEADER), origin_of(record), transport)
        if written_at is not None:
            require_not_ahead(event.timestamp, written_at)
        return event
