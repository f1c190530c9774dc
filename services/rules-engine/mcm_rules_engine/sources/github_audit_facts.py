"""Facts of GitHub's audit log about tokens, keys, branch protection, visibility, workflows and alerts."""

from typing import Any, Final

from mcm_rules_engine.sources.read import first_text, known, text_at

Facts = dict[str, Any]

UNKNOWN: Final = "unknown"
"""Expiry of a token of which the log says nothing; null would say that it never expires."""

TOKENS_MADE: Final = (
    ("personal_access_token", "access_granted"),
    ("personal_access_token", "create"),
    ("oauth_access", "create"),
    ("oauth_access", "regenerate"),
)
TOKENS_REVOKED: Final = (
    ("personal_access_token", "access_revoked"),
    ("personal_access_token", "destroy"),
    ("oauth_access", "destroy"),
    ("oauth_access", "revoke"),
)
"""Families and changes of the actions that give or take a token."""

_SCOPES: Final = ("scopes", "token_scopes", "permissions_added", "permissions")


def token_created(payload: dict[str, Any], facts: Facts) -> str:
    """Adds the facts of a new token and returns its event type."""
    facts |= _token(payload)
    expiry = next((key for key in ("token_expires_at", "expires_at", "expiry") if key in payload), None)
    facts["expires_at"] = UNKNOWN if expiry is None else payload[expiry]
    return "api_token_created"


def token_revoked(payload: dict[str, Any], facts: Facts) -> str:
    """Adds the facts of a revoked token and returns its event type."""
    facts |= _token(payload)
    return "api_token_revoked"


def _token(payload: dict[str, Any]) -> Facts:
    scopes = next(
        (
            value
            for key in ("scopes", "token_scopes", "permissions_added", "permissions")
            if (value := payload.get(key))
        ),
        None,
    )
    number = first_text(
        _text_of(payload.get("token_id")),
        _text_of(payload.get("user_programmatic_access_id")),
        text_at(payload, "user_programmatic_access_name"),
        text_at(payload, "hashed_token"),
    )
    return known({"token_id": number, "scopes": _scopes(scopes), "target": text_at(payload, "user")})


def _scopes(scopes: Any) -> Any:
    if isinstance(scopes, dict):
        return sorted(f"{name}:{level}" for name, level in scopes.items())
    if isinstance(scopes, str):
        return [each for each in scopes.replace(",", " ").split() if each]
    return scopes if isinstance(scopes, list) else None


def facts_of_family(payload: dict[str, Any], action: str) -> Facts:
    """Returns the facts of an action that is none of the known types, by the part of its name before the dot."""
    fields = _FIELDS.get(action.partition(".")[0])
    if fields is None:
        return {}
    return known(
        {fact: next((payload[key] for key in keys if _plain(payload.get(key))), None) for fact, keys in fields}
    )


def _plain(value: Any) -> bool:
    return isinstance(value, str | int | list) and value not in ("", [])


def _text_of(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None


_KEYS: Final = (("token_id", ("key_id", "fingerprint", "key")), ("title", ("title",)), ("read_only", ("read_only",)))
_BRANCHES: Final = (
    ("branch", ("name", "branch")),
    ("approvals", ("required_approving_review_count",)),
    ("admin_enforced", ("admin_enforced",)),
    ("force_pushes", ("allow_force_pushes_enforcement_level",)),
)
_VISIBILITY: Final = (
    ("visibility", ("visibility",)),
    ("old_visibility", ("previous_visibility", "old_visibility")),
    ("target", ("user",)),
)
_WORKFLOWS: Final = (
    ("workflow", ("name", "workflow_name")),
    ("conclusion", ("conclusion",)),
    ("branch", ("head_branch",)),
    ("commit", ("head_sha",)),
    ("trigger", ("event",)),
)
_ALERTS: Final = (("number", ("number", "alert_number")), ("secret_type", ("secret_type",)), ("state", ("state",)))
_FIELDS: Final[dict[str, tuple[tuple[str, tuple[str, ...]], ...]]] = {
    "public_key": _KEYS,
    "deploy_key": _KEYS,
    "protected_branch": _BRANCHES,
    "repository_branch_protection_evaluation": _BRANCHES,
    "repository_ruleset": (("ruleset", ("ruleset_name",)), ("enforcement", ("ruleset_enforcement",))),
    "repo": _VISIBILITY,
    "org": (("target", ("user",)),),
    "team": (("target", ("user",)), ("team", ("team",))),
    "workflows": _WORKFLOWS,
    "secret_scanning_alert": _ALERTS,
    "secret_scanning_push_protection": _ALERTS,
    "repository_vulnerability_alert": _ALERTS,
    "personal_access_token": (("target", ("user",)),),
    "two_factor_authentication": (("target", ("user",)),),
}
"""Facts and the fields that hold them, by family of actions."""
