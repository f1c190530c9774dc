"""Events of Okta's System Log become events: who, what, and the facts the rules read."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings

from mcm_rules_engine.sigma.load import parse_rules
from mcm_rules_engine.sources import normalise
from mcm_rules_engine.testing.any_shape import spoiled
from mcm_rules_engine.testing.rulesets import builtin_rules
from mcm_shared.contracts.events import EVENT_TYPES, SourceEvent, event_uid
from mcm_shared.errors import PoisonEventError

RULESET = builtin_rules()
OMAR = {"id": "00u2", "type": "User", "alternateId": "omar@example.com", "displayName": "Omar"}


def an_entry(event_type: str = "user.session.start", result: str = "SUCCESS", **said: Any) -> dict[str, Any]:
    """Builds an entry of the System Log; ``debug`` is its debug data."""
    return {
        "uuid": "00000000-0000-4000-8000-000000000001",
        "published": "2026-11-20T12:00:00.123Z",
        "eventType": event_type,
        "actor": {"id": "00u1", "type": "User", "alternateId": "mona@example.com", "displayName": "Mona"},
        "client": {
            "ipAddress": "192.0.2.7",
            "userAgent": {"rawUserAgent": "Mozilla/5.0"},
            "geographicalContext": {"city": "Berlin", "country": "Germany"},
        },
        "outcome": {"result": result, "reason": said.pop("reason", None)},
        "target": said.pop("target", None),
        "debugContext": {"debugData": said.pop("debug", {})},
        **said,
    }


def event_of(entry: Any) -> SourceEvent:
    """Normalises an entry."""
    return normalise(entry, "okta.system", "events.raw/0/7")


def test_an_entry_keeps_its_id_time_user_and_payload() -> None:
    entry = an_entry("user.lifecycle.create")
    event = event_of(entry)
    assert event.uid == event_uid("okta.system", "00000000-0000-4000-8000-000000000001")
    assert event.timestamp.isoformat() == "2026-11-20T12:00:00.123000+00:00"
    assert (event.user, event.event_type) == ("mona@example.com", "okta.system.user.lifecycle.create")
    assert event.raw_data is entry
    assert event.attributes == {
        "ip": "192.0.2.7",
        "user_agent": "Mozilla/5.0",
        "country": "Germany",
        "city": "Berlin",
    }


@pytest.mark.parametrize(
    ("event_type", "result", "expected"),
    [
        ("user.session.start", "SUCCESS", "login_success"),
        ("user.session.start", "FAILURE", "login_failed"),
        ("user.session.start", "DENY", "login_failed"),
        ("user.session.start", "SKIPPED", "okta.system.user.session.start"),
        ("user.authentication.auth_via_mfa", "SUCCESS", "mfa_success"),
        ("user.authentication.auth_via_mfa", "FAILURE", "mfa_failed"),
        ("user.mfa.okta_verify.deny_push", "SUCCESS", "mfa_failed"),
        ("system.push.send_factor_verify_push", "SUCCESS", "mfa_challenge"),
        ("system.sms.send_factor_verify_message", "SUCCESS", "mfa_challenge"),
        ("user.account.privilege.grant", "SUCCESS", "permission_changed"),
        ("user.account.privilege.grant", "FAILURE", "okta.system.user.account.privilege.grant"),
        ("system.api_token.create", "SUCCESS", "api_token_created"),
        ("system.api_token.revoke", "SUCCESS", "api_token_revoked"),
        ("user.authentication.sso", "SUCCESS", "okta.system.user.authentication.sso"),
    ],
)
def test_what_happened(event_type: str, result: str, expected: str) -> None:
    assert event_of(an_entry(event_type, result)).event_type == expected


def test_a_login_that_failed_says_why() -> None:
    event = event_of(an_entry(result="FAILURE", reason="INVALID_CREDENTIALS"))
    assert (event.facts["reason"], event.facts["method"]) == ("INVALID_CREDENTIALS", "password")


def test_a_request_that_was_denied_says_so() -> None:
    facts = event_of(an_entry("user.mfa.okta_verify.deny_push")).facts
    assert (facts["factor"], facts["reason"]) == ("push", "denied_by_user")


@pytest.mark.parametrize(
    ("actor", "expected"),
    [
        ({"type": "User", "alternateId": "mona@example.com", "id": "00u1"}, "mona@example.com"),
        ({"type": "User", "alternateId": "mistyped@example.com", "id": "unknown"}, "mistyped@example.com"),
        ({"type": "User", "alternateId": "unknown", "displayName": "Mona", "id": "00u1"}, "Mona"),
        ({"type": "User", "alternateId": "unknown", "displayName": "unknown", "id": "unknown"}, None),
        ({"type": "SystemPrincipal", "alternateId": "system@okta.com"}, "omar@example.com"),
        (None, None),
        ("mona", None),
    ],
)
def test_who_it_was(actor: Any, expected: str | None) -> None:
    assert event_of(an_entry("system.push.send_factor_verify_push", actor=actor, target=[OMAR])).user == expected


def test_the_system_is_itself_where_no_user_is_meant() -> None:
    actor = {"type": "SystemPrincipal", "alternateId": "system@okta.com"}
    assert event_of(an_entry("system.import.start", actor=actor)).user == "system@okta.com"


@pytest.mark.parametrize(
    ("event_type", "debug", "expected"),
    [
        ("user.account.privilege.grant", {"privilegeGranted": "Super administrator"}, {"new_role": ["super_admin"]}),
        (
            "user.account.privilege.grant",
            {"privilegeGranted": "Organization administrator, Application administrator (all)"},
            {"new_role": ["admin", "Application administrator (all)"]},
        ),
        ("user.account.privilege.revoke", {"privilegeRevoked": "Super administrator"}, {"old_role": ["super_admin"]}),
        ("user.account.privilege.grant", {}, {"new_role": []}),
    ],
)
def test_a_role_that_changes_hands(event_type: str, debug: dict[str, Any], expected: dict[str, Any]) -> None:
    facts = event_of(an_entry(event_type, target=[OMAR], debug=debug)).facts
    assert facts.items() >= {"target": "omar@example.com", "resource": "okta", **expected}.items()


def test_the_built_in_rules_know_an_administrator_and_a_token() -> None:
    grant = an_entry("user.account.privilege.grant", target=[OMAR], debug={"privilegeGranted": "Super administrator"})
    token = an_entry("system.api_token.create", target=[{"id": "00T1", "type": "Token"}])
    assert [match.rule.name for match in RULESET.match(event_of(grant)) if match.rule.raises_finding] == [
        "role_escalated_to_admin"
    ]
    assert [match.rule.name for match in RULESET.match(event_of(token)) if match.rule.raises_finding] == [
        "token_without_expiry"
    ]
    assert event_of(token).facts["token_id"] == "00T1"


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (None, "must be a JSON object"),
        ([an_entry()], "must be a JSON object"),
        ({}, "eventType is missing"),
        (an_entry(published=None), "published is missing"),
        (an_entry(published="2021-01-08 21:28:34.875"), "has no time zone"),
        (an_entry(uuid="x" * 513), "uuid has 513 characters"),
    ],
)
def test_what_cannot_be_an_event_is_refused_with_a_reason(payload: Any, expected: str) -> None:
    with pytest.raises(PoisonEventError) as caught:
        event_of(payload)
    assert expected in caught.value.reason


def test_an_entry_without_an_id_is_named_by_its_content() -> None:
    entry = an_entry(uuid=None)
    assert event_of(entry).uid == event_of(dict(reversed(entry.items()))).uid
    assert event_of(entry).uid != event_of(an_entry("other", uuid=None)).uid


@pytest.mark.parametrize("result", ["SUCCESS", "FAILURE"])
@pytest.mark.parametrize(
    "said",
    [
        {"debug": {"factor": "PASSWORD_AS_FACTOR"}},
        {"target": [{"type": "AuthenticatorEnrollment", "detailEntry": {"methodTypeUsed": "Password"}}]},
    ],
)
def test_a_password_is_no_further_factor(said: dict[str, Any], result: str) -> None:
    event = event_of(an_entry("user.authentication.auth_via_mfa", result, **said))
    assert event.event_type == "okta.system.user.authentication.auth_via_mfa"


def test_a_user_is_the_same_in_any_case_and_what_is_no_person_says_so() -> None:
    person = event_of(an_entry(actor={"type": "User", "alternateId": "Mona@Example.com"}))
    assert (person.user, person.facts.get("actor_type")) == ("mona@example.com", None)
    assert event_of(an_entry(actor={"type": "PublicClientApp", "alternateId": "sync"})).facts["actor_type"] == "service"


@settings(deadline=None)
@given(
    spoiled(
        [
            an_entry(),
            an_entry("user.authentication.auth_via_mfa", debug={"factor": "OKTA_VERIFY_PUSH"}),
            an_entry("user.account.privilege.grant", target=[OMAR], debug={"privilegeGranted": "Super administrator"}),
            an_entry("system.api_token.create", target=[OMAR]),
            an_entry("system.push.send_factor_verify_push", actor={"type": "SystemPrincipal"}, target=[OMAR]),
        ]
    )
)
def test_an_entry_of_any_shape_becomes_an_event_or_is_refused(entry: dict[str, Any]) -> None:
    before = copy.deepcopy(entry)
    try:
        event = event_of(entry)
    except PoisonEventError:
        return
    assert event.raw_data == before
    assert event.event_type in EVENT_TYPES or event.event_type.startswith("okta.system.")
    assert event.user is None or isinstance(event.user, str)
    json.dumps(event.attributes)
    RULESET.match(event)


def test_published_rules_that_write_keys_in_lower_case_match() -> None:
    rule = (
        "title: A rule\nid: 00000000-0000-4000-8000-0000000000a5\nlevel: low\n"
        "logsource: {product: okta, service: okta}\n"
        "detection: {s: {eventtype: user.account.lock, outcome.Result: FAILURE}, condition: s}\n"
    )
    assert parse_rules(rule).match(event_of(an_entry("user.account.lock", "FAILURE")))
    assert not parse_rules(rule).match(event_of(an_entry("user.account.lock", "SUCCESS")))
