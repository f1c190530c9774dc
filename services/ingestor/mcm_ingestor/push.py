"""Pushes handwritten canonical events: all of them, or none if one is invalid."""

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import uuid4

import orjson

from mcm_shared.contracts.events import RawEvent, parse_raw_event, require_not_ahead
from mcm_shared.errors import PoisonEventError
from mcm_shared.event_files import Entry


class RefusedError(PoisonEventError):
    """Raised when nothing was pushed; ``reasons`` has the place and reason of each invalid event."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("\n".join([*reasons, "nothing was pushed"]))
        self.reasons = reasons


def validated(entries: Iterable[Entry]) -> dict[str, bytes]:
    """Validates events; returns payloads by id, in order. An event without an id gets one.

    Raises RefusedError with every reason if any event is invalid, or if there are none.
    """
    payloads: dict[str, bytes] = {}
    reasons: list[str] = []
    now = datetime.now(UTC)
    for entry in entries:
        try:
            event = event_of(entry)
            require_not_ahead(event.timestamp, now)
        except PoisonEventError as error:
            reasons.append(f"{entry.place}: {error.reason}")
            continue
        event_id = event.id if event.id is not None else str(uuid4())
        payloads[event_id] = orjson.dumps({**entry.data, "id": event_id})
    if reasons:
        raise RefusedError(reasons)
    if not payloads:
        raise RefusedError(["no events on standard input; write one JSON object per line"])
    return payloads


def event_of(entry: Entry) -> RawEvent:
    """Validates a record as a canonical event; raises PoisonEventError."""
    if entry.error is not None:
        raise PoisonEventError(entry.error)
    return parse_raw_event(entry.data)
