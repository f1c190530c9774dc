"""GitHub: one event of an organisation's or enterprise's audit log."""

from collections.abc import Callable
from typing import Any, Final

from mcm_rules_engine.sources.github_audit_facts import (
    TOKENS_MADE,
    TOKENS_REVOKED,
    facts_of_family,
    token_created,
    token_revoked,
)
from mcm_rules_engine.sources.identity import SERVICE, user_name
from mcm_rules_engine.sources.read import epoch_or_time_at, first_text, id_at, known, other_type, text_at
from mcm_rules_engine.sources.source import Payload, Source
from mcm_shared.contracts.events import SourceEvent, event_uid
from mcm_shared.errors import PoisonEventError

NAME: Final = "github.audit"

Facts = dict[str, Any]
Action = Callable[[dict[str, Any], Facts], str]
"""Adds the facts of one action and returns the event type."""


def normalise(payload: Any, _fallback_id: str) -> SourceEvent:
    """Makes the event of an entry of the audit log, whose ``created_at`` is in milliseconds or seconds since 1970.

    An entry without ``_document_id`` is named by its content. With single sign-on the user is the identity they signed
    in with where that is an e-mail address, else their GitHub login.
    """
    if not isinstance(payload, dict):
        raise PoisonEventError(f"an event of GitHub's audit log must be a JSON object, not {type(payload).__name__}")
    action = text_at(payload, "action")
    if action is None:
        raise PoisonEventError("action is missing: is this an event of GitHub's audit log?")
    # newer logs name the same time twice
    timestamp = epoch_or_time_at(payload, "created_at" if payload.get("created_at") is not None else "@timestamp")
    event_id = id_at(payload, "_document_id", payload)
    facts = _common_facts(payload)
    known_action = _ACTIONS.get(action)
    if known_action is not None:
        event_type = known_action(payload, facts)
    else:
        event_type = other_type(NAME, action)
        facts |= facts_of_family(payload, action)
    return SourceEvent(
        uid=event_uid(NAME, event_id),
        id=event_id,
        source=NAME,
        event_type=event_type,
        user=_user(payload),
        timestamp=timestamp,
        raw_data=payload,
        attributes=facts,
    )


def _user(payload: dict[str, Any]) -> str | None:
    single_sign_on = text_at(payload, "external_identity_nameid") or ""
    return user_name(single_sign_on if "@" in single_sign_on else None, text_at(payload, "actor"))


def _is_service(payload: dict[str, Any]) -> bool:
    return payload.get("actor_is_bot") is True or (text_at(payload, "actor") or "").endswith("[bot]")


def _common_facts(payload: dict[str, Any]) -> Facts:
    return known(
        {
            "ip": text_at(payload, "actor_ip"),
            "user_agent": text_at(payload, "user_agent"),
            "country": text_at(payload, "actor_location", "country_code"),
            "repository": text_at(payload, "repo"),
            "organisation": text_at(payload, "org"),
            "actor_type": SERVICE if _is_service(payload) else None,
        }
    )


def _as(event_type: str) -> Action:
    def read(_payload: dict[str, Any], _facts: Facts) -> str:
        return event_type

    return read


def _pull_request(event_type: str) -> Action:
    def read(payload: dict[str, Any], facts: Facts) -> str:
        facts |= known({"number": payload.get("pull_request_id"), "title": text_at(payload, "pull_request_title")})
        return event_type

    return read


def _role_given(payload: dict[str, Any], facts: Facts) -> str:
    new_role = text_at(payload, "new_repo_permission") or text_at(payload, "permission")
    facts |= known({"new_role": _role(payload, new_role)})
    return _role_changed(payload, facts)


def _role_named(name: str) -> Action:
    def read(payload: dict[str, Any], facts: Facts) -> str:
        facts["new_role"] = name
        return _role_changed(payload, facts)

    return read


def _role_taken(name: str) -> Action:
    def read(payload: dict[str, Any], facts: Facts) -> str:
        event_type = _role_changed(payload, facts)
        facts["old_role"] = name
        return event_type

    return read


def _custom_role(payload: dict[str, Any], facts: Facts) -> str:
    keys = ("organization_role_name", "org_role_name", "role_name", "name")
    role = next((name for key in keys if (name := text_at(payload, key))), None)
    facts |= known({"new_role" if payload["action"].endswith("assign") else "old_role": role})
    facts |= known({"target": first_text(text_at(payload, "user"), text_at(payload, "team"))})
    facts |= known({"resource": _named("org", text_at(payload, "org"))})
    return "permission_changed"


def _team_repository(payload: dict[str, Any], facts: Facts) -> str:
    removed = payload["action"].endswith("remove_repository")
    new_role = first_text(text_at(payload, "new_repo_permission"), text_at(payload, "permission"))
    old_role = first_text(text_at(payload, "old_repo_permission"), text_at(payload, "old_permission"))
    facts |= known(
        {
            "new_role": None if removed else new_role,
            "old_role": old_role or (new_role if removed else None),
            "target": _named("team", text_at(payload, "team")),
            "resource": _named("repo", text_at(payload, "repo")),
        }
    )
    return "permission_changed"


def _named(kind: str, name: str | None) -> str | None:
    return None if name is None else f"{kind}:{name}"


def _role_changed(payload: dict[str, Any], facts: Facts) -> str:
    old_role = text_at(payload, "old_repo_permission") or text_at(payload, "old_permission")
    facts |= known(
        {
            "old_role": _role(payload, old_role),
            "target": text_at(payload, "user"),
            "resource": _resource(payload),
        }
    )
    return "permission_changed"


def _role(payload: dict[str, Any], permission: str | None) -> str | None:
    # an administrator of an organisation is its owner
    if permission == "admin" and payload["action"] in ("org.add_member", "org.update_member", "org.remove_member"):
        return "owner"
    return permission


def _resource(payload: dict[str, Any]) -> str | None:
    family = payload["action"].partition(".")[0]
    named = {"repo": "repo", "team": "team", "business": "business"}.get(family, "org")
    name = text_at(payload, named) or text_at(payload, "org")
    return None if name is None else f"{family}:{name}"


_ACTIONS: Final[dict[str, Action]] = {
    "user.login": _as("login_success"),
    "user.failed_login": _as("login_failed"),
    "user.two_factor_challenge_success": _as("mfa_success"),
    "user.two_factor_challenge_failure": _as("mfa_failed"),
    "user.two_factor_requested": _as("mfa_challenge"),
    "pull_request.create": _pull_request("pull_request_opened"),
    "pull_request.merge": _pull_request("pull_request_merged"),
    **{f"{scope}.add_member": _role_given for scope in ("org", "repo", "team")},
    **{f"{scope}.update_member": _role_given for scope in ("org", "repo")},
    **{f"{scope}.remove_member": _role_changed for scope in ("org", "repo", "team")},
    "team.promote_maintainer": _role_named("maintainer"),
    "team.demote_maintainer": _role_named("member"),
    "business.add_admin": _role_named("admin"),
    "business.remove_admin": _role_taken("admin"),
    **{f"{scope}.add_billing_manager": _role_named("billing_manager") for scope in ("business", "org")},
    **{f"{scope}.remove_billing_manager": _role_taken("billing_manager") for scope in ("business", "org")},
    "org.add_outside_collaborator": _role_given,
    "org.remove_outside_collaborator": _role_changed,
    "org.update_default_repository_permission": _role_given,
    "organization_role.assign": _custom_role,
    "organization_role.revoke": _custom_role,
    **{f"team.{change}": _team_repository for change in ("add_repository", "update_repository_permission")},
    "team.remove_repository": _team_repository,
    **{f"{kind}.{made}": token_created for kind, made in TOKENS_MADE},
    **{f"{kind}.{revoked}": token_revoked for kind, revoked in TOKENS_REVOKED},
}


def _recognise(payload: Payload) -> bool:
    # an entry's actor is a login; a webhook and the Events API have an object, or none
    if "action" not in payload or "sender" in payload or isinstance(payload.get("actor"), dict):
        return False
    return "action" in payload and ("_document_id" in payload or ("created_at" in payload and "actor" in payload))


SOURCE: Final = Source(
    name=NAME,
    log_source=("github", "audit"),
    payload="one entry of the audit log of an organisation or enterprise",
    normalise=normalise,
    recognise=_recognise,
)
