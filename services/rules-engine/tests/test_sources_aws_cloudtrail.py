"""CloudTrail records become events: who, what, and the facts the rules read."""

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


def a_record(name: str = "DescribeInstances", **said: Any) -> dict[str, Any]:
    """Builds a record; ``request`` and ``response`` are its parameters and elements."""
    service = said.pop("service", "ec2")
    return {
        "eventVersion": "1.11",
        "eventID": "00000000-0000-4000-8000-000000000001",
        "eventTime": "2026-11-20T12:00:00Z",
        "eventName": name,
        "eventSource": f"{service}.amazonaws.com",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "192.0.2.7",
        "userAgent": "aws-cli/2.0",
        "recipientAccountId": "123456789012",
        "userIdentity": {"type": "IAMUser", "userName": "mona", "accountId": "123456789012"},
        "requestParameters": said.pop("request", None),
        "responseElements": said.pop("response", None),
        **said,
    }


def event_of(record: Any) -> SourceEvent:
    """Normalises a record."""
    return normalise(record, "aws.cloudtrail", "events.raw/0/7")


def rules_of(record: Any) -> list[tuple[str, str]]:
    """Lists the built-in rules that hold for a record, with their severities."""
    matches = RULESET.match(event_of(record))
    return [(match.rule.name, match.severity.value) for match in matches if match.rule.raises_finding]


def test_a_record_keeps_its_id_time_user_and_payload() -> None:
    record = a_record()
    event = event_of(record)
    assert event.id == record["eventID"]
    assert event.uid == event_uid("aws.cloudtrail", record["eventID"])
    assert event.timestamp.isoformat() == "2026-11-20T12:00:00+00:00"
    assert (event.user, event.event_type) == ("mona", "aws.cloudtrail.DescribeInstances")
    assert event.raw_data is record
    assert event.attributes == {
        "ip": "192.0.2.7",
        "user_agent": "aws-cli/2.0",
        "region": "eu-west-1",
        "account": "123456789012",
    }


@pytest.mark.parametrize("event_id", [None, "", ["x"]])
def test_a_record_without_an_id_is_named_by_its_content(event_id: Any) -> None:
    record = a_record(eventID=event_id)
    assert event_of(record).uid == event_of(dict(reversed(record.items()))).uid
    assert event_of(record).uid != event_of(a_record("Other", eventID=event_id)).uid


def an_insight(**said: Any) -> dict[str, Any]:
    """Builds an Insights record, which has no eventName, no eventSource and no userIdentity."""
    details = {"insightType": "ApiCallRateInsight", "eventName": "RunInstances", "eventSource": "ec2.amazonaws.com"}
    record = a_record(insightDetails={**details, "state": "Start"}, eventType="AwsCloudTrailInsight", **said)
    return {key: value for key, value in record.items() if key not in ("eventName", "eventSource", "userIdentity")}


def test_an_insight_is_an_event_of_its_type() -> None:
    event = event_of(an_insight())
    assert (event.event_type, event.user) == ("aws.cloudtrail.ApiCallRateInsight", None)
    assert [event.facts[name] for name in ("insight_of", "service", "state")] == ["RunInstances", "ec2", "Start"]


def test_another_record_without_a_name_is_an_event_of_its_kind() -> None:
    record = an_insight(eventVersion="1.08")
    del record["insightDetails"]
    assert event_of(record).event_type == "aws.cloudtrail.AwsCloudTrailInsight"


@pytest.mark.parametrize(
    ("name", "credential", "details", "event_type"),
    [
        ("UserAuthentication", "PASSWORD", {"UserAuthentication": "Success"}, "login_success"),
        ("UserAuthentication", "PASSWORD", {"UserAuthentication": "Failure"}, "login_failed"),
        ("CredentialVerification", "PASSWORD", {"CredentialVerification": "Failure"}, "login_failed"),
        ("CredentialVerification", "TOTP", {"CredentialVerification": "Failure"}, "mfa_failed"),
        ("CredentialVerification", "WEBAUTHN", {"CredentialVerification": "Success"}, "mfa_success"),
        ("CredentialVerification", "PASSWORD", {"CredentialVerification": "Success"},
         "aws.cloudtrail.CredentialVerification"),
        ("CredentialChallenge", "TOTP", {"CredentialChallenge": "Success"}, "mfa_challenge"),
    ],
)  # fmt: skip
def test_signing_in_to_identity_center(name: str, credential: str, details: dict[str, str], event_type: str) -> None:
    record = a_record(
        name,
        service="signin",
        userIdentity={"type": "Unknown", "principalId": "123456789012", "accountId": "123456789012"},
        additionalEventData={"UserName": "mona@example.com", "CredentialType": credential},
        serviceEventDetails=details,
    )
    event = event_of(record)
    assert (event.event_type, event.user) == (event_type, "mona@example.com")


def test_services_are_told_from_people_and_sessions_are_kept() -> None:
    service = event_of(a_record(userIdentity={"type": "AWSService", "invokedBy": "config.amazonaws.com"}))
    assert (service.user, service.facts["actor_type"]) == ("config.amazonaws.com", "service")
    role = {"type": "AssumedRole", "arn": "arn:aws:sts::123456789012:assumed-role/deploy/run-7"}
    event = event_of(a_record(userIdentity=role))
    assert (event.user, event.facts["session"]) == ("deploy", "run-7")
    assert "actor_type" not in event.facts


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (None, "must be a JSON object"),
        ([a_record()], "must be a JSON object"),
        ({"Records": [a_record()]}, "send each of its Records as an event"),
        ({}, "eventName is missing"),
        (a_record(eventName=["x"]), "eventName is missing"),
        (a_record(eventTime=None), "eventTime is missing"),
        (a_record(eventTime=1_763_683_140), "eventTime '1763683140' is not a time in ISO 8601"),
        (a_record(eventTime="yesterday"), "eventTime 'yesterday' is not a time in ISO 8601"),
        (a_record(eventTime="2026-11-20 12:00:00"), "has no time zone"),
        (a_record(eventTime="0001-01-01T00:00:00+14:00"), "eventTime"),
        (a_record(eventID="x" * 513), "eventID has 513 characters"),
    ],
)
def test_what_cannot_be_an_event_is_refused_with_a_reason(payload: Any, expected: str) -> None:
    with pytest.raises(PoisonEventError) as caught:
        event_of(payload)
    assert expected in caught.value.reason


def test_aws_acting_itself_has_no_address() -> None:
    for address in ("cloudformation.amazonaws.com", "AWS Internal"):
        assert "ip" not in event_of(a_record(sourceIPAddress=address)).facts


@pytest.mark.parametrize(
    ("said", "event_type", "facts"),
    [
        ({"response": {"ConsoleLogin": "Success"}}, "login_success", {"method": "password"}),
        (
            {"response": {"ConsoleLogin": "Success"}, "additionalEventData": {"MFAUsed": "No"}},
            "login_success",
            {"method": "password", "mfa": False},
        ),
        (
            {"response": {"ConsoleLogin": "Success"}, "userIdentity": {"type": "AssumedRole"}},
            "login_success",
            {"method": "federated"},
        ),
        (
            {"response": {"ConsoleLogin": "Failure"}, "errorMessage": "Failed authentication"},
            "login_failed",
            {"method": "password", "reason": "Failed authentication"},
        ),
        ({"response": None}, "aws.cloudtrail.ConsoleLogin", {"method": "password"}),
    ],
)
def test_signing_in(said: dict[str, Any], event_type: str, facts: dict[str, Any]) -> None:
    event = event_of(a_record("ConsoleLogin", service="signin", **said))
    assert event.event_type == event_type
    common = {"ip": "192.0.2.7", "user_agent": "aws-cli/2.0", "region": "eu-west-1", "account": "123456789012"}
    assert event.facts == {**common, **facts}


OPEN_POLICY = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}
ADMIN_ARN = "arn:aws:iam::aws:policy/AdministratorAccess"
EVERYTHING = json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})


PUBLIC = [("bucket_made_public", "critical")]
UNBLOCKED = [("public_access_unblocked", "high")]
ADMIN = [("role_escalated_to_admin", "high")]


@pytest.mark.parametrize(
    ("service", "name", "request_parameters", "expected"),
    [
        ("s3", "CreateBucket", {"bucketName": "b"}, []),
        ("s3", "CreateBucket", {"bucketName": "b", "x-amz-acl": ["public-read"]}, PUBLIC),
        ("s3", "PutBucketAcl", {"bucketName": "b", "x-amz-acl": ["public-read"]}, PUBLIC),
        ("s3", "PutBucketAcl", {"bucketName": "b", "x-amz-acl": ["private"]}, []),
        ("s3", "PutBucketAcl", {"bucketName": "b"}, []),
        ("s3", "PutBucketPolicy", {"bucketName": "b", "bucketPolicy": OPEN_POLICY}, PUBLIC),
        ("s3", "PutBucketPolicy", {"bucketName": "b", "bucketPolicy": {"Statement": []}}, []),
        ("s3", "PutBucketPolicy", None, []),
        ("s3", "DeleteBucketPublicAccessBlock", {"bucketName": "b"}, UNBLOCKED),
        ("s3", "DeleteAccountPublicAccessBlock", {}, UNBLOCKED),
        ("s3", "PutBucketPublicAccessBlock", {"PublicAccessBlockConfiguration": {"BlockPublicAcls": False}}, UNBLOCKED),
        ("s3", "PutBucketPublicAccessBlock", None, []),
        ("iam", "AttachUserPolicy", {"userName": "new", "policyArn": ADMIN_ARN}, ADMIN),
        (
            "iam",
            "AttachRolePolicy",
            {"roleName": "prod-deploy", "policyArn": ADMIN_ARN},
            [("role_escalated_to_admin", "critical")],
        ),
        ("iam", "AttachRolePolicy", {"roleName": "new", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}, []),
        ("iam", "DetachUserPolicy", {"userName": "new", "policyArn": ADMIN_ARN}, []),
        ("iam", "PutUserPolicy", {"userName": "new", "policyName": "p", "policyDocument": EVERYTHING}, ADMIN),
        ("iam", "PutUserPolicy", {"userName": "new", "policyName": "p", "policyDocument": "{}"}, []),
        ("iam", "AddUserToGroup", {"userName": "new", "groupName": "Administrators"}, ADMIN),
        ("iam", "RemoveUserFromGroup", {"userName": "new", "groupName": "Administrators"}, []),
        ("iam", "CreateAccessKey", {"userName": "new"}, [("token_without_expiry", "low")]),
        ("iam", "DeleteAccessKey", {"userName": "new", "accessKeyId": "key-1"}, []),
        ("other", "AttachUserPolicy", {"userName": "new", "policyArn": ADMIN_ARN}, []),
    ],
)
def test_what_the_built_in_rules_make_of_it(
    service: str, name: str, request_parameters: dict[str, Any] | None, expected: list[tuple[str, str]]
) -> None:
    record = a_record(name, service=service, request=request_parameters)
    assert rules_of(record) == expected
    failed = {**record, "errorCode": "AccessDenied"}
    assert rules_of(failed) == []
    assert event_of(failed).event_type == f"aws.cloudtrail.{name}"
    assert event_of(failed).facts["error"] == "AccessDenied"


def test_the_facts_of_a_permission() -> None:
    request = {"userName": "new", "policyArn": ADMIN_ARN}
    facts = event_of(a_record("AttachUserPolicy", service="iam", request=request)).facts
    assert facts["target"] == "new"
    assert facts["new_role"] == "admin"
    assert facts["policy"] == ADMIN_ARN
    assert facts["resource"] == "aws-account/123456789012"


def test_the_facts_of_an_access_key() -> None:
    response = {"accessKey": {"accessKeyId": "key-1", "userName": "new"}}
    created = event_of(a_record("CreateAccessKey", service="iam", response=response))
    assert created.event_type == "api_token_created"
    assert created.facts["token_id"] == "key-1"
    assert created.facts["target"] == "new"
    assert created.facts["expires_at"] is None
    deleted = event_of(a_record("DeleteAccessKey", service="iam", request={"accessKeyId": "key-1"}))
    assert deleted.event_type == "api_token_revoked"
    assert deleted.facts["token_id"] == "key-1"
    assert deleted.facts["target"] == "mona"


def test_a_name_that_fits_no_event_type_is_written_differently() -> None:
    assert event_of(a_record("Odd name\u202e" + "x" * 500)).event_type == "aws.cloudtrail.Odd_name_" + "x" * 141


_GRANT = {"AccessControlPolicy": {"AccessControlList": {"Grant": [{"Grantee": {"URI": "x"}}]}}}
_BLOCK = {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}}
_INLINE = {"userName": "new", "policyName": "p", "policyDocument": EVERYTHING}
_ROLE = {
    "type": "AssumedRole",
    "arn": "arn:aws:sts::123456789012:assumed-role/a/b",
    "sessionContext": {"sessionIssuer": {}},
}
_SIGNED_IN = {"response": {"ConsoleLogin": "Success"}, "additionalEventData": {"MFAUsed": "No"}}
_whole = [
    a_record("ConsoleLogin", service="signin", **_SIGNED_IN),
    a_record("PutBucketPolicy", service="s3", request={"bucketName": "b", "bucketPolicy": OPEN_POLICY}),
    a_record("PutBucketAcl", service="s3", request=_GRANT),
    a_record("PutBucketPublicAccessBlock", service="s3", request=_BLOCK),
    a_record("PutUserPolicy", service="iam", request=_INLINE),
    a_record("AttachUserPolicy", service="iam", request={"userName": "new", "policyArn": ADMIN_ARN}),
    a_record("CreateAccessKey", service="iam", response={"accessKey": {"accessKeyId": "key-1", "userName": "new"}}),
    a_record(userIdentity=_ROLE),
]


@settings(deadline=None)
@given(spoiled(_whole))
def test_a_record_of_any_shape_becomes_an_event_or_is_refused(record: dict[str, Any]) -> None:
    before = copy.deepcopy(record)
    try:
        event = event_of(record)
    except PoisonEventError:
        return
    assert event.raw_data == before
    assert event.event_type in EVENT_TYPES or event.event_type.startswith("aws.cloudtrail.")
    assert event.user is None or isinstance(event.user, str)
    json.dumps(event.attributes)
    RULESET.match(event)
