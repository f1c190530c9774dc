"""Events of GitHub's Events API become the events that the webhooks of the same name become."""

from typing import Any

import pytest

from mcm_rules_engine.sources import normalise
from mcm_rules_engine.sources.github_events import normalize_github_event
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.errors import PoisonEventError


def an_event(kind: str, payload: Any, **said: Any) -> dict[str, Any]:
    """Builds an event of the Events API."""
    return {
        "id": "4711",
        "type": kind,
        "actor": {"login": "mona"},
        "repo": {"name": "example/payments"},
        "org": {"login": "example"},
        "payload": payload,
        "created_at": "2026-11-20T12:00:00Z",
        **said,
    }


def event_of(payload: Any) -> SourceEvent:
    """Normalises an event."""
    event = normalise(payload, "github.events", "events.raw/0/7")
    assert normalize_github_event(payload) == event
    return event


@pytest.mark.parametrize(
    ("kind", "payload", "expected"),
    [
        ("PullRequestEvent", {"action": "opened", "pull_request": {"number": 7}}, "pull_request_opened"),
        ("PullRequestEvent", {"action": "closed", "pull_request": {"merged": True}}, "pull_request_merged"),
        ("PullRequestEvent", {"action": "merged", "pull_request": {"number": 7}}, "pull_request_merged"),
        (
            "PullRequestEvent",
            {"action": "closed", "pull_request": {"merged": False}},
            "github.events.pull_request.closed",
        ),
        ("MemberEvent", {"action": "added", "member": {"login": "omar"}}, "permission_changed"),
        ("PushEvent", {"ref": "refs/heads/main"}, "github.events.push"),
        ("PublicEvent", {}, "github.events.public"),
        ("PullRequestReviewCommentEvent", {"action": "created"}, "github.events.pull_request_review_comment.created"),
        ("Event", None, "github.events.event"),
    ],
)
def test_what_happened(kind: str, payload: Any, expected: str) -> None:
    assert event_of(an_event(kind, payload)).event_type == expected


def test_an_event_keeps_its_id_time_user_and_payload() -> None:
    pull = {"number": 7, "additions": 400, "deletions": 1, "merged": True}
    payload = an_event("PullRequestEvent", {"action": "closed", "pull_request": pull})
    event = event_of(payload)
    assert (event.id, event.user, event.timestamp.isoformat()) == ("4711", "mona", "2026-11-20T12:00:00+00:00")
    assert event.raw_data is payload
    assert event.facts.items() >= {"repository": "example/payments", "lines_changed": 401, "number": 7}.items()


def test_a_member_and_a_repository_made_public_say_what_changed() -> None:
    member = event_of(an_event("MemberEvent", {"action": "added", "member": {"login": "omar"}})).facts
    assert member.items() >= {"target": "omar", "resource": "repo:example/payments"}.items()
    assert event_of(an_event("PublicEvent", {})).facts["visibility"] == "public"


def test_a_bot_says_so() -> None:
    assert event_of(an_event("PushEvent", {}, actor={"login": "sync[bot]"})).facts["actor_type"] == "service"


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (None, "must be a JSON object"),
        ({}, "type is missing"),
        (an_event("PushEvent", {}, created_at=None), "created_at is missing"),
    ],
)
def test_what_cannot_be_an_event_is_refused_with_a_reason(payload: Any, expected: str) -> None:
    with pytest.raises(PoisonEventError, match=expected):
        event_of(payload)
