"""Scopes: the permissions that operations require and that roles and API tokens hold."""

from enum import StrEnum
from typing import Any, Final


class Scope(StrEnum):
    """A permission. Every operation requires exactly one; ``PUBLIC`` operations are open to everyone."""

    PUBLIC = "public"
    ACCOUNT = "account"
    DOCS_READ = "docs:read"
    FINDINGS_READ = "findings:read"
    FINDINGS_EXPORT = "findings:export"
    FINDINGS_FEEDBACK = "findings:feedback"
    FINDINGS_TRIAGE = "findings:triage"
    EXCEPTIONS_WRITE = "exceptions:write"
    FINDINGS_ENRICH = "findings:enrich"
    NOTIFICATIONS_READ = "notifications:read"
    NOTIFICATIONS_WRITE = "notifications:write"
    EVENTS_READ = "events:read"
    EVENTS_WRITE = "events:write"
    RAW_DATA_READ = "raw_data:read"
    STATS_READ = "stats:read"
    ACTIVITY_READ = "activity:read"
    RULES_READ = "rules:read"
    RULES_WRITE = "rules:write"
    SOURCES_READ = "sources:read"
    SOURCES_WRITE = "sources:write"
    PIPELINE_READ = "pipeline:read"
    DEAD_LETTERS_READ = "dead_letters:read"
    DEAD_LETTERS_WRITE = "dead_letters:write"
    METRICS_READ = "metrics:read"
    AUDIT_READ = "audit:read"
    AUDIT_EXPORT = "audit:export"
    ACCESS_MANAGE = "access:manage"


MEANINGS: Final = {
    Scope.ACCOUNT: "Manage the own password, sessions and API tokens",
    Scope.DOCS_READ: "Read the API's documentation",
    Scope.FINDINGS_READ: "Read findings and follow the live stream",
    Scope.FINDINGS_EXPORT: "Export findings as CSV and NDJSON",
    Scope.FINDINGS_FEEDBACK: "Give feedback on explanations",
    Scope.FINDINGS_TRIAGE: "Triage findings",
    Scope.EXCEPTIONS_WRITE: "Request, approve and revoke exceptions",
    Scope.FINDINGS_ENRICH: "Have findings scored and explained",
    Scope.NOTIFICATIONS_READ: "Read notification channels, routes and messages",
    Scope.NOTIFICATIONS_WRITE: "Test notification channels and retry messages",
    Scope.EVENTS_READ: "Read events without their raw data",
    Scope.EVENTS_WRITE: "Push events",
    Scope.RAW_DATA_READ: "Read the raw data of events",
    Scope.STATS_READ: "Read figures",
    Scope.ACTIVITY_READ: "Read the activity of users in events",
    Scope.RULES_READ: "Read rules",
    Scope.RULES_WRITE: "Change rules",
    Scope.SOURCES_READ: "Read sources",
    Scope.SOURCES_WRITE: "Change sources",
    Scope.PIPELINE_READ: "Read the state of the pipeline",
    Scope.DEAD_LETTERS_READ: "Read dead letters",
    Scope.DEAD_LETTERS_WRITE: "Retry dead letters",
    Scope.METRICS_READ: "Read the API's metrics",
    Scope.AUDIT_READ: "Read the audit trail",
    Scope.AUDIT_EXPORT: "Export the audit trail",
    Scope.ACCESS_MANAGE: "Manage users, roles and API tokens",
}
"""What each scope permits, for documents and messages."""

ALL_SCOPES: Final = frozenset(MEANINGS)
"""Every scope that an identity can hold."""

OVER_ALL_SOURCES: Final = frozenset(
    {
        Scope.ACCESS_MANAGE,
        Scope.DEAD_LETTERS_READ,
        Scope.DEAD_LETTERS_WRITE,
        Scope.EXCEPTIONS_WRITE,
        Scope.METRICS_READ,
        Scope.NOTIFICATIONS_READ,
        Scope.NOTIFICATIONS_WRITE,
        Scope.RULES_WRITE,
        Scope.SOURCES_READ,
        Scope.SOURCES_WRITE,
    }
)
"""Scopes whose operations all concern all sources at once: restricted identities do not hold them."""

AUDIT_SCOPES: Final = frozenset({Scope.AUDIT_READ, Scope.AUDIT_EXPORT})
"""Scopes of the audit trail, which can be restricted to a period and not to sources."""

_SCOPE: Final = "x-scope"
_UNRESTRICTED: Final = "x-unrestricted"
_ALL_SOURCES: Final = "x-all-sources"


def requires(scope: Scope, *, unrestricted: bool = False, all_sources: bool = False, **extra: Any) -> dict[str, Any]:
    """Declares the scope of an operation, as its ``openapi_extra``; ``extra`` is added to the OpenAPI document.

    ``unrestricted``: the operation concerns all sources and times at once, so no restricted identity may use it;
    ``all_sources``: it concerns all sources, and is closed to identities restricted to some.
    """
    declared: dict[str, Any] = {_SCOPE: scope.value, **extra}
    if unrestricted:
        declared[_UNRESTRICTED] = True
    if all_sources:
        declared[_ALL_SOURCES] = True
    declared["security"] = [] if scope is Scope.PUBLIC else [{"session": []}, {"token": [scope.value]}]
    return declared


def declared_scope(extra: dict[str, Any] | None) -> Scope | None:
    """Reads the scope that ``requires`` declared; None where an operation declares none."""
    value = (extra or {}).get(_SCOPE)
    return None if value is None else Scope(value)


def is_unrestricted(extra: dict[str, Any] | None) -> bool:
    """Returns whether the operation is closed to identities that are restricted to sources or a period."""
    return bool((extra or {}).get(_UNRESTRICTED))


def concerns_all_sources(extra: dict[str, Any] | None) -> bool:
    """Returns whether the operation is closed to identities that are restricted to sources."""
    return is_unrestricted(extra) or bool((extra or {}).get(_ALL_SOURCES))
