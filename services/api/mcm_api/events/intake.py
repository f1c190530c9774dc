"""Taking events over HTTP: all of a request are valid and acknowledged by Kafka, or none is accepted."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

import orjson

from mcm_api.access.pushing import PushAllowance
from mcm_api.events.new_names import MAX_NEW_PER_HOUR, NewNames
from mcm_api.events.schemas import MAX_INTAKE
from mcm_api.http.body import SMALL_BYTES
from mcm_api.http.metrics import count_accepted
from mcm_api.http.problems import ProblemError, ProblemItem, invalid, retry_after
from mcm_api.resources.send_batched import CoalescingSender
from mcm_shared.contracts.events import event_uid, parse_pushed_event, require_not_ahead
from mcm_shared.contracts.strict_json import MAX_VALUES, decode_json, require_size, require_values
from mcm_shared.errors import BrokerDownError, PoisonEventError
from mcm_shared.kafka.records import Outgoing

MAX_BODY_VALUES: Final = 300_000
"""Values that all events of a request may hold."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """One event of a request, ready to be sent."""

    id: str
    uid: UUID
    source: str
    event_type: str
    message: Outgoing


@dataclass(frozen=True, slots=True)
class Intake:
    """Validates pushed events and sends them to ``topic``."""

    sender: CoalescingSender
    topic: str
    max_event_bytes: int
    timeout_s: float
    sources: NewNames = field(default_factory=NewNames)
    event_types: NewNames = field(default_factory=NewNames)
    large_bodies: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    async def push(self, body: bytes, allowance: PushAllowance) -> list[Pushed]:
        """Sends the event or the array of events in ``body`` to Kafka and returns once all are acknowledged.

        Raises ProblemError: 422 naming each bad event, 403 for sources that the identity may not push, 503 when Kafka
        does not take them in time.
        """
        events = await self._validated(body)
        allowance.require({event.source for event in events})
        self._require_few_new(events)
        try:
            async with asyncio.timeout(self.timeout_s):
                await self.sender.send([event.message for event in events])
        except (BrokerDownError, TimeoutError) as error:
            raise ProblemError(
                503,
                "Kafka has not acknowledged the events; send them again with the ids in `ids`: "
                "what was taken already is then not counted twice.",
                headers=retry_after(),
                extra={"ids": [event.id for event in events]},
            ) from error
        except PoisonEventError as error:
            raise invalid(error.reason, [ProblemItem(reason=error.reason)]) from error
        count_accepted(len(events))
        return events

    def _require_few_new(self, events: Sequence[Pushed]) -> None:
        for what, known, names in (
            ("sources", self.sources, {event.source for event in events}),
            ("event types", self.event_types, {event.event_type for event in events}),
        ):
            if not known.admit(names):
                reason = f"more than {MAX_NEW_PER_HOUR} new {what} in an hour; put what varies inside raw_data"
                raise invalid(f"Nothing was accepted: {reason}.", [ProblemItem(reason=reason)])

    async def _validated(self, body: bytes) -> list[Pushed]:
        if len(body) <= SMALL_BYTES:
            return self._validate(body)
        # in a thread, so that other requests go on; one at a time, for the decoded values need much more memory
        async with self.large_bodies:
            return await asyncio.to_thread(self._validate, body)

    def _validate(self, body: bytes) -> list[Pushed]:
        decoded = _decode(body)
        items = decoded if isinstance(decoded, list) else [decoded]
        if not 1 <= len(items) <= MAX_INTAKE:
            reason = f"send 1 to {MAX_INTAKE:,} events in a request, not {len(items):,}"
            raise invalid(f"Nothing was accepted: {reason}.", [ProblemItem(reason=reason)])
        now = datetime.now(UTC)
        events: list[Pushed] = []
        errors: list[ProblemItem] = []
        for index, item in enumerate(items):
            try:
                events.append(self._one(item, now))
            except PoisonEventError as error:
                errors.append(ProblemItem(index=index, reason=error.reason))
        if errors:
            raise _refused(errors, of_array=isinstance(decoded, list))
        return events

    def _one(self, item: Any, now: datetime) -> Pushed:
        event = parse_pushed_event(item)
        require_not_ahead(event.timestamp, now)
        event_id = event.id if event.id is not None else str(uuid4())
        value = orjson.dumps({**item, "id": event_id})
        require_size(value, self.max_event_bytes)
        require_values(value, MAX_VALUES)
        key = (event.user or event_id).encode()
        return Pushed(
            event_id,
            event_uid(event.source, event_id),
            event.source,
            event.event_type,
            Outgoing(self.topic, value, key),
        )


def _decode(body: bytes) -> Any:
    try:
        return decode_json(body, len(body), MAX_BODY_VALUES)
    except PoisonEventError as error:
        named = _which(body)
        raise _refused(named or [ProblemItem(reason=error.reason)], of_array=bool(named)) from None


def _which(body: bytes) -> list[ProblemItem]:
    """Finds the events of an array that made it undecodable; none when the whole is not JSON."""
    try:
        require_values(body, MAX_BODY_VALUES)
        items = json.loads(body)
    except PoisonEventError:
        return []
    except (ValueError, RecursionError):
        return []
    if not isinstance(items, list):
        return []
    errors = []
    for index, item in enumerate(items[:MAX_INTAKE]):
        encoded = json.dumps(item).encode()
        try:
            decode_json(encoded, len(encoded))
        except PoisonEventError as error:
            errors.append(ProblemItem(index=index, reason=error.reason))
    return errors


def _refused(errors: Sequence[ProblemItem], *, of_array: bool) -> ProblemError:
    first = errors[0]
    where = f"event {first.index} of the array: " if of_array else ""
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return invalid(f"Nothing was accepted: {where}{first.reason}{more}.", errors)
