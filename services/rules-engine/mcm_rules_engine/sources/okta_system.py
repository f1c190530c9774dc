"""Okta: one event of the System Log."""

from collections.abc import Callable
from typing import Any, Final

from mcm_rules_engine.sources.identity import SERVICE, user_name
from mcm_rules_engine.sources.read import id_at, known, objects_in, other_type, text_at, time_at, value_at
from mcm_rules_engine.sources.source import Payload, Source
from mcm_shared.contracts.events import SourceEvent, event_uid
from mcm_shared.errors import PoisonEventError

NAME: Final = "okta.system"

Facts = dict[str, Any]
Action = Callable[[dict[str, Any], Facts], str]
"""Adds the facts of one action and returns the event type; '' when this outcome is none of the known types."""

_PEOPLE: Final = ("User", None)
_PASSWORDS: Final = ("password", "password_as_factor")
"""How Okta calls the password where it stands among the factors; it is no further factor."""

_NO_RESPONSE: Final = ("UNANSWERED", "ABANDONED")
"""Outcomes of a request for a factor that the user did not respond to."""

_ROLES: Final = {"super administrator": "super_admin", "organization administrator": "admin"}
"""Okta's roles that administer everything, as the built-in rules know them; the others keep their names."""


def normalise(payload: Any, _fallback_id: str) -> SourceEvent:
    """Makes the event of an entry of the System Log.

    Only what succeeded becomes a change; a login or a factor that failed is an event of its own.
    """
    if not isinstance(payload, dict):
        raise PoisonEventError(f"an event of Okta's System Log must be a JSON object, not {type(payload).__name__}")
    payload = _entry_in(payload)
    action = text_at(payload, "eventType")
    if action is None:
        raise PoisonEventError("eventType is missing: is this an event of Okta's System Log?")
    timestamp = time_at(payload, "published")
    event_id = id_at(payload, "uuid", payload)
    facts = _common_facts(payload)
    known_action = _ACTIONS.get(action)
    event_type = (known_action or _other)(payload, facts)
    return SourceEvent(
        uid=event_uid(NAME, event_id),
        id=event_id,
        source=NAME,
        event_type=event_type or other_type(NAME, action),
        user=_user(payload),
        timestamp=timestamp,
        raw_data=payload,
        attributes=facts,
    )


def _entry_in(payload: dict[str, Any]) -> dict[str, Any]:
    """Returns the entry itself: a log stream to EventBridge wraps it as the detail of an event of its own."""
    detail = payload.get("detail")
    return detail if "detail-type" in payload and isinstance(detail, dict) and "eventType" in detail else payload


def _user(payload: dict[str, Any]) -> str | None:
    actor = payload.get("actor")
    # Okta itself sends the challenge; the user is among the targets
    if text_at(actor, "type") == "SystemPrincipal":
        about = _target(payload, "User")
        if about is not None:
            return about
    return _name(actor)


def _name(entity: Any) -> str | None:
    return user_name(*(text_at(entity, key) for key in ("alternateId", "displayName", "id")))


def _target(payload: dict[str, Any], *types: str) -> str | None:
    # no targets are null, not an empty list
    for each in objects_in(payload.get("target")):
        if text_at(each, "type") in types:
            return _name(each)
    return None


def _common_facts(payload: dict[str, Any]) -> Facts:
    client = payload.get("client")
    return known(
        {
            "ip": text_at(client, "ipAddress"),
            "user_agent": text_at(client, "userAgent", "rawUserAgent"),
            "country": text_at(client, "geographicalContext", "country"),
            "city": text_at(client, "geographicalContext", "city"),
            "reason": text_at(payload, "outcome", "reason"),
            "actor_type": SERVICE if text_at(payload, "actor", "type") not in _PEOPLE else None,
        }
    )


def _succeeded(payload: dict[str, Any]) -> bool:
    return text_at(payload, "outcome", "result") in ("SUCCESS", "ALLOW")


def _failed(payload: dict[str, Any]) -> bool:
    return text_at(payload, "outcome", "result") in ("FAILURE", "DENY")


def _other(payload: dict[str, Any], facts: Facts) -> str:
    target = _target(payload, "User", "AppUser", "UserGroup")
    if target is not None:
        facts["target"] = target
    return ""


def _login(payload: dict[str, Any], facts: Facts) -> str:
    facts["method"] = "password"
    return "login_success" if _succeeded(payload) else "login_failed" if _failed(payload) else ""


def _factor(payload: dict[str, Any], facts: Facts) -> str:
    factor = text_at(payload, "debugContext", "debugData", "factor")
    if factor is not None:
        facts["factor"] = factor.lower()
    if facts.get("factor") in _PASSWORDS or _used_password(payload):
        return ""
    result = text_at(payload, "outcome", "result")
    if result in _NO_RESPONSE:
        facts["reason"] = facts.get("reason") or "unanswered"
        return "mfa_failed"
    return "mfa_success" if _succeeded(payload) else "mfa_failed" if _failed(payload) else ""


def _factor_changed(payload: dict[str, Any], facts: Facts) -> str:
    factor = text_at(payload, "debugContext", "debugData", "factor")
    facts |= known({"factor": None if factor is None else factor.lower(), "target": _target(payload, "User")})
    return ""


def _radius(payload: dict[str, Any], facts: Facts) -> str:
    event_type = _login(payload, facts)
    facts["method"] = "radius"
    return event_type


def _used_password(payload: dict[str, Any]) -> bool:
    used = (text_at(each, "detailEntry", "methodTypeUsed") for each in objects_in(payload.get("target")))
    return "password" in [(method or "").lower() for method in used]


def _factor_denied(_payload: dict[str, Any], facts: Facts) -> str:
    facts |= {"factor": "push", "reason": "denied_by_user"}
    return "mfa_failed"


def _challenge(payload: dict[str, Any], facts: Facts) -> str:
    facts["factor"] = payload["eventType"].split(".")[1]
    return "mfa_challenge" if not _failed(payload) else ""


def _role_granted(payload: dict[str, Any], facts: Facts) -> str:
    facts["new_role"] = _roles(payload, "privilegeGranted")
    return _permission_changed(payload, facts)


def _role_revoked(payload: dict[str, Any], facts: Facts) -> str:
    facts["old_role"] = _roles(payload, "privilegeRevoked")
    return _permission_changed(payload, facts)


def _permission_changed(payload: dict[str, Any], facts: Facts) -> str:
    facts |= {"target": _target(payload, "User", "UserGroup"), "resource": "okta"}
    return "permission_changed" if _succeeded(payload) else ""


def _group_joined(payload: dict[str, Any], facts: Facts) -> str:
    facts["new_role"] = _target(payload, "UserGroup")
    return _membership(payload, facts)


def _group_left(payload: dict[str, Any], facts: Facts) -> str:
    facts["old_role"] = _target(payload, "UserGroup")
    return _membership(payload, facts)


def _membership(payload: dict[str, Any], facts: Facts) -> str:
    group = _target(payload, "UserGroup")
    facts |= {"target": _target(payload, "User"), "resource": "okta" if group is None else f"okta-group:{group}"}
    return "permission_changed" if _succeeded(payload) else ""


def _custom_role(payload: dict[str, Any], facts: Facts) -> str:
    roles = [_name(each) for each in objects_in(payload.get("target")) if "ROLE" in (text_at(each, "type") or "")]
    given = payload["eventType"].endswith((".add", ".create"))
    facts["new_role" if given else "old_role"] = [role for role in roles if role is not None]
    return _permission_changed(payload, facts)


def _roles(payload: dict[str, Any], key: str) -> list[str]:
    text = value_at(payload, "debugContext", "debugData", key)
    names = [name.strip() for name in text.split(",")] if isinstance(text, str) else []
    return [_ROLES.get(name.lower(), name) for name in names if name]


def _token_created(payload: dict[str, Any], facts: Facts) -> str:
    # a token of Okta does not expire while it is in use
    facts |= {"token_id": _token(payload), "expires_at": None}
    return "api_token_created" if _succeeded(payload) else ""


def _token_revoked(payload: dict[str, Any], facts: Facts) -> str:
    facts["token_id"] = _token(payload)
    return "api_token_revoked" if _succeeded(payload) else ""


def _token(payload: dict[str, Any]) -> str | None:
    targets = payload.get("target")
    return text_at(targets[0], "id") if isinstance(targets, list) and targets else None


_ACTIONS: Final[dict[str, Action]] = {
    "user.session.start": _login,
    "user.authentication.auth_via_radius": _radius,
    "user.authentication.auth_via_mfa": _factor,
    **{
        f"user.mfa.{change}": _factor_changed
        for change in (
            "attempt_bypass",
            "factor.activate",
            "factor.deactivate",
            "factor.reset_all",
            "factor.suspend",
            "factor.unsuspend",
            "factor.update",
        )
    },
    "user.mfa.okta_verify.deny_push": _factor_denied,
    "system.push.send_factor_verify_push": _challenge,
    "system.sms.send_factor_verify_message": _challenge,
    "system.email.send_factor_verify_message": _challenge,
    "system.voice.send_phone_verification_call": _challenge,
    "user.account.privilege.grant": _role_granted,
    "user.account.privilege.revoke": _role_revoked,
    "group.privilege.grant": _role_granted,
    "group.privilege.revoke": _role_revoked,
    "group.user_membership.add": _group_joined,
    "group.user_membership.remove": _group_left,
    "iam.resourceset.bindings.add": _custom_role,
    "iam.resourceset.bindings.delete": _custom_role,
    "system.api_token.create": _token_created,
    "system.api_token.revoke": _token_revoked,
}


def _recognise(payload: Payload) -> bool:
    entry = _entry_in(payload)
    return "eventType" in entry and "published" in entry and "outcome" in entry


SOURCE: Final = Source(
    name=NAME,
    log_source=("okta", "okta"),
    payload="one entry of the System Log",
    # published rules write eventtype and displaymessage
    case_insensitive_keys=True,
    normalise=normalise,
    recognise=_recognise,
)
