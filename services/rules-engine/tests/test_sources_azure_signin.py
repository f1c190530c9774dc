"""Sign-ins to Entra ID become events, in the spellings of Graph, diagnostic settings and Log Analytics."""

from typing import Any

import pytest

from mcm_rules_engine.sigma.load import parse_rules
from mcm_rules_engine.sources import normalise
from mcm_rules_engine.testing.rulesets import cloud_rules
from mcm_shared.contracts.events import SourceEvent, event_uid
from mcm_shared.errors import PoisonEventError


def a_graph_sign_in(code: int = 0, **said: Any) -> dict[str, Any]:
    """Builds a sign-in as Microsoft Graph writes it."""
    return {
        "id": "s-1",
        "createdDateTime": "2026-11-20T12:00:00Z",
        "userPrincipalName": "Mona@Example.com",
        "userDisplayName": "Mona",
        "appDisplayName": "Azure Portal",
        "ipAddress": "192.0.2.7:51234",
        "clientAppUsed": "Browser",
        "conditionalAccessStatus": "success",
        "authenticationRequirement": "singleFactorAuthentication",
        "status": {"errorCode": code, "failureReason": "Other." if code == 0 else "Why it failed."},
        "location": {"city": "Berlin", "countryOrRegion": "DE"},
        "deviceDetail": {"deviceId": "d-1", "operatingSystem": "Windows"},
        **said,
    }


def a_diagnostic_sign_in(code: int = 0, **said: Any) -> dict[str, Any]:
    """Builds the same sign-in as diagnostic settings send it."""
    return {
        "time": "2026-11-20T12:00:01.1234567Z",
        "resourceId": "/tenants/t-1/providers/Microsoft.aadiam",
        "operationName": "Sign-in activity",
        "category": "SignInLogs",
        "tenantId": "t-1",
        "resultType": str(code),
        "callerIpAddress": "192.0.2.7",
        "identity": "Mona",
        "properties": {**a_graph_sign_in(code), **said},
    }


def event_of(payload: Any, source: str = "azure.signin") -> SourceEvent:
    """Normalises a sign-in."""
    return normalise(payload, source, "events.raw/0/7")


def is_matched(detection: str, payload: dict[str, Any]) -> bool:
    """Tells whether a rule on azure/signinlogs with this detection holds for a sign-in."""
    rule = (
        "title: A rule\nid: 00000000-0000-4000-8000-0000000000a1\nlevel: low\n"
        f"logsource: {{product: azure, service: signinlogs}}\ndetection: {{s: {{{detection}}}, condition: s}}\n"
    )
    return bool(parse_rules(rule).match(event_of(payload)))


@pytest.mark.parametrize("build", [a_graph_sign_in, a_diagnostic_sign_in])
def test_both_spellings_are_the_same_event(build: Any) -> None:
    payload = build()
    event = event_of(payload)
    assert event.uid == event_uid("azure.signin", "s-1")
    assert (event.event_type, event.user) == ("login_success", "mona@example.com")
    assert event.timestamp.isoformat() == "2026-11-20T12:00:00+00:00"
    assert event.raw_data is payload
    facts = ("ip", "country", "city", "result_code", "mfa", "application")
    assert [event.facts[name] for name in facts] == ["192.0.2.7", "DE", "Berlin", "0", False, "Azure Portal"]
    assert "reason" not in event.facts


@pytest.mark.parametrize(
    ("code", "event_type", "reason"),
    [
        (0, "login_success", None),
        (50126, "login_failed", "bad_password"),
        (50053, "login_failed", "locked_out"),
        (50034, "login_failed", "unknown_user"),
        (53003, "login_failed", "conditional_access"),
        (50074, "mfa_challenge", "Why it failed."),
        (50076, "mfa_challenge", "Why it failed."),
        (500121, "mfa_failed", "Why it failed."),
        (50140, "azure.signin.interrupted", "Why it failed."),
        (90072, "login_failed", "Why it failed."),
    ],
)
@pytest.mark.parametrize("build", [a_graph_sign_in, a_diagnostic_sign_in])
def test_a_result_code_says_how_it_ended(build: Any, code: int, event_type: str, reason: str | None) -> None:
    event = event_of(build(code))
    assert (event.event_type, event.facts.get("reason")) == (event_type, reason)


def test_a_denied_prompt_is_a_failed_factor_that_the_user_denied() -> None:
    denied = {"errorCode": 500121, "additionalDetails": "MFA denied; user declined the authentication"}
    event = event_of(a_graph_sign_in(status=denied))
    assert (event.event_type, event.facts["reason"]) == ("mfa_failed", "denied_by_user")


def test_a_row_of_log_analytics_is_read_too() -> None:
    row = {
        "TimeGenerated": "2026-11-20T12:00:00Z",
        "OperationName": "Sign-in activity",
        "ResultType": "50126",
        "ResultDescription": "Invalid username or password.",
        "UserPrincipalName": "mona@example.com",
        "IPAddress": "192.0.2.7",
        "Location": "DE",
        "LocationDetails": '{"city": "Berlin", "countryOrRegion": "DE"}',
        "Status": '{"errorCode": 50126}',
        "Id": "s-2",
    }
    event = event_of(row)
    assert (event.event_type, event.facts["country"], event.facts["reason"]) == ("login_failed", "DE", "bad_password")


def test_a_sign_in_of_a_service_names_the_service() -> None:
    payload = a_diagnostic_sign_in(userPrincipalName="", userDisplayName="", servicePrincipalName="backup-job")
    event = event_of({**payload, "category": "ServicePrincipalSignInLogs", "identity": ""})
    assert (event.user, event.facts["actor_type"]) == ("backup-job", "service")


@pytest.mark.parametrize("build", [a_graph_sign_in, a_diagnostic_sign_in])
@pytest.mark.parametrize(
    "detection",
    [
        "ResultType: 50126",
        "ResultType: '50126'",
        "resultType: 50126",
        "ResultDescription|contains: failed",
        "Status: Failure",
        "Status.errorCode: 50126",
        "properties.status.errorCode: 50126",
        "UserPrincipalName: mona@example.com",
        "properties.userPrincipalName: mona@example.com",
        "Location: DE",
        "Location.countryOrRegion: DE",
        "DeviceDetail.deviceId: d-1",
        "ClientApp: Browser",
        "ConditionalAccessStatus: success",
        "AuthenticationRequirement: singleFactorAuthentication",
        "AppDisplayName: Azure Portal",
    ],
)
def test_rules_find_the_names_that_published_rules_use(build: Any, detection: str) -> None:
    assert is_matched(detection, build(50126))
    assert not is_matched(detection.replace(": ", ": not-", 1), build(50126))


def test_an_entry_of_the_audit_log_in_the_same_hub_is_one_of_the_audit_log() -> None:
    entry = {
        "time": "2026-11-20T12:00:00Z",
        "category": "AuditLogs",
        "operationName": "Delete user",
        "properties": {"id": "a-1", "activityDisplayName": "Delete user"},
    }
    assert event_of(entry).uid == event_uid("azure.audit", "a-1")
    assert event_of(a_diagnostic_sign_in(), "azure.audit").uid == event_uid("azure.signin", "s-1")


@pytest.mark.parametrize("header", ["azure.signin", "azure.audit", "azure.activity"])
def test_a_risk_that_entra_id_detected_is_read_under_any_header_of_azure(header: str) -> None:
    entry = {
        "time": "2026-01-05T12:00:00Z",
        "category": "UserRiskEvents",
        "operationName": "User Risk Detection",
        "properties": {"id": "r-1", "riskEventType": "leakedCredentials", "userPrincipalName": "mona@example.com"},
    }
    event = event_of(entry, header)
    assert (event.source, event.event_type) == ("azure.signin", "azure.signin.User_Risk_Detection")
    assert event.user == "mona@example.com"
    assert "entra_risk_detected" in {match.rule.name for match in cloud_rules().match(event)}


def test_a_sign_in_without_an_id_is_named_by_its_content() -> None:
    payload = a_graph_sign_in(id=None)
    again = dict(reversed(payload.items()))
    assert event_of(payload).uid == event_of(again).uid
    assert event_of(payload).uid != event_of(a_graph_sign_in(50126, id=None)).uid


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (None, "must be a JSON object"),
        ({}, "is this a sign-in of Entra ID?"),
        (a_graph_sign_in(createdDateTime=None), "createddatetime is missing"),
        (a_graph_sign_in(createdDateTime="2026-11-20 12:00:00"), "has no time zone"),
        (a_graph_sign_in(id="x" * 513), "has 513 characters"),
    ],
)
def test_what_cannot_be_an_event_is_refused_with_a_reason(payload: Any, expected: str) -> None:
    with pytest.raises(PoisonEventError) as caught:
        event_of(payload)
    assert expected in caught.value.reason
