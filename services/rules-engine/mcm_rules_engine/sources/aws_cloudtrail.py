"""AWS CloudTrail: one record of a trail's log files or of an event data store."""

import json
from typing import Any, Final

from mcm_rules_engine.sources.aws_actions import event_type_of
from mcm_rules_engine.sources.aws_deployments import state_change
from mcm_rules_engine.sources.aws_grants import grants
from mcm_rules_engine.sources.aws_identity import actor_type_of, session_of, user_of
from mcm_rules_engine.sources.aws_keys import as_recorded, respelled
from mcm_rules_engine.sources.aws_request import Facts
from mcm_rules_engine.sources.read import first_text, id_at, known, other_type, text_at, time_at
from mcm_rules_engine.sources.source import Payload, Source
from mcm_shared.contracts.events import SourceEvent, event_uid
from mcm_shared.errors import PoisonEventError

NAME: Final = "aws.cloudtrail"

_LOOKUP_KEY: Final = "CloudTrailEvent"
_MAX_LOOKUP_TEXT: Final = 1024 * 1024


def normalise(payload: Any, _fallback_id: str) -> SourceEvent:
    """Makes the event of a CloudTrail record, also as EventBridge and LookupEvents deliver it.

    A failed call (``errorCode``) keeps the type of its action, ``aws.cloudtrail.<eventName>``, because nothing changed;
    a failed call that deploys is a failed deployment. A record without an event name (Insights) has the type of its
    insight.
    """
    if not isinstance(payload, dict):
        raise PoisonEventError(f"a CloudTrail record must be a JSON object, not {type(payload).__name__}")
    payload = as_recorded(_record_in(payload))
    if "detail-type" in payload and isinstance(payload.get("detail"), dict):
        return _state_change(payload)
    name = _event_name(payload)
    if name is None:
        raise PoisonEventError("eventName is missing: is this a CloudTrail record?")
    timestamp = time_at(payload, "eventTime")
    event_id = id_at(payload, "eventID", payload)
    facts = _common_facts(payload)
    event_type = event_type_of(payload, name, facts)
    return SourceEvent(
        uid=event_uid(NAME, event_id),
        id=event_id,
        source=NAME,
        event_type=event_type or other_type(NAME, name),
        user=user_of(payload),
        timestamp=timestamp,
        raw_data=payload,
        attributes=facts,
    )


def _record_in(payload: dict[str, Any]) -> dict[str, Any]:
    """Returns the record itself: LookupEvents wraps it as text, EventBridge as the detail of an event of its own."""
    text = payload.get(_LOOKUP_KEY)
    if isinstance(text, str) and len(text) <= _MAX_LOOKUP_TEXT:
        try:
            record = json.loads(text)
        except (ValueError, RecursionError):
            return payload
        return record if isinstance(record, dict) else payload
    detail = payload.get("detail")
    if "detail-type" in payload and isinstance(detail, dict) and "eventName" in detail and "eventTime" in detail:
        return detail
    return payload


def _state_change(envelope: dict[str, Any]) -> SourceEvent:
    timestamp = time_at(envelope, "time")
    event_id = id_at(envelope, "id", envelope)
    facts = known({"region": text_at(envelope, "region"), "account": text_at(envelope, "account")})
    event_type = state_change(envelope, facts)
    return SourceEvent(
        uid=event_uid(NAME, event_id),
        id=event_id,
        source=NAME,
        event_type=event_type or other_type(NAME, (text_at(envelope, "detail-type") or "event").replace(" ", "")),
        user=None,
        timestamp=timestamp,
        raw_data=envelope,
        attributes=facts,
    )


def _event_name(payload: dict[str, Any]) -> str | None:
    return first_text(
        text_at(payload, "eventName"), text_at(payload, "insightDetails", "insightType"), _kind_of_record(payload)
    )


def _kind_of_record(payload: dict[str, Any]) -> str | None:
    return text_at(payload, "eventType") if "eventVersion" in payload else None


def _common_facts(payload: dict[str, Any]) -> Facts:
    ip = text_at(payload, "sourceIPAddress")
    facts = {
        # AWS names itself there when it acts on a customer's behalf
        "ip": None if ip is None or ip.endswith(".amazonaws.com") or ip == "AWS Internal" else ip,
        "user_agent": text_at(payload, "userAgent"),
        "region": text_at(payload, "awsRegion"),
        "account": text_at(payload, "recipientAccountId") or text_at(payload, "userIdentity", "accountId"),
        "error": text_at(payload, "errorCode"),
        "session": session_of(payload),
        "actor_type": actor_type_of(payload),
        **_insight(payload),
    }
    return known(facts)


def _insight(payload: dict[str, Any]) -> Facts:
    details = payload.get("insightDetails")
    return {
        "insight_of": text_at(details, "eventName"),
        "service": (text_at(details, "eventSource") or "").removesuffix(".amazonaws.com") or None,
        "state": text_at(details, "state"),
    }


def _recognise(payload: Payload) -> bool:
    if "detail-type" in payload:
        # partners of EventBridge, such as Okta, deliver in the same envelope
        source = text_at(payload, "source") or ""
        return isinstance(payload.get("detail"), dict) and source.startswith("aws.") and "partner" not in source
    payload = respelled(payload)
    return "eventVersion" in payload or ("eventSource" in payload and "eventName" in payload) or _LOOKUP_KEY in payload


SOURCE: Final = Source(
    name=NAME,
    log_source=("aws", "cloudtrail"),
    payload="one CloudTrail record",
    normalise=normalise,
    recognise=_recognise,
    envelope="Records",
    derived={"grants": grants},
)
