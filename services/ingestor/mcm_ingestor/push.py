"""Pushes canonical events that a person wrote: all of them, or, when one is wrong, none."""

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import uuid4

import orjson

from mcm_shared.contracts.events import RawEvent, parse_raw_event, require_not_ahead
from mcm_shared.errors import PoisonEventError
from mcm_shared.event_files import Entry


class RefusedError(PoisonEventError):
    """Says that nothing was pushed; ``reasons`` holds a place and a reason for each bad event."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("\n".join([*reasons, "nothing was pushed"]))
        self.reasons = reasons


def validated(entries: Iterable[Entry]) -> dict[str, bytes]:
    """Validates events; returns payloads by id, in order, with an id made up where there is none.

    Raises RefusedError with every reason when any is wrong, or when there is none at all.
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
        raise RefusedError(["there is no event on standard input; write one JSON object a line"])
    return payloads


def event_of(entry: Entry) -> RawEvent:
    """Validates a record as a canonical event; raises PoisonEventError."""
    if entry.error is not None:
        raise PoisonEventError(entry.error)
    return parse_raw_event(entry.data)
