"""Roles: which scopes each role holds, as data."""

from enum import StrEnum
from typing import Final

from mcm_api.identity.scopes import ALL_SCOPES, Scope


class Role(StrEnum):
    """A role of users and service accounts."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    ENGINEER = "engineer"
    AUDITOR = "auditor"
    ADMIN = "admin"
    INGEST = "ingest"


_VIEWER: Final = frozenset(
    {
        Scope.ACCOUNT,
        Scope.ACTIVITY_READ,
        Scope.DOCS_READ,
        Scope.EVENTS_READ,
        Scope.FINDINGS_READ,
        Scope.NOTIFICATIONS_READ,
        Scope.PIPELINE_READ,
        Scope.RULES_READ,
        Scope.SOURCES_READ,
        Scope.STATS_READ,
    }
)
_ANALYST: Final = _VIEWER | {
    Scope.EXCEPTIONS_WRITE,
    Scope.FINDINGS_ENRICH,
    Scope.FINDINGS_EXPORT,
    Scope.FINDINGS_FEEDBACK,
    Scope.FINDINGS_TRIAGE,
    Scope.RAW_DATA_READ,
}

ROLE_SCOPES: Final[dict[Role, frozenset[Scope]]] = {
    Role.VIEWER: _VIEWER,
    Role.ANALYST: _ANALYST,
    Role.ENGINEER: _ANALYST
    | {
        Scope.DEAD_LETTERS_READ,
        Scope.DEAD_LETTERS_WRITE,
        Scope.METRICS_READ,
        Scope.RULES_WRITE,
        Scope.SOURCES_WRITE,
    },
    Role.AUDITOR: frozenset(
        {
            Scope.ACCOUNT,
            Scope.AUDIT_EXPORT,
            Scope.AUDIT_READ,
            Scope.EVENTS_READ,
            Scope.FINDINGS_EXPORT,
            Scope.FINDINGS_READ,
            Scope.RULES_READ,
        }
    ),
    Role.ADMIN: ALL_SCOPES,
    Role.INGEST: frozenset({Scope.EVENTS_WRITE}),
}
"""The scopes of each role."""

ROLE_MEANINGS: Final[dict[Role, str]] = {
    Role.VIEWER: "Reads everything but raw data",
    Role.ANALYST: "Viewer who also triages, makes exceptions, enriches, gives feedback, exports and reads raw data",
    Role.ENGINEER: "Analyst who also manages rules, sources and dead letters",
    Role.AUDITOR: "Reads findings, evidence and the audit trail of a period, until the access expires",
    Role.ADMIN: "Everything, users and API tokens included",
    Role.INGEST: "Pushes events, nothing else",
}
"""What each role is for."""


def scopes_of(role: str | None) -> frozenset[Scope]:
    """Returns the scopes of a role; none for no role or one that no longer exists."""
    try:
        return ROLE_SCOPES[Role(role or "")]
    except ValueError:
        return frozenset()
