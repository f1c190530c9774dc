"""Facts of GitHub's webhook events about access: members, teams, keys, tokens, protection and visibility."""

from collections.abc import Callable
from typing import Any, Final

from mcm_rules_engine.sources.read import first_text, number_at, text_at, value_at
from mcm_rules_engine.sources.source import Payload

Facts = dict[str, Any]
Action = Callable[[Payload, Facts], str]
"""Adds the facts of one event and returns its type; '' when it is none of the known types."""


def _member(payload: Payload, facts: Facts) -> str:
    changes = payload.get("changes")
    new = first_text(text_at(changes, "role_name", "to"), text_at(changes, "permission", "to"))
    old = first_text(
        text_at(changes, "old_permission", "from"),
        text_at(changes, "role_name", "from"),
        text_at(changes, "permission", "from"),
    )
    facts |= {
        "target": text_at(payload, "member", "login"),
        "new_role": new,
        "old_role": old,
        "resource": _resource("repo", text_at(payload, "repository", "full_name")),
    }
    return "permission_changed"


def _membership(payload: Payload, facts: Facts) -> str:
    facts |= {
        "target": text_at(payload, "member", "login"),
        "team": text_at(payload, "team", "name"),
        "resource": _resource("team", first_text(text_at(payload, "team", "slug"), text_at(payload, "team", "name"))),
    }
    return "permission_changed"


def _organization(payload: Payload, facts: Facts) -> str:
    action, role = text_at(payload, "action"), text_at(payload, "membership", "role")
    # an administrator of an organisation is its owner
    role = "owner" if role == "admin" else role
    invited = first_text(text_at(payload, "invitation", "login"), text_at(payload, "invitation", "email"))
    facts |= {
        "target": first_text(
            text_at(payload, "membership", "user", "login"), text_at(payload, "user", "login"), invited
        ),
        "resource": _resource("org", text_at(payload, "organization", "login")),
    }
    if action == "member_added":
        facts["new_role"] = role
    elif action == "member_removed":
        facts["old_role"] = role
    else:
        facts["role"] = first_text(role, text_at(payload, "invitation", "role"))
        return ""
    return "permission_changed"


def _team(payload: Payload, facts: Facts) -> str:
    team, action = payload.get("team"), text_at(payload, "action")
    facts |= {
        "target": _resource("team", first_text(text_at(team, "slug"), text_at(team, "name"))),
        "resource": _resource("repo", text_at(payload, "repository", "full_name")),
    }
    # without an action it is the older event team_add
    if action in (None, "added_to_repository", "edited") and payload.get("repository") is not None:
        facts["new_role"] = text_at(team, "permission")
        return "permission_changed"
    if action == "removed_from_repository":
        facts["old_role"] = text_at(team, "permission")
        return "permission_changed"
    return ""


def _deploy_key(payload: Payload, facts: Facts) -> str:
    key = payload.get("key")
    facts |= {
        "token_id": _text_of(value_at(key, "id")),
        "title": text_at(key, "title"),
        "read_only": value_at(key, "read_only"),
        "verified": value_at(key, "verified"),
    }
    return ""


def _token_request(payload: Payload, facts: Facts) -> str:
    request = payload.get("personal_access_token_request")
    scopes = value_at(request, "permissions_added")
    groups = scopes.values() if isinstance(scopes, dict) else ()
    facts |= {
        "token_id": _text_of(value_at(request, "token_id")),
        "target": text_at(request, "owner", "login"),
        "scopes": sorted(
            f"{name}:{level}" for each in groups if isinstance(each, dict) for name, level in each.items()
        ),
    }
    if text_at(payload, "action") != "approved":
        return ""
    # null says that the token never expires
    facts["expires_at"] = value_at(request, "token_expires_at")
    return "api_token_created"


def _branch_protection(payload: Payload, facts: Facts) -> str:
    rule, changes = payload.get("rule"), payload.get("changes")
    facts |= {
        "branch": text_at(rule, "name"),
        "approvals": number_at(rule, "required_approving_review_count"),
        "admin_enforced": value_at(rule, "admin_enforced"),
        "force_pushes": text_at(rule, "allow_force_pushes_enforcement_level"),
        "changed": sorted(map(str, changes)) if isinstance(changes, dict) and changes else None,
    }
    return ""


def _repository(payload: Payload, facts: Facts) -> str:
    action, visibility = text_at(payload, "action"), text_at(payload, "repository", "visibility")
    if visibility is None and isinstance(value_at(payload, "repository", "private"), bool):
        visibility = "private" if payload["repository"]["private"] else "public"
    facts |= {
        "visibility": visibility,
        "old_visibility": "private" if action in (None, "publicized") else "public" if action == "privatized" else None,
        "old_owner": first_text(
            text_at(payload, "changes", "owner", "from", "user", "login"),
            text_at(payload, "changes", "owner", "from", "organization", "login"),
        ),
    }
    return ""


def _resource(kind: str, name: str | None) -> str | None:
    return None if name is None else f"{kind}:{name}"


def _text_of(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


ACCESS_ACTIONS: Final[dict[str, Action]] = {
    "member": _member,
    "membership": _membership,
    "organization": _organization,
    "team": _team,
    "team_add": _team,
    "deploy_key": _deploy_key,
    "personal_access_token_request": _token_request,
    "branch_protection_rule": _branch_protection,
    "repository": _repository,
    "public": _repository,
}
"""Events about access, by event name."""
