"""Deliveries of webhooks: each event of one goes to Kafka with its source, and is acknowledged."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from mcm_api.http.metrics import count_accepted
from mcm_api.http.problems import ProblemError, ProblemItem, invalid, retry_after
from mcm_api.resources.send_batched import CoalescingSender
from mcm_shared.contracts.events import EVENT_TYPE_PATTERN, MAX_TEXT, parse_pushed_event, parse_time, payload_id
from mcm_shared.contracts.sources import GITHUB_WEBHOOK, OKTA_SYSTEM
from mcm_shared.contracts.strict_json import MAX_VALUES, decode_json
from mcm_shared.contracts.topics import SOURCE_HEADER, WEBHOOK_EVENT_HEADER
from mcm_shared.errors import BrokerDownError, PoisonEventError
from mcm_shared.kafka.records import Outgoing

DELIVERY_KEY: Final = "X-GitHub-Delivery"
"""Key of GitHub's payload that holds the id of the delivery, so that a redelivery is the same event."""

_MAX_EVENTS: Final = 1000
_OTHER_TYPE: Final = "received"


@dataclass(frozen=True, slots=True)
class WebhookReceiver:
    """Sends the events of deliveries to ``topic`` and returns once all are acknowledged.

    Raises ProblemError: 422 for a body that is no delivery, 503 when Kafka does not take it in time. Senders repeat a
    delivery that was not answered with success, and a repeated event changes nothing.
    """

    sender: CoalescingSender
    topic: str
    timeout_s: float

    async def github(self, body: bytes, headers: Mapping[str, str]) -> int:
        """Sends a delivery of GitHub; a ping holds no event."""
        payload = _object_in(body)
        event = headers.get("x-github-event", "")
        if event == "ping":
            return 0
        delivery = headers.get("x-github-delivery")
        if delivery:
            payload = {**payload, DELIVERY_KEY: delivery}
        return await self._send(
            [Outgoing(self.topic, orjson.dumps(payload), headers=_headers(GITHUB_WEBHOOK, webhook_event=event))]
        )

    async def okta(self, body: bytes) -> int:
        """Sends the entries of the System Log that an event hook delivers."""
        data = _object_in(body).get("data")
        events = data.get("events") if isinstance(data, dict) else None
        if not isinstance(events, list) or len(events) > _MAX_EVENTS:
            raise _refused("data.events must be an array of at most 1,000 entries of the System Log")
        return await self._send(
            [Outgoing(self.topic, orjson.dumps(each), headers=_headers(OKTA_SYSTEM)) for each in events]
        )

    async def generic(self, name: str, may_push: Callable[[str], bool], body: bytes, headers: Mapping[str, str]) -> int:
        """Sends canonical events as they are, and makes one of any other object.

        Raises ProblemError 403 for a source that the webhook may not push.
        """
        decoded = _decoded(body)
        items = decoded if isinstance(decoded, list) else [decoded]
        if not 1 <= len(items) <= _MAX_EVENTS:
            raise _refused("send an object, or an array of 1 to 1,000 objects")
        now = datetime.now(UTC)
        message_id = headers.get("webhook-id") if len(items) == 1 else None
        events = [_event(name, item, message_id, now) for item in items]
        refused = sorted({event["source"] for event in events if not may_push(event["source"])})
        if refused:
            pairs = ",".join(f"{name}={source[:100]}" for source in refused[:5])
            detail = (
                f"Nothing was accepted: the webhook {name} pushes the source {name} only; "
                f"add {pairs} to MCM_WEBHOOK_SOURCES if it may speak for others."
            )
            raise ProblemError(403, detail)
        return await self._send(
            [Outgoing(self.topic, orjson.dumps(event, option=orjson.OPT_UTC_Z)) for event in events]
        )

    async def _send(self, messages: Sequence[Outgoing]) -> int:
        try:
            async with asyncio.timeout(self.timeout_s):
                await self.sender.send(messages)
        except (BrokerDownError, TimeoutError) as error:
            raise ProblemError(
                503, "Kafka has not acknowledged the delivery; send it again.", headers=retry_after()
            ) from error
        except PoisonEventError as error:
            raise _refused(error.reason) from error
        count_accepted(len(messages))
        return len(messages)


def _event(name: str, item: Any, message_id: str | None, now: datetime) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise _refused(f"an event must be a JSON object, not {type(item).__name__}")
    if "event_type" in item:
        try:
            event = parse_pushed_event({"source": name, **item})
        except PoisonEventError as error:
            raise _refused(error.reason) from error
        return {"id": message_id or payload_id(item), **item, "source": event.source}
    kind, data = item.get("type"), item.get("data")
    event_type = kind if isinstance(kind, str) and _is_event_type(kind) else f"{name}.{_OTHER_TYPE}"
    user = next((text for key in ("user", "email", "actor") if isinstance(text := item.get(key), str) and text), None)
    return {
        "id": message_id or _text(item.get("id")) or payload_id(item),
        "source": name,
        "event_type": event_type,
        "user": None if user is None else user[:MAX_TEXT],
        "timestamp": _time(item, now),
        # Standard Webhooks puts the facts below data
        "raw_data": data if isinstance(data, dict) else item,
    }


def _time(item: dict[str, Any], now: datetime) -> datetime:
    for key in ("timestamp", "time", "created_at"):
        try:
            return parse_time(item.get(key))
        except ValueError:
            continue
    return now


def _text(value: Any) -> str | None:
    return str(value)[:MAX_TEXT] if isinstance(value, str | int) and value != "" else None


_is_event_type = re.compile(EVENT_TYPE_PATTERN).fullmatch


def _headers(source: str, *, webhook_event: str = "") -> tuple[tuple[str, bytes], ...]:
    named = ((SOURCE_HEADER, source.encode()),)
    return (*named, (WEBHOOK_EVENT_HEADER, webhook_event.encode())) if webhook_event else named


def _object_in(body: bytes) -> dict[str, Any]:
    decoded = _decoded(body)
    if not isinstance(decoded, dict):
        raise _refused(f"a delivery must be a JSON object, not {type(decoded).__name__}")
    return decoded


def _decoded(body: bytes) -> Any:
    try:
        return decode_json(body, len(body), MAX_VALUES)
    except PoisonEventError as error:
        raise _refused(error.reason) from error


def _refused(reason: str) -> ProblemError:
    return invalid(f"Nothing was accepted: {reason}.", [ProblemItem(reason=reason)])
