"""GitHub: one webhook delivery."""

from datetime import UTC, datetime
from typing import Any, Final

from mcm_rules_engine.sources.github_deliveries import event_type_of
from mcm_rules_engine.sources.github_event_names import event_name_of
from mcm_rules_engine.sources.identity import SERVICE, user_name
from mcm_rules_engine.sources.read import epoch_or_time_at, first_text, id_at, known, text_at
from mcm_rules_engine.sources.source import Payload, Source, Transport
from mcm_shared.contracts.events import SourceEvent, event_uid
from mcm_shared.contracts.sources import GITHUB_WEBHOOK
from mcm_shared.errors import PoisonEventError

NAME: Final = GITHUB_WEBHOOK

EVENT_KEY: Final = "X-GitHub-Event"
"""Key under which a payload holds the event name of its delivery, which GitHub sends as an HTTP header."""

DELIVERY_KEY: Final = "X-GitHub-Delivery"
"""Key under which a receiver may keep the id of the delivery, which GitHub sends as an HTTP header."""

RECEIVED_KEY: Final = "received_at"
"""Key under which a payload without a time of its own holds when it was received."""

_OBJECTS: Final = (
    "deployment_status", "review", "comment", "pull_request", "workflow_run", "workflow_job", "check_run",
    "check_suite", "deployment", "alert", "rule", "key", "issue", "release", "personal_access_token_request",
)  # fmt: skip
"""What an event may be about, the most special first: it holds the time of the event."""

_TIMES: Final = (
    "updated_at",
    "submitted_at",
    "merged_at",
    "closed_at",
    "completed_at",
    "published_at",
    "created_at",
    "pushed_at",
)


def normalise(payload: Any, _fallback_id: str) -> SourceEvent:
    """Makes the event of a delivery; one without an id of its delivery is named by its content.

    The event name is that of the record's ``webhook_event`` header, of the key ``X-GitHub-Event``, or is recognised by
    what the payload holds. A payload that names no time of its own has the time it was received at.
    """
    if not isinstance(payload, dict):
        raise PoisonEventError(f"the payload of a GitHub webhook must be a JSON object, not {type(payload).__name__}")
    name = text_at(payload, EVENT_KEY) or event_name_of(payload)
    if name is None:
        raise PoisonEventError(
            "the name of the webhook's event is missing: send X-GitHub-Event in the record's header webhook_event"
        )
    timestamp = _time(payload)
    content = {key: value for key, value in payload.items() if key != RECEIVED_KEY}
    event_id = id_at(payload, DELIVERY_KEY, {**content, EVENT_KEY: name})
    facts = _common_facts(payload)
    event_type = event_type_of(NAME, name, payload, facts)
    return SourceEvent(
        uid=event_uid(NAME, event_id),
        id=event_id,
        source=NAME,
        event_type=event_type,
        user=_user(payload, event_type),
        timestamp=timestamp,
        raw_data=payload,
        attributes=known(facts),
    )


def _common_facts(payload: Payload) -> dict[str, Any]:
    kind = text_at(payload, "sender", "type")
    return known(
        {
            "repository": text_at(payload, "repository", "full_name"),
            "organisation": text_at(payload, "organization", "login"),
            "actor_type": SERVICE if kind is not None and kind != "User" else None,
        }
    )


def _user(payload: Payload, event_type: str) -> str | None:
    merged_by = text_at(payload, "pull_request", "merged_by", "login") if event_type == "pull_request_merged" else None
    return user_name(merged_by, text_at(payload, "sender", "login"), text_at(payload, "pusher", "name"))


def _time(payload: Payload) -> datetime:
    own = _own_time(payload)
    if own is not None:
        return own
    if payload.get(RECEIVED_KEY) is not None:
        return epoch_or_time_at(payload, RECEIVED_KEY)
    # of a file there is no time of receipt; the event is no older than the newest time it mentions
    mentioned = [moment for key in ("repository", "organization", "team") if (moment := _newest(payload.get(key)))]
    committed = _moment(payload.get("head_commit"), "timestamp")
    mentioned += [committed] if committed is not None else []
    if not mentioned:
        raise PoisonEventError("the payload names no time: send the time it was received at as received_at")
    return max(mentioned)


def _own_time(payload: Payload) -> datetime | None:
    if "commits" in payload:
        # a commit may be older than its push by any time
        return _moment(payload.get("repository"), "pushed_at")
    for key in _OBJECTS:
        if key in payload and (moment := _newest(payload[key])) is not None:
            return moment
    return None


def _newest(node: Any) -> datetime | None:
    if not isinstance(node, dict):
        return None
    newest: datetime | None = None
    for key in _TIMES:
        if key in node and (moment := _moment(node, key)) is not None and (newest is None or moment > newest):
            newest = moment
    return newest


def _moment(node: Any, key: str) -> datetime | None:
    if not isinstance(node, dict) or node.get(key) is None:
        return None
    try:
        return epoch_or_time_at(node, key)
    except PoisonEventError:
        return None


def _from_transport(payload: Payload, transport: Transport) -> Payload:
    added: Payload = {}
    if transport.webhook_event and EVENT_KEY not in payload:
        added[EVENT_KEY] = transport.webhook_event
    if transport.received_at is not None and RECEIVED_KEY not in payload and _own_time(payload) is None:
        added[RECEIVED_KEY] = transport.received_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return {**payload, **added} if added else payload


def _recognise(payload: Payload) -> bool:
    has_sender = first_text(text_at(payload, "sender", "login"), text_at(payload, "pusher", "name")) is not None
    return EVENT_KEY in payload or (has_sender and event_name_of(payload) is not None)


SOURCE: Final = Source(
    name=NAME,
    log_source=("github", "webhook"),
    payload="the payload of one webhook delivery of GitHub, with its event name in the header webhook_event",
    normalise=normalise,
    recognise=_recognise,
    from_transport=_from_transport,
)
