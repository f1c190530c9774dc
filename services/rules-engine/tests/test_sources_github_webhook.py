"""Webhook deliveries of GitHub become events: who, what, when, and the facts the rules read."""

from typing import Any

import pytest

from mcm_rules_engine.sigma.load import parse_rules
from mcm_rules_engine.sources import Transport, normalise
from mcm_rules_engine.testing.rulesets import builtin_rules
from mcm_shared.contracts.events import SourceEvent, event_uid
from mcm_shared.errors import PoisonEventError
from mcm_shared.testing.builders import NOON

RULESET = builtin_rules()


def a_payload(action: str | None = "created", **said: Any) -> dict[str, Any]:
    """Builds the payload of a delivery."""
    common = {
        "repository": {"name": "payments", "full_name": "example/payments", "visibility": "private"},
        "organization": {"login": "example"},
        "sender": {"login": "mona", "type": "User"},
    }
    return {**({} if action is None else {"action": action}), **common, **said}


def a_pull_request(action: str = "closed", **said: Any) -> dict[str, Any]:
    """Builds a delivery about a pull request of 500 lines in 7 files."""
    pull = {
        "number": 7,
        "additions": 400,
        "deletions": 100,
        "changed_files": 7,
        "updated_at": "2026-11-20T12:00:00Z",
        "user": {"login": "omar"},
        "base": {"ref": "main"},
        **said,
    }
    return a_payload(action, pull_request=pull)


def event_of(payload: Any, name: str | None, received: bool = True) -> SourceEvent:
    """Normalises a delivery with the event name of its record."""
    return normalise(payload, "github.webhook", "events.raw/0/7", Transport(name, NOON if received else None))


def rules_of(payload: Any, name: str) -> list[tuple[str, str]]:
    """Lists the built-in rules that hold for a delivery, with their severities."""
    matches = RULESET.match(event_of(payload, name))
    return [(match.rule.name, match.severity.value) for match in matches if match.rule.raises_finding]


@pytest.mark.parametrize(
    ("payload", "event_type", "user"),
    [
        (a_pull_request("opened"), "pull_request_opened", "mona"),
        (a_pull_request(merged=True, merged_by={"login": "noor"}), "pull_request_merged", "noor"),
        (a_pull_request(merged=False), "github.webhook.pull_request.closed", "mona"),
        (a_pull_request("labeled"), "github.webhook.pull_request.labeled", "mona"),
    ],
)
def test_a_pull_request_says_its_size_and_who_merged_it(payload: Any, event_type: str, user: str) -> None:
    event = event_of(payload, "pull_request")
    assert (event.event_type, event.user) == (event_type, user)
    assert [event.facts[name] for name in ("repository", "number", "lines_changed", "files_changed", "branch")] == [
        "example/payments", 7, 500, 7, "main",
    ]  # fmt: skip


def test_a_large_merge_is_a_finding() -> None:
    assert rules_of(a_pull_request(merged=True), "pull_request") == [("large_merge", "high")]


@pytest.mark.parametrize(
    ("name", "payload", "event_type", "facts"),
    [
        (
            "member",
            a_payload("edited", member={"login": "omar"}, changes={"permission": {"from": "write", "to": "admin"}}),
            "permission_changed",
            {"target": "omar", "old_role": "write", "new_role": "admin", "resource": "repo:example/payments"},
        ),
        (
            "member",
            a_payload("added", member={"login": "omar"}),
            "permission_changed",
            {"target": "omar", "new_role": None},
        ),
        (
            "organization",
            a_payload("member_added", membership={"role": "admin", "user": {"login": "omar"}}),
            "permission_changed",
            {"target": "omar", "new_role": "owner", "resource": "org:example"},
        ),
        (
            "team_add",
            a_payload(None, team={"slug": "core", "permission": "admin"}),
            "permission_changed",
            {"target": "team:core", "new_role": "admin", "resource": "repo:example/payments"},
        ),
        (
            "membership",
            a_payload("added", member={"login": "omar"}, team={"slug": "core", "name": "Core"}),
            "permission_changed",
            {"target": "omar", "team": "Core", "resource": "team:core"},
        ),
        (
            "deploy_key",
            a_payload("created", key={"id": 100, "title": "ci", "read_only": False}),
            "github.webhook.deploy_key.created",
            {"token_id": "100", "read_only": False},
        ),
        (
            "branch_protection_rule",
            a_payload("deleted", rule={"name": "main", "authorized_actors_only": True, "admin_enforced": True}),
            "github.webhook.branch_protection_rule.deleted",
            {"branch": "main", "admin_enforced": True},
        ),
        ("public", a_payload(None), "github.webhook.public", {"old_visibility": "private"}),
        (
            "deployment",
            a_payload(deployment={"environment": "production", "sha": "abc", "ref": "main"}),
            "deployment_started",
            {"service": "payments", "environment": "production", "commit": "abc"},
        ),
        (
            "deployment_status",
            a_payload(deployment_status={"state": "error", "environment": "production"}, deployment={}),
            "deployment_failed",
            {"environment": "production"},
        ),
        (
            "workflow_run",
            a_payload("completed", workflow_run={"name": "release", "conclusion": "failure", "head_branch": "main"}),
            "github.webhook.workflow_run.completed",
            {"workflow": "release", "conclusion": "failure", "branch": "main"},
        ),
        (
            "secret_scanning_alert",
            a_payload(alert={"number": 3, "secret_type": "aws_access_key_id", "push_protection_bypassed": True}),
            "github.webhook.secret_scanning_alert.created",
            {"number": 3, "secret_type": "aws_access_key_id", "push_protection_bypassed": True},
        ),
        (
            "personal_access_token_request",
            a_payload(
                "approved",
                personal_access_token_request={
                    "token_id": 5,
                    "owner": {"login": "omar"},
                    "token_expires_at": None,
                    "permissions_added": {"repository": {"contents": "write"}},
                },
            ),
            "api_token_created",
            {"token_id": "5", "target": "omar", "scopes": ["contents:write"]},
        ),
    ],
)
def test_what_an_event_says(name: str, payload: dict[str, Any], event_type: str, facts: dict[str, Any]) -> None:
    event = event_of(payload, name)
    assert event.event_type == event_type
    assert {key: event.facts.get(key) for key in facts} == facts
    # without its name the event is recognised by what the payload holds
    if name != "public":
        assert event_of(payload, None).event_type == event_type


def test_a_payload_without_a_time_of_its_own_has_the_time_it_was_received_at() -> None:
    payload = a_payload("added", member={"login": "omar"})
    event = event_of(payload, "member")
    assert event.timestamp == NOON
    assert event.raw_data == {**payload, "X-GitHub-Event": "member", "received_at": "2026-11-20T12:00:00Z"}
    later = normalise(payload, "github.webhook", "x", Transport("member", NOON.replace(hour=18)))
    assert later.uid == event.uid
    with pytest.raises(PoisonEventError, match="names no time"):
        event_of(payload, "member", received=False)


def test_a_push_happened_when_it_was_pushed_however_old_its_commits_are() -> None:
    commit = {"id": "abc", "timestamp": "2020-01-01T00:00:00Z"}
    payload = a_payload(None, ref="refs/heads/main", commits=[commit], head_commit=commit, forced=True)
    assert event_of(payload, "push").timestamp == NOON
    payload["repository"]["pushed_at"] = 1_795_176_060
    event = event_of(payload, "push")
    assert event.timestamp.isoformat() == "2026-11-20T12:01:00+00:00"
    assert [event.facts[name] for name in ("branch", "commits", "forced")] == ["main", 1, True]


def test_the_same_delivery_again_is_the_same_event_and_its_id_is_its_own() -> None:
    payload = a_pull_request()
    assert event_of(payload, "pull_request").uid == event_of(dict(reversed(payload.items())), "pull_request").uid
    assert event_of(payload, "pull_request").uid != event_of(a_pull_request(number=8), "pull_request").uid
    delivered = event_of({**payload, "X-GitHub-Delivery": "d-1"}, "pull_request")
    assert delivered.uid == event_uid("github.webhook", "d-1")


def test_rules_read_the_payload_and_the_name_of_the_event() -> None:
    rule = (
        "title: A rule\nid: 00000000-0000-4000-8000-0000000000a3\nlevel: low\n"
        "logsource: {product: github, service: webhook}\n"
        "detection: {s: {X-GitHub-Event: member, action: added, member.login: omar}, condition: s}\n"
    )
    ruleset = parse_rules(rule)
    assert ruleset.match(event_of(a_payload("added", member={"login": "omar"}), "member"))
    assert not ruleset.match(event_of(a_payload("added", member={"login": "omar"}), "membership"))


def test_an_app_that_acts_is_a_service() -> None:
    payload = {**a_pull_request("opened"), "sender": {"login": "dependabot[bot]", "type": "Bot"}}
    event = event_of(payload, "pull_request")
    assert (event.user, event.facts["actor_type"]) == ("dependabot[bot]", "service")


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (None, "must be a JSON object"),
        ({"zen": "Keep it logically awesome."}, "send X-GitHub-Event in the record's header webhook_event"),
        ({**a_pull_request(), "X-GitHub-Delivery": "x" * 513}, "has 513 characters"),
    ],
)
def test_what_cannot_be_an_event_is_refused_with_a_reason(payload: Any, expected: str) -> None:
    with pytest.raises(PoisonEventError) as caught:
        event_of(payload, None)
    assert expected in caught.value.reason
