"""Decoding: a record becomes an event, and the event is matched against the rules. No I/O."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from mcm_rules_engine.sigma.model.ruleset import Match, Ruleset
from mcm_rules_engine.sources import Transport, normalise, normalise_plain, payloads_of
from mcm_shared.contracts.events import ASSIGNED_ID, SourceEvent, require_not_ahead
from mcm_shared.contracts.strict_json import decode_json
from mcm_shared.contracts.topics import SOURCE_HEADER, WEBHOOK_EVENT_HEADER
from mcm_shared.errors import PartlyPoisonError, PoisonEventError
from mcm_shared.kafka.records import END_OF_TIMESTAMPS, Record, header, origin_of

_SHOWN: Final = 5


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

    def decode(self, record: Record) -> list[MatchedEvent]:
        """Decodes a record into its event, or into the events of a delivery that holds several payloads.

        Raises PoisonEventError for a record that can never be processed, PartlyPoisonError when that is true of some of
        its payloads.
        """
        if not record.value:
            raise PoisonEventError("the event is empty")
        payload = decode_json(record.value, self._max_event_bytes)
        # a record without a time of its own (timestamp -1), or with one that is no date, cannot say when it was written
        is_date = 0 <= record.timestamp < END_OF_TIMESTAMPS
        written_at = datetime.fromtimestamp(record.timestamp / 1000, UTC) if is_date else None
        source = header(record, SOURCE_HEADER)
        plain = normalise_plain(payload) if source is None else None
        if plain is not None:
            return [self._matched(plain, written_at)]
        transport = Transport(header(record, WEBHOOK_EVENT_HEADER), written_at)
        origin = f"{ASSIGNED_ID}{origin_of(record)}"
        payloads = payloads_of(payload, source)
        if payloads is None:
            event = normalise(payload, source, _assigned_id(origin, record.value), transport)
            return [self._matched(event, written_at)]
        decoded: list[MatchedEvent] = []
        poison: list[str] = []
        digest = _assigned_id("", record.value)
        for number, each in enumerate(payloads, start=1):
            try:
                event = normalise(each, source, f"{origin}#{number}{digest}", transport)
                decoded.append(self._matched(event, written_at))
            except PoisonEventError as error:
                poison.append(f"element {number}: {error.reason}")
        if poison:
            reason = f"{len(poison)} of {len(payloads)} elements cannot be processed: {'; '.join(poison[:_SHOWN])}"
            raise PartlyPoisonError(reason, decoded)
        return decoded

    def _matched(self, event: SourceEvent, written_at: datetime | None) -> MatchedEvent:
        if written_at is not None:
            require_not_ahead(event.timestamp, written_at)
        return MatchedEvent(event, self._ruleset.match(event))


def _assigned_id(origin: str, content: bytes) -> str:
    """Names an event without an id by where its record was first written, and by its content.

    A record may claim an origin, as replayed ones do; with other content it gets another id than the record there.
    """
    return f"{origin}/{hashlib.sha256(content).hexdigest()[:16]}"
