"""Events of the Open Cybersecurity Schema Framework become events: who, what, and the facts the rules read."""

from typing import Any

import pytest

from mcm_rules_engine.sources import normalise
from mcm_rules_engine.testing.rulesets import builtin_rules
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.errors import PoisonEventError

RULESET = builtin_rules()
MONA = {"name": "Mona", "email_addr": "Mona@Example.com", "type": "User"}
OMAR = {"name": "omar"}


def an_event(class_uid: int, activity_id: int, **said: Any) -> dict[str, Any]:
    """Builds an event of a class."""
    return {
        "class_uid": class_uid,
        "activity_id": activity_id,
        "time": 1_795_176_000_000,
        "status_id": 1,
        "metadata": {"uid": "o-1", "product": {"name": "Directory"}},
        "src_endpoint": {"ip": "192.0.2.7", "location": {"country": "DE"}},
        **said,
    }


def an_api_call(operation: str, service: str, request: Any, **response: Any) -> dict[str, Any]:
    """Builds the event that Security Lake makes of a CloudTrail record."""
    api = {
        "operation": operation,
        "service": {"name": f"{service}.amazonaws.com"},
        "request": {"data": request},
        "response": response,
    }
    return an_event(6003, 1, actor={"user": MONA}, api=api)


def event_of(payload: Any) -> SourceEvent:
    """Normalises an event."""
    return normalise(payload, "ocsf", "events.raw/0/7")


@pytest.mark.parametrize(
    ("payload", "expected", "user"),
    [
        (an_event(3002, 1, user=MONA), "login_success", "mona@example.com"),
        (an_event(3002, 1, user=MONA, status_id=2), "login_failed", "mona@example.com"),
        (an_event(3002, 1, actor={"user": MONA}, status_id=None, status="Failure"), "login_failed", "mona@example.com"),
        (an_event(3002, 1, user=MONA, status_id=99), "ocsf.authentication.logon", "mona@example.com"),
        (an_event(3002, 2, user=MONA), "ocsf.authentication.logoff", "mona@example.com"),
        (an_event(3001, 7, actor={"user": MONA}, user=OMAR), "permission_changed", "mona@example.com"),
        (an_event(3001, 7, actor={"user": MONA}, status_id=2), "ocsf.account_change.attach_policy", "mona@example.com"),
        (an_event(3001, 11, actor={"user": MONA}), "ocsf.account_change.mfa_factor_disable", "mona@example.com"),
        (an_event(3001, 1, user=OMAR), "ocsf.account_change.create", None),
        (an_event(3005, 1, actor={"user": MONA}), "permission_changed", "mona@example.com"),
        (an_event(3006, 4, actor={"user": MONA}), "permission_changed", "mona@example.com"),
        (an_event(6006, 12, actor={"user": MONA}), "ocsf.file_hosting.share", "mona@example.com"),
        (an_event(6003, 2, actor={"user": MONA}), "ocsf.api_activity.read", "mona@example.com"),
        (an_event(9999, 1, class_name="Tea Making", activity_name="Pour It"), "ocsf.tea_making.pour_it", None),
        (an_event(9999, 1), "ocsf.class_9999.activity_1", None),
    ],
)
def test_what_happened_and_who_did_it(payload: dict[str, Any], expected: str, user: str | None) -> None:
    event = event_of(payload)
    assert (event.event_type, event.user) == (expected, user)


def test_an_event_keeps_its_id_time_and_payload_and_the_root_user_is_named_by_the_account() -> None:
    root = {"type": "Root", "name": "root", "account": {"uid": "111122223333"}}
    payload = an_event(3002, 1, user=root, is_mfa=False, http_request={"user_agent": "curl"})
    event = event_of(payload)
    assert (event.id, event.user) == ("o-1", "root:111122223333")
    assert event.timestamp.isoformat() == "2026-11-20T12:00:00+00:00"
    assert event.raw_data is payload
    facts = {"ip": "192.0.2.7", "country": "DE", "product": "Directory", "mfa": False, "user_agent": "curl"}
    assert event.facts == facts


@pytest.mark.parametrize(
    ("payload", "role"),
    [
        (an_event(3001, 7, user=OMAR, policy={"name": "AdministratorAccess"}), "admin"),
        (an_event(3005, 1, user=OMAR, privileges=["Global Administrator"]), "super_admin"),
        (an_event(3006, 3, user=OMAR, group={"name": "Admins"}), "admin"),
        (
            an_api_call(
                "AttachUserPolicy", "iam", '{"userName":"omar","policyArn":"arn:aws:iam::aws:policy/IAMFullAccess"}'
            ),
            "admin",
        ),
    ],
)
def test_the_built_in_rules_know_a_new_administrator(payload: dict[str, Any], role: str) -> None:
    event = event_of(payload)
    assert (event.facts["new_role"], event.facts["target"]) == (role, "omar")
    assert "role_escalated_to_admin" in [match.rule.name for match in RULESET.match(event)]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (an_api_call("CreateAccessKey", "iam", {"userName": "omar"}), "api_token_created"),
        (an_api_call("CreateAccessKey", "iam", {"userName": "omar"}, error="AccessDenied"), "ocsf.api_activity.create"),
        (
            an_api_call("PutBucketAcl", "s3", '{"bucketName":"b","x-amz-acl":"public-read"}'),
            "storage_bucket_permission_changed",
        ),
        (an_api_call("CreateUser", "iam", "no JSON"), "ocsf.api_activity.create"),
    ],
)
def test_a_call_of_aws_in_security_lake_is_what_its_cloudtrail_record_is(
    payload: dict[str, Any], expected: str
) -> None:
    assert event_of(payload).event_type == expected


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (None, "must be a JSON object"),
        ({}, "class_uid is missing"),
        (an_event(3002, 1, time=None), "time_dt is missing"),
        (an_event(3002, 1, time="yesterday"), "is not a time"),
    ],
)
def test_what_cannot_be_an_event_is_refused_with_a_reason(payload: Any, expected: str) -> None:
    with pytest.raises(PoisonEventError, match=expected):
        event_of(payload)


def test_an_event_without_an_id_is_named_by_its_content() -> None:
    payload = an_event(3002, 1, metadata=None)
    assert event_of(payload).uid == event_of(dict(reversed(payload.items()))).uid
