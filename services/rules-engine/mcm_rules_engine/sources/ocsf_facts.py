"""Facts of OCSF's events by class, and the known event types they amount to."""

import json
from collections.abc import Callable
from typing import Any, Final

from mcm_rules_engine.sources.aws_access import group_role, managed_policy_role
from mcm_rules_engine.sources.aws_actions import event_type_of
from mcm_rules_engine.sources.identity import user_name
from mcm_rules_engine.sources.ocsf_classes import (
    ACCOUNT_CHANGE,
    API_ACTIVITY,
    AUTHENTICATION,
    FILE_HOSTING,
    GROUP_MANAGEMENT,
    USER_ACCESS,
)
from mcm_rules_engine.sources.read import first_text, known, number_at, objects_in, text_at, value_at
from mcm_rules_engine.sources.source import Payload

Facts = dict[str, Any]
Action = Callable[[Payload, Facts], str]
"""Adds the facts of one class and returns the event type; '' when it is none of the known types."""

SUCCESS: Final = 1
FAILURE: Final = 2
_LOGON: Final = 1
_ATTACH_POLICY: Final = 7
_DETACH_POLICY: Final = 8
_ASSIGN: Final = 1
_REVOKE: Final = 2
_ADD_USER: Final = 3
_REMOVE_USER: Final = 4
_MAX_JSON_TEXT: Final = 1024 * 1024
_ADMINISTRATORS: Final = {
    "administrator": "admin",
    "administrators": "admin",
    "global administrator": "super_admin",
    "super admin": "super_admin",
    "super administrator": "super_admin",
}


def subject_of(payload: Payload, number: int | None) -> Any:
    """Returns the user whom an event is about: who signs in, else who acts."""
    actor = value_at(payload, "actor", "user")
    user = payload.get("user")
    if number == AUTHENTICATION:
        return user if isinstance(user, dict) and user else actor
    return actor if isinstance(actor, dict) and actor else (user if number != ACCOUNT_CHANGE else None)


def outcome_of(payload: Payload) -> int:
    """Returns SUCCESS, FAILURE, or another of the schema's status numbers."""
    status = number_at(payload, "status_id")
    if status is None:
        words = (text_at(payload, "status") or "").lower()
        return {"success": SUCCESS, "failure": FAILURE}.get(words, 0)
    return status


def _authentication(payload: Payload, facts: Facts) -> str:
    factors = [
        first_text(text_at(each, "factor_type"), text_at(each, "provider"))
        for each in objects_in(payload.get("auth_factors"))
    ]
    facts |= {
        "method": (text_at(payload, "auth_protocol") or text_at(payload, "logon_type") or "").lower() or None,
        "factor": next((factor.lower() for factor in factors if factor), None),
        "application": first_text(text_at(payload, "service", "name"), text_at(payload, "dst_endpoint", "svc_name")),
    }
    if number_at(payload, "activity_id") != _LOGON:
        return ""
    return {SUCCESS: "login_success", FAILURE: "login_failed"}.get(outcome_of(payload), "")


def _account_change(payload: Payload, facts: Facts) -> str:
    policies = [payload.get("policy"), *objects_in(payload.get("policies"))]
    names = [name for each in policies if (name := first_text(text_at(each, "name"), text_at(each, "uid")))]
    factors = (text_at(each, "factor_type") for each in objects_in(payload.get("auth_factors")))
    facts |= known(
        {
            "target": _name(payload.get("user")),
            "policy": next(iter(names), None),
            "factor": next((factor.lower() for factor in factors if factor), None),
        }
    )
    return _roles_changed(payload, facts, names, given=_ATTACH_POLICY, taken=_DETACH_POLICY)


def _user_access(payload: Payload, facts: Facts) -> str:
    facts["target"] = _name(payload.get("user"))
    return _roles_changed(payload, facts, _privileges(payload), given=_ASSIGN, taken=_REVOKE)


def _group_management(payload: Payload, facts: Facts) -> str:
    group = first_text(text_at(payload, "group", "name"), text_at(payload, "group", "uid"))
    activity = number_at(payload, "activity_id")
    if activity in (_ADD_USER, _REMOVE_USER):
        facts["target"] = _name(payload.get("user"))
        role = group_role(group)
        return _roles_changed(payload, facts, [role] if role else [], given=_ADD_USER, taken=_REMOVE_USER)
    facts["target"] = None if group is None else f"group:{group}"
    return _roles_changed(payload, facts, _privileges(payload), given=_ASSIGN, taken=_REVOKE)


def _roles_changed(payload: Payload, facts: Facts, names: list[str], *, given: int, taken: int) -> str:
    activity = number_at(payload, "activity_id")
    if activity not in (given, taken):
        return ""
    roles = [_role(name) for name in names]
    facts["new_role" if activity == given else "old_role"] = roles[0] if len(roles) == 1 else roles or None
    resources = [payload.get("resource"), *objects_in(payload.get("resources"))]
    facts["resource"] = next(
        (name for each in resources if (name := first_text(text_at(each, "name"), text_at(each, "uid")))),
        facts.get("product"),
    )
    return "" if outcome_of(payload) == FAILURE else "permission_changed"


def _role(name: str) -> str:
    return _ADMINISTRATORS.get(name.lower()) or managed_policy_role(name) or name


def _privileges(payload: Payload) -> list[str]:
    listed = payload.get("privileges")
    return [each for each in listed if isinstance(each, str) and each] if isinstance(listed, list) else []


def _name(user: Any) -> str | None:
    return user_name(*(text_at(user, key) for key in ("email_addr", "name", "uid")))


def _api_activity(payload: Payload, facts: Facts) -> str:
    operation = text_at(payload, "api", "operation")
    service = text_at(payload, "api", "service", "name")
    error = text_at(payload, "api", "response", "error")
    facts |= {"operation": operation, "service": service, "error": error}
    if operation is None or not (service or "").endswith(".amazonaws.com"):
        return ""
    # Security Lake keeps the parameters of a CloudTrail record as JSON
    record = {
        "eventSource": service,
        "eventName": operation,
        "errorCode": error,
        "requestParameters": _decoded(value_at(payload, "api", "request", "data")),
        "responseElements": _decoded(value_at(payload, "api", "response", "data")),
        "userIdentity": {"userName": _name(value_at(payload, "actor", "user"))},
    }
    return event_type_of(record, operation, facts)


def _decoded(value: Any) -> Any:
    if not isinstance(value, str) or len(value) > _MAX_JSON_TEXT:
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _file_hosting(payload: Payload, facts: Facts) -> str:
    facts |= {
        "file": first_text(text_at(payload, "file", "path"), text_at(payload, "file", "name")),
        "bytes": number_at(payload, "file", "size"),
        "target": first_text(text_at(payload, "file_result", "path"), text_at(payload, "file_result", "name")),
        "shared_with": text_at(payload, "dst_endpoint", "domain"),
    }
    return ""


ACTIONS: Final[dict[int, Action]] = {
    ACCOUNT_CHANGE: _account_change,
    AUTHENTICATION: _authentication,
    USER_ACCESS: _user_access,
    GROUP_MANAGEMENT: _group_management,
    API_ACTIVITY: _api_activity,
    FILE_HOSTING: _file_hosting,
}
"""By the number of the class."""
