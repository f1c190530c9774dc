"""Azure: one entry of Entra ID's directory audit log, as diagnostic settings or Microsoft Graph write it."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from mcm_rules_engine.sources.azure import address, first_time, flat_entry, from_json_text, has_succeeded, log_of
from mcm_rules_engine.sources.azure_audit_entry import (
    changes_of,
    decoded_entry,
    first_of,
    initiator,
    named_target,
    target_name,
    target_type,
    targets_of,
)
from mcm_rules_engine.sources.identity import SERVICE, user_name
from mcm_rules_engine.sources.read import first_text, id_at, known, text_at
from mcm_rules_engine.sources.source import Payload, Source
from mcm_shared.contracts.events import SourceEvent, event_uid
from mcm_shared.errors import PoisonEventError

NAME: Final = "azure.audit"

Facts = dict[str, Any]
Action = Callable[[Payload, Facts], str]
"""Adds the facts of one activity and returns the event type; '' when it is none of the known types."""

_NOT_A_WORD: Final = re.compile(r"[^a-z0-9]+")
_MAX_ACTIVITY: Final = 150
_KEY_ID: Final = re.compile(r"KeyIdentifier=([0-9A-Fa-f-]{8,64})", re.IGNORECASE)

_NAMES_OF_APPLICATIONS: Final = ("displayname", "serviceprincipalname", "appid", "serviceprincipalid")
_NO_CHANGE: Final = (None, None)
_ROLES: Final = {
    "company administrator": "super_admin",
    "global administrator": "super_admin",
    "tenant admins": "super_admin",
    "privileged role administrator": "admin",
    "privileged authentication administrator": "admin",
}
"""Directory roles that can take over the tenant, as the built-in rules know them; the others keep their names."""


def normalise(payload: Any, _fallback_id: str) -> SourceEvent:
    """Makes the event of an entry of the audit log; an entry without an id of its own is named by its content.

    Only what succeeded becomes a change. Facts: what every entry says (who, target, result), what was changed by the
    names of the changed properties, and those of its kind (docs/events.md).
    """
    if not isinstance(payload, dict):
        raise PoisonEventError(f"an entry of Entra ID's audit log must be a JSON object, not {type(payload).__name__}")
    entry = decoded_entry(payload)
    activity = first_text(text_at(entry, "activitydisplayname"), text_at(entry, "operationname"))
    if activity is None:
        raise PoisonEventError("activityDisplayName and operationName are missing: is this Entra ID's audit log?")
    timestamp = first_time(entry, "activitydatetime", "time", "timegenerated")
    event_id = id_at(entry, "id", payload)
    person = _person(entry)
    facts = _common_facts(entry)
    user = person or _service(entry)
    if person is None and user is not None:
        facts["actor_type"] = SERVICE
    words = activity_words(activity)
    action = _ACTIONS.get(words) if has_succeeded(facts.get("result")) else None
    event_type = action(entry, facts) if action is not None else ""
    return SourceEvent(
        uid=event_uid(NAME, event_id),
        id=event_id,
        source=NAME,
        event_type=event_type or f"{NAME}.{words[:_MAX_ACTIVITY]}",
        user=user,
        timestamp=timestamp,
        raw_data=payload,
        attributes=facts,
    )


def activity_words(activity: str) -> str:
    """Writes an activity's name for an event type: "Add member to role." becomes ``add_member_to_role``."""
    return _NOT_A_WORD.sub("_", activity.lower()).strip("_") or "unknown"


def _common_facts(entry: Payload) -> Facts:
    user, app = initiator(entry)
    targets = targets_of(entry)
    changes = changes_of(targets)
    result = first_text(text_at(entry, "result"), text_at(entry, "resulttype"), text_at(entry, "resultsignature"))
    scopes = first_text(
        changes.get("DelegatedPermissionGrant.Scope", _NO_CHANGE)[1], changes.get("AppRole.Value", _NO_CHANGE)[1]
    )
    consent = changes.get("ConsentContext.IsAdminConsent", _NO_CHANGE)[1]
    return known(
        {
            "ip": address(
                first_text(text_at(user, "ipaddress"), text_at(app, "ipaddress"), text_at(entry, "calleripaddress"))
            ),
            "result": None if result is None else result.lower(),
            "reason": text_at(entry, "resultreason") or text_at(entry, "resultdescription"),
            "category": text_at(entry, "category"),
            "target": first_of(targets, target_name),
            "target_type": first_of(targets, target_type),
            "application": named_target(targets, "application", "serviceprincipal"),
            "policy": named_target(targets, "policy", "conditionalaccesspolicy"),
            "scopes": None if scopes is None else scopes.split(),
            "admin_consent": None if consent is None else consent.lower() == "true",
            "changed": sorted(changes) or None,
        }
    )


def _role_given(entry: Payload, facts: Facts) -> str:
    name = _role_name(entry, new=True)
    facts |= known({"new_role": _role(name), "role": name})
    return _role_changed(entry, facts)


def _role_taken(entry: Payload, facts: Facts) -> str:
    name = _role_name(entry, new=False)
    facts |= known({"old_role": _role(name), "role": name})
    return _role_changed(entry, facts)


def _role_changed(entry: Payload, facts: Facts) -> str:
    holder = named_target(targets_of(entry), "user", "serviceprincipal", "group")
    facts |= known({"target": holder, "resource": "entra-id"})
    return "permission_changed"


def _elevated(entry: Payload, facts: Facts) -> str:
    # a global administrator makes themselves administrator of every subscription
    facts |= {"new_role": "root", "role": "User Access Administrator", "target": _user(entry), "resource": "azure"}
    return "permission_changed"


def _role(name: str | None) -> str | None:
    return None if name is None else _ROLES.get(name.lower(), name)


def _role_name(entry: Payload, *, new: bool) -> str | None:
    targets = targets_of(entry)
    changes = changes_of(targets)
    before, after = changes.get("Role.DisplayName", (None, None))
    # a removal writes the role as the new value of nothing in some tenants, and as the old one in others
    return (first_text(after, before) if new else first_text(before, after)) or named_target(targets, "role")


def _credentials(entry: Payload, facts: Facts) -> str:
    changes = changes_of(targets_of(entry))
    before, after = next((change for name, change in changes.items() if "KeyDescription" in name), (None, None))
    old, now = (set(_KEY_ID.findall(text or "")) for text in (before, after))
    added, removed = sorted(now - old), sorted(old - now)
    facts |= known({"token_id": next(iter(added or removed), None)})
    if added or (not removed and "Add" in (text_at(entry, "activitydisplayname") or "")):
        return "api_token_created"
    return "api_token_revoked" if removed else ""


def _mfa_method(_entry: Payload, facts: Facts) -> str:
    # "User registered Authenticator App with Notification and Code"
    words = str(facts.get("reason", "")).split(maxsplit=2)
    facts |= known({"factor": words[2].lower() if len(words) > 2 else None})
    return ""


def _conditional_access(entry: Payload, facts: Facts) -> str:
    changes = changes_of(targets_of(entry))
    before, after = changes.get("ConditionalAccessPolicy", (None, None))
    facts |= known({"old_state": _state(before), "new_state": _state(after)})
    return ""


def _state(policy: str | None) -> str | None:
    return text_at(from_json_text(policy), "state")


def _user(entry: Payload) -> str | None:
    return _person(entry) or _service(entry)


def _person(entry: Payload) -> str | None:
    user, _ = initiator(entry)
    return None if user is None else target_name(user)


def _service(entry: Payload) -> str | None:
    _, app = initiator(entry)
    named = user_name(*(text_at(app, key) for key in _NAMES_OF_APPLICATIONS)) if app is not None else None
    return named or user_name(text_at(entry, "identity"))


def _rule_view(payload: Payload) -> Mapping[str, Any]:
    entry = flat_entry(payload)
    activity = first_text(text_at(entry, "activitydisplayname"), text_at(entry, "operationname"))
    user, app = initiator(entry)
    decoded: Payload = {
        key: from_json_text(entry[key])
        for key in ("initiatedby", "targetresources", "additionaldetails")
        if key in entry
    }
    people = [each for each in (text_at(user, "userprincipalname"), text_at(app, "displayname")) if each]
    names: Payload = {
        "message": activity,
        "activitydisplayname": activity,
        "activitytype": activity,
        "operationname": activity,
        "status": first_text(text_at(entry, "result"), text_at(entry, "resulttype")),
        "initiatedby": [decoded["initiatedby"], *people] if "initiatedby" in decoded else None,
        **{key.lower(): after for key, (_, after) in changes_of(targets_of(entry)).items()},
    }
    added = {
        key: value
        for key, value in names.items()
        if value is not None and (key == "initiatedby" or not text_at(entry, key))
    }
    whole = {**entry, **decoded, **added}
    return {**whole, "properties": whole}


def _recognise(payload: Payload) -> bool:
    return log_of(payload) == NAME


_GIVEN: Final = (
    "add_member_to_role",
    "add_scoped_member_to_role",
    "add_eligible_member_to_role",
    "add_member_to_role_completed_pim_activation",
    "add_member_to_role_in_pim_completed_permanent",
    "add_member_to_role_in_pim_completed_timebound",
    "add_member_to_role_outside_of_pim_permanent",
    "add_eligible_member_to_role_in_pim_completed_permanent",
    "add_eligible_member_to_role_in_pim_completed_timebound",
    "add_role_assignment_to_role_definition",
)
_TAKEN: Final = (
    "remove_member_from_role",
    "remove_scoped_member_from_role",
    "remove_eligible_member_from_role",
    "remove_member_from_role_completed_pim_deactivate",
    "remove_member_from_role_in_pim_completed_permanent",
    "remove_member_from_role_in_pim_completed_timebound",
    "remove_eligible_member_from_role_in_pim_completed_permanent",
    "remove_eligible_member_from_role_in_pim_completed_timebound",
)
_MFA_CHANGES: Final = (
    "user_registered_security_info",
    "user_registered_all_required_security_info",
    "user_deleted_security_info",
    "user_changed_default_security_info",
    "admin_registered_security_info",
    "admin_updated_security_info",
    "admin_deleted_security_info",
)
_CREDENTIALS: Final = (
    "add_service_principal_credentials",
    "remove_service_principal_credentials",
    "update_application_certificates_and_secrets_management",
    "update_service_principal_certificates_and_secrets_management",
)
_ACTIONS: Final[dict[str, Action]] = {
    **dict.fromkeys(_GIVEN, _role_given),
    **dict.fromkeys(_TAKEN, _role_taken),
    **dict.fromkeys(_CREDENTIALS, _credentials),
    **dict.fromkeys(_MFA_CHANGES, _mfa_method),
    "user_has_elevated_their_access_to_user_access_administrator_for_their_azure_resources": _elevated,
    **{f"{verb}_conditional_access_policy": _conditional_access for verb in ("add", "update", "delete")},
}

SOURCE: Final = Source(
    name=NAME,
    log_source=("azure", "auditlogs"),
    payload="one entry of Entra ID's directory audit log, as diagnostic settings or Microsoft Graph write it",
    normalise=normalise,
    recognise=_recognise,
    envelope="records",
    case_insensitive_keys=True,
    rule_view=_rule_view,
    route=log_of,
)
