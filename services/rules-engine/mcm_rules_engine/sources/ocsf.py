"""OCSF: one event of the Open Cybersecurity Schema Framework, which Amazon Security Lake and many vendors emit."""

from typing import Any, Final

from mcm_rules_engine.sources.identity import SERVICE, user_name
from mcm_rules_engine.sources.ocsf_classes import ACTIVITIES, CLASSES, snake
from mcm_rules_engine.sources.ocsf_facts import ACTIONS, FAILURE, outcome_of, subject_of
from mcm_rules_engine.sources.read import (
    epoch_or_time_at,
    first_text,
    id_at,
    known,
    number_at,
    other_type,
    text_at,
    value_at,
)
from mcm_rules_engine.sources.source import Payload, Source
from mcm_shared.contracts.events import SourceEvent, event_uid
from mcm_shared.errors import PoisonEventError

NAME: Final = "ocsf"

_SERVICES: Final = ("system", "application", "service")
"""Captions of ``user.type`` that name no person."""


def normalise(payload: Any, _fallback_id: str) -> SourceEvent:
    """Makes the event of an OCSF event, whose ``time`` is in milliseconds since 1970 and whose id is ``metadata.uid``.

    Its class and activity decide the type; one that is none of the known types becomes ``ocsf.<class>.<activity>``.
    """
    if not isinstance(payload, dict):
        raise PoisonEventError(f"an OCSF event must be a JSON object, not {type(payload).__name__}")
    number = class_of(payload)
    if number is None and text_at(payload, "class_name") is None:
        raise PoisonEventError("class_uid is missing: is this an OCSF event?")
    timestamp = epoch_or_time_at(payload, "time" if payload.get("time") is not None else "time_dt")
    metadata = payload.get("metadata")
    event_id = id_at(metadata if isinstance(metadata, dict) else {}, "uid", payload)
    facts = _common_facts(payload)
    action = ACTIONS.get(number or 0)
    event_type = action(payload, facts) if action is not None else ""
    user = subject_of(payload, number)
    return SourceEvent(
        uid=event_uid(NAME, event_id),
        id=event_id,
        source=NAME,
        event_type=event_type or other_type(NAME, _what(payload, number)),
        user=user_name(*_names(user), text_at(payload, "actor", "app_name"), text_at(payload, "actor", "invoked_by")),
        timestamp=timestamp,
        raw_data=payload,
        attributes=known(facts),
    )


def class_of(payload: Payload) -> int | None:
    """Returns the number of an event's class; its type is a hundred times that, plus the activity."""
    number = number_at(payload, "class_uid")
    if number is not None:
        return number
    kind = number_at(payload, "type_uid")
    return None if kind is None else kind // 100


def _names(user: Any) -> list[str | None]:
    root = (text_at(user, "type") or "").lower() == "root"
    account = first_text(text_at(user, "account", "uid"), text_at(user, "account_uid"))
    email = text_at(user, "email_addr")
    return [f"root:{account}" if root and account else None, email, *(text_at(user, key) for key in ("name", "uid"))]


def _what(payload: Payload, number: int | None) -> str:
    activity = number_at(payload, "activity_id")
    named = CLASSES.get(number or 0) or snake(text_at(payload, "class_name")) or f"class_{number}"
    doing = ACTIVITIES.get(number or 0, {}).get(activity or 0) or snake(text_at(payload, "activity_name"))
    return f"{named}.{doing or f'activity_{activity or 0}'}"


def _common_facts(payload: Payload) -> dict[str, Any]:
    user = subject_of(payload, class_of(payload))
    place = value_at(payload, "src_endpoint", "location")
    status = first_text(text_at(payload, "status_detail"), text_at(payload, "message"))
    failed = outcome_of(payload) == FAILURE
    mfa = payload.get("is_mfa") if isinstance(payload.get("is_mfa"), bool) else payload.get("mfa")
    return {
        "ip": text_at(payload, "src_endpoint", "ip"),
        "user_agent": text_at(payload, "http_request", "user_agent"),
        "country": text_at(place, "country"),
        "city": text_at(place, "city"),
        "region": text_at(payload, "cloud", "region"),
        "account": first_text(text_at(payload, "cloud", "account", "uid"), text_at(payload, "cloud", "account_uid")),
        "product": first_text(
            text_at(payload, "metadata", "product", "name"), text_at(payload, "metadata", "product", "vendor_name")
        ),
        "session": text_at(payload, "session", "uid"),
        "mfa": mfa if isinstance(mfa, bool) else None,
        "reason": (status or text_at(payload, "status_code") or "unknown") if failed else None,
        "actor_type": SERVICE if (text_at(user, "type") or "").lower() in _SERVICES else None,
    }


def _recognise(payload: Payload) -> bool:
    return ("class_uid" in payload or "type_uid" in payload) and isinstance(payload.get("metadata"), dict)


SOURCE: Final = Source(
    name=NAME,
    log_source=("ocsf", "ocsf"),
    payload="one event of the Open Cybersecurity Schema Framework",
    normalise=normalise,
    recognise=_recognise,
)
