"""Entries of Entra ID's audit log become events: who, what, and the facts the rules read."""

import json
from typing import Any

import pytest

from mcm_rules_engine.sigma.load import parse_rules
from mcm_rules_engine.sources import normalise
from mcm_rules_engine.testing.rulesets import builtin_rules
from mcm_shared.contracts.events import SourceEvent, event_uid
from mcm_shared.errors import PoisonEventError

RULESET = builtin_rules()
OMAR = {"id": "u-2", "type": "User", "userPrincipalName": "Omar@example.com"}


def a_change(name: str, old: Any = None, new: Any = None) -> dict[str, Any]:
    """Builds one modified property, whose values are JSON inside text."""
    return {"displayName": name, "oldValue": json.dumps(old), "newValue": json.dumps(new)}


def a_graph_entry(activity: str = "Delete user", *changes: dict[str, Any], **said: Any) -> dict[str, Any]:
    """Builds an entry as Microsoft Graph writes it."""
    return {
        "id": "a-1",
        "activityDateTime": "2026-11-20T12:00:00.1234567Z",
        "activityDisplayName": activity,
        "category": "UserManagement",
        "result": "success",
        "initiatedBy": {"user": {"userPrincipalName": "Mona@example.com", "ipAddress": "192.0.2.7"}, "app": None},
        "targetResources": [{**OMAR, "modifiedProperties": list(changes)}],
        **said,
    }


def a_diagnostic_entry(activity: str = "Delete user", *changes: dict[str, Any], **said: Any) -> dict[str, Any]:
    """Builds the same entry as diagnostic settings send it."""
    return {
        "time": "2026-11-20T12:00:01Z",
        "resourceId": "/tenants/t-1/providers/Microsoft.aadiam",
        "operationName": activity,
        "category": "AuditLogs",
        "resultSignature": "None",
        "properties": a_graph_entry(activity, *changes, **said),
    }


def event_of(payload: Any) -> SourceEvent:
    """Normalises an entry."""
    return normalise(payload, "azure.audit", "events.raw/0/7")


def rules_of(payload: Any) -> list[tuple[str, str]]:
    """Lists the built-in rules that hold for an entry, with their severities."""
    matches = RULESET.match(event_of(payload))
    return [(match.rule.name, match.severity.value) for match in matches if match.rule.raises_finding]


def is_matched(detection: str, payload: dict[str, Any]) -> bool:
    """Tells whether a rule on azure/auditlogs with this detection holds for an entry."""
    rule = (
        "title: A rule\nid: 00000000-0000-4000-8000-0000000000a2\nlevel: low\n"
        f"logsource: {{product: azure, service: auditlogs}}\ndetection: {{s: {{{detection}}}, condition: s}}\n"
    )
    return bool(parse_rules(rule).match(event_of(payload)))


@pytest.mark.parametrize("build", [a_graph_entry, a_diagnostic_entry])
def test_both_spellings_are_the_same_event(build: Any) -> None:
    payload = build()
    event = event_of(payload)
    assert event.uid == event_uid("azure.audit", "a-1")
    assert (event.event_type, event.user) == ("azure.audit.delete_user", "mona@example.com")
    assert event.timestamp.isoformat() == "2026-11-20T12:00:00.123456+00:00"
    assert event.raw_data is payload
    assert [event.facts[name] for name in ("ip", "target", "result")] == ["192.0.2.7", "omar@example.com", "success"]


@pytest.mark.parametrize(
    ("activity", "role", "expected"),
    [
        ("Add member to role", "Global Administrator", [("role_escalated_to_admin", "high")]),
        ("Add member to role.", "Company Administrator", [("role_escalated_to_admin", "high")]),
        ("Add eligible member to role in PIM completed (timebound)", "Privileged Role Administrator",
         [("role_escalated_to_admin", "high")]),
        ("Add member to role completed (PIM activation)", "Global Administrator",
         [("role_escalated_to_admin", "high")]),
        ("Add member to role requested (PIM activation)", "Global Administrator", []),
        ("Add member to role", "Reports Reader", []),
        ("Remove member from role", "Global Administrator", []),
    ],
)  # fmt: skip
@pytest.mark.parametrize("build", [a_graph_entry, a_diagnostic_entry])
def test_a_role_that_rules_the_tenant_is_an_escalation(
    build: Any, activity: str, role: str, expected: list[tuple[str, str]]
) -> None:
    entry = build(activity, a_change("Role.DisplayName", None, role))
    assert rules_of(entry) == expected
    assert rules_of(build(activity, a_change("Role.DisplayName", None, role), result="failure")) == []


def test_the_role_may_stand_among_the_targets() -> None:
    targets = [{"type": "Role", "displayName": "Global Administrator"}, OMAR]
    event = event_of(a_graph_entry("Add member to role", targetResources=targets))
    assert (event.facts["new_role"], event.facts["target"]) == ("super_admin", "omar@example.com")
    taken = event_of(a_graph_entry("Remove member from role", targetResources=targets))
    assert (taken.event_type, taken.facts["old_role"]) == ("permission_changed", "super_admin")
    assert "new_role" not in taken.facts


def test_elevated_access_to_all_subscriptions_is_an_escalation_of_whoever_took_it() -> None:
    activity = "User has elevated their access to User Access Administrator for their Azure Resources"
    event = event_of(a_graph_entry(activity))
    assert (event.event_type, event.facts["target"], event.facts["new_role"]) == (
        "permission_changed",
        "mona@example.com",
        "root",
    )


def test_credentials_of_an_application_are_tokens() -> None:
    one, two = (f"[KeyIdentifier=0000000{n}-0000-4000-8000-000000000000,KeyType=Password]" for n in (1, 2))
    activity = "Update application \u2013 Certificates and secrets management "
    added = event_of(a_graph_entry(activity, a_change("KeyDescription", [one], [one, two])))
    removed = event_of(a_graph_entry(activity, a_change("KeyDescription", [one, two], [two])))
    assert (added.event_type, added.facts["token_id"]) == ("api_token_created", "00000002-0000-4000-8000-000000000000")
    assert (removed.event_type, removed.facts["token_id"]) == (
        "api_token_revoked",
        "00000001-0000-4000-8000-000000000000",
    )


def test_consent_says_for_whom_and_to_what() -> None:
    event = event_of(
        a_graph_entry(
            "Consent to application",
            a_change("ConsentContext.IsAdminConsent", None, "True"),
            a_change("DelegatedPermissionGrant.Scope", None, " Mail.Read offline_access"),
            targetResources=None,
        )
    )
    assert event.event_type == "azure.audit.consent_to_application"
    assert "scopes" not in event.facts
    targets = [
        {
            "type": "ServicePrincipal",
            "displayName": "Mail helper",
            "modifiedProperties": [
                a_change("ConsentContext.IsAdminConsent", None, "True"),
                a_change("DelegatedPermissionGrant.Scope", None, " Mail.Read offline_access"),
            ],
        }
    ]
    facts = event_of(a_graph_entry("Consent to application", targetResources=targets)).facts
    assert facts["scopes"] == ["Mail.Read", "offline_access"]
    assert (facts["admin_consent"], facts["application"]) == (True, "Mail helper")


def test_a_conditional_access_policy_says_its_state_before_and_after() -> None:
    change = a_change("ConditionalAccessPolicy", {"state": "enabled"}, {"state": "disabled"})
    targets = [{"type": "Policy", "displayName": "Require MFA", "modifiedProperties": [change]}]
    facts = event_of(a_graph_entry("Update conditional access policy", targetResources=targets)).facts
    assert [facts[name] for name in ("policy", "old_state", "new_state")] == ["Require MFA", "enabled", "disabled"]


def test_an_application_that_acts_is_a_service() -> None:
    event = event_of(a_graph_entry(initiatedBy={"user": None, "app": {"displayName": "Sync"}}))
    assert (event.user, event.facts["actor_type"]) == ("Sync", "service")


@pytest.mark.parametrize("build", [a_graph_entry, a_diagnostic_entry])
@pytest.mark.parametrize(
    "detection",
    [
        "properties.message: Add member to role",
        "OperationName: Add member to role",
        "operationName: Add member to role",
        "ActivityDisplayName|startswith: Add member",
        "ActivityType: Add member to role",
        "Status: success",
        "TargetResources.type: User",
        "targetResources.userPrincipalName: omar@example.com",
        "targetResources.modifiedProperties.newValue|contains: Global Administrator",
        "Role.DisplayName: Global Administrator",
        "InitiatedBy: mona@example.com",
        "InitiatedBy.user.userPrincipalName: mona@example.com",
        "properties.initiatedBy.user.ipAddress: 192.0.2.7",
    ],
)
def test_rules_find_the_names_that_published_rules_use(build: Any, detection: str) -> None:
    entry = build("Add member to role", a_change("Role.DisplayName", None, "Global Administrator"))
    assert is_matched(detection, entry)
    assert not is_matched(detection.replace(": ", ": not-", 1), entry)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (None, "must be a JSON object"),
        ({}, "is this Entra ID's audit log?"),
        (a_graph_entry(activityDateTime=None), "activitydatetime is missing"),
        (a_graph_entry(id="x" * 513), "has 513 characters"),
    ],
)
def test_what_cannot_be_an_event_is_refused_with_a_reason(payload: Any, expected: str) -> None:
    with pytest.raises(PoisonEventError) as caught:
        event_of(payload)
    assert expected in caught.value.reason
