"""Events of GitHub's audit log become events: who, what, and the facts the rules read."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings

from mcm_rules_engine.sources import normalise
from mcm_rules_engine.testing.any_shape import spoiled
from mcm_rules_engine.testing.rulesets import builtin_rules
from mcm_shared.contracts.events import EVENT_TYPES, SourceEvent, event_uid
from mcm_shared.errors import PoisonEventError

RULESET = builtin_rules()
NOON_MS = 1_795_176_000_123


def an_entry(action: str = "repo.create", **said: Any) -> dict[str, Any]:
    """Builds an entry of the audit log."""
    return {
        "_document_id": "doc-1",
        "@timestamp": NOON_MS,
        "created_at": NOON_MS,
        "action": action,
        "actor": "mona",
        "actor_ip": "192.0.2.7",
        "actor_location": {"country_code": "DE"},
        "user_agent": "Mozilla/5.0",
        "org": "example",
        "repo": "example/payments",
        **said,
    }


def event_of(entry: Any) -> SourceEvent:
    """Normalises an entry."""
    return normalise(entry, "github.audit", "events.raw/0/7")


def test_an_entry_keeps_its_id_time_user_and_payload() -> None:
    entry = an_entry()
    event = event_of(entry)
    assert event.uid == event_uid("github.audit", "doc-1")
    assert event.timestamp.isoformat() == "2026-11-20T12:00:00.123000+00:00"
    assert (event.user, event.event_type) == ("mona", "github.audit.repo.create")
    assert event.raw_data is entry
    assert event.attributes == {
        "ip": "192.0.2.7",
        "user_agent": "Mozilla/5.0",
        "country": "DE",
        "repository": "example/payments",
        "organisation": "example",
    }


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, "2026-11-20T12:00:00.123000+00:00"),
        ({"created_at": None}, "2026-11-20T12:00:00.123000+00:00"),
        ({"created_at": "2026-11-20T13:00:00+01:00"}, "2026-11-20T12:00:00+00:00"),
        ({"created_at": 1_795_176_000}, "2026-11-20T12:00:00+00:00"),
        ({"created_at": 1_795_176_000_123_456}, "2026-11-20T12:00:00.123456+00:00"),
        ({"created_at": 1_795_176_000.5}, "2026-11-20T12:00:00.500000+00:00"),
        ({"created_at": "2026-11-20 13:00:00.5+01"}, "2026-11-20T12:00:00.500000+00:00"),
    ],
)
def test_when_it_was(said: dict[str, Any], expected: str) -> None:
    assert event_of(an_entry(**said)).timestamp.isoformat() == expected


@pytest.mark.parametrize(
    ("action", "said", "expected"),
    [
        ("org.update_member", {"permission": "admin", "old_permission": "read"}, ("read", "owner", "org:example")),
        ("org.add_member", {"permission": "read"}, (None, "read", "org:example")),
        ("org.add_member", {}, (None, None, "org:example")),
        ("org.remove_member", {"old_permission": "admin"}, ("owner", None, "org:example")),
        (
            "repo.update_member",
            {"new_repo_permission": "admin", "old_repo_permission": "write"},
            ("write", "admin", "repo:example/payments"),
        ),
        ("team.promote_maintainer", {"team": "example/core"}, (None, "maintainer", "team:example/core")),
        ("business.add_admin", {"business": "example-inc"}, (None, "admin", "business:example-inc")),
    ],
)
def test_a_role_that_changes_hands(
    action: str, said: dict[str, Any], expected: tuple[str | None, str | None, str]
) -> None:
    event = event_of(an_entry(action, user="omar", **said))
    assert event.event_type == "permission_changed"
    assert event.facts["target"] == "omar"
    assert (event.facts.get("old_role"), event.facts.get("new_role"), event.facts["resource"]) == expected


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("user.login", "login_success"),
        ("user.failed_login", "login_failed"),
        ("user.two_factor_challenge_success", "mfa_success"),
        ("user.two_factor_challenge_failure", "mfa_failed"),
        ("pull_request.create", "pull_request_opened"),
        ("pull_request.merge", "pull_request_merged"),
        ("business.invite_admin", "github.audit.business.invite_admin"),
        ("odd action/ü", "github.audit.odd_action/_"),
    ],
)
def test_what_happened(action: str, expected: str) -> None:
    assert event_of(an_entry(action)).event_type == expected


def test_a_member_change_without_a_permission_invents_no_role() -> None:
    for action in ("org.add_member", "repo.add_member", "team.add_member", "repo.update_member"):
        event = event_of(an_entry(action, user="omar"))
        assert event.event_type == "permission_changed"
        assert "new_role" not in event.facts


def test_an_entry_without_an_id_is_named_by_its_content() -> None:
    entry = an_entry(_document_id=None)
    assert event_of(entry).uid == event_of(dict(reversed(entry.items()))).uid
    assert event_of(entry).uid != event_of(an_entry("other", _document_id=None)).uid


@pytest.mark.parametrize(
    ("said", "user", "actor_type"),
    [
        ({"external_identity_nameid": "Mona@Example.com"}, "mona@example.com", None),
        ({"external_identity_nameid": "mona-sso"}, "mona", None),
        ({"actor": "dependabot[bot]"}, "dependabot[bot]", "service"),
        ({"actor": "deploy-bot", "actor_is_bot": True}, "deploy-bot", "service"),
        ({"actor": None}, None, None),
    ],
)
def test_who_it_was(said: dict[str, Any], user: str | None, actor_type: str | None) -> None:
    event = event_of(an_entry(**said))
    assert (event.user, event.facts.get("actor_type")) == (user, actor_type)


def test_the_built_in_rules_know_a_new_owner() -> None:
    matches = RULESET.match(event_of(an_entry("org.update_member", user="omar", permission="admin")))
    assert [(match.rule.name, match.severity.value) for match in matches if match.rule.raises_finding] == [
        ("role_escalated_to_admin", "critical")
    ]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (None, "must be a JSON object"),
        ({}, "action is missing"),
        (an_entry(created_at=None) | {"@timestamp": None}, "@timestamp is missing"),
        (an_entry(created_at="2023-01-31 18:58:27.638"), "has no time zone"),
        (an_entry(created_at=10**18), "is no number of milliseconds since 1970"),
        (an_entry(created_at=True), "is not a time"),
        (an_entry(_document_id="x" * 513), "_document_id has 513 characters"),
    ],
)
def test_what_cannot_be_an_event_is_refused_with_a_reason(payload: Any, expected: str) -> None:
    with pytest.raises(PoisonEventError) as caught:
        event_of(payload)
    assert expected in caught.value.reason


@settings(deadline=None)
@given(
    spoiled(
        [
            an_entry(),
            an_entry("org.update_member", user="omar", permission="admin", old_permission="read"),
            an_entry("repo.add_member", user="omar", new_repo_permission="admin"),
            an_entry("team.promote_maintainer", team="example/core"),
            an_entry("pull_request.merge", pull_request_id=7, pull_request_title="Fix"),
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
    assert event.event_type in EVENT_TYPES or event.event_type.startswith("github.audit.")
    assert event.user is None or isinstance(event.user, str)
    json.dumps(event.attributes)
    RULESET.match(event)
