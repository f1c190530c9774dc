"""Decoding: a record becomes an event, and the event is matched against the rules. No I/O."""

from dataclasses import dataclass
from datetime import UTC, datetime

from mcm_rules_engine.sigma.model.ruleset import Match, Ruleset
from mcm_rules_engine.sources import Transport, normalise
from mcm_shared.contracts.events import SourceEvent, require_not_ahead
from mcm_shared.contracts.strict_json import decode_json
from mcm_shared.contracts.topics import SOURCE_HEADER, WEBHOOK_EVENT_HEADER
from mcm_shared.errors import PoisonEventError
from mcm_shared.kafka.records import Record, header, origin_of


@dataclass(slots=True)
class MatchedEvent:
    """An event with the rules that match it."""

    event: SourceEvent
    matches: list[Match]


class Matcher:
    """Decodes, normalises and matches records against one ruleset."""

    def __init__(self, ruleset: Ruleset, max_event_bytes: int) -> None:
        self._ruleset = ruleset
        self._max_event_bytes = max_event_bytes

    def decode(self, record: Record) -> MatchedEvent:
        """Decodes a record; raises PoisonEventError for one that can never be processed."""
        event = self._event(record)
        return MatchedEvent(event, self._ruleset.match(event))

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
