"""Who a CloudTrail record says it was."""

from typing import Any

import pytest

from mcm_rules_engine.sources import normalise, recognise
from mcm_rules_engine.sources.aws_identity import user_of
from mcm_rules_engine.testing.rulesets import builtin_rules

USERS = "arn:aws:iam::123456789012"
ROLES = "arn:aws:sts::123456789012:assumed-role"


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        ({"type": "IAMUser", "userName": "mona"}, "mona"),
        ({"type": "IAMUser", "arn": f"{USERS}:user/team/mona"}, "mona"),
        ({"type": "Root", "userName": "my-alias", "arn": f"{USERS}:root"}, "root:123456789012"),
        ({"type": "Root", "accountId": "123456789012"}, "root:123456789012"),
        ({"type": "Root"}, "root"),
        ({"type": "AssumedRole", "arn": f"{ROLES}/deploy/mona"}, "deploy"),
        ({"type": "AssumedRole", "arn": f"{ROLES}/deploy/Mona@Example.com"}, "mona@example.com"),
        ({"type": "AssumedRole", "arn": f"{ROLES}/AWSReservedSSO_Admin_0f/mona"}, "mona"),
        ({"type": "AssumedRole", "arn": f"{ROLES}/web/i-0123456789abcdef0"}, "web"),
        ({"type": "AssumedRole", "arn": f"{ROLES}/job/aws-go-sdk-1722375070115152000"}, "job"),
        ({"type": "AssumedRole", "arn": f"{ROLES}/job/1722375070"}, "job"),
        ({"type": "AssumedRole", "arn": f"{ROLES}/job/x", "sessionContext": {"sourceIdentity": "mona"}}, "mona"),
        ({"type": "AssumedRole", "principalId": "AROAEXAMPLE:mona"}, "mona"),
        ({"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"userName": "ops"}}}, "ops"),
        ({"type": "AssumedRole"}, None),
        ({"type": "FederatedUser", "arn": "arn:aws:sts::123456789012:federated-user/mona"}, "mona"),
        ({"type": "SAMLUser", "userName": "mona@example.com", "principalId": "x:mona"}, "mona@example.com"),
        ({"type": "WebIdentityUser", "principalId": "accounts.example.com:app:mona"}, "mona"),
        ({"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"}, "cloudtrail.amazonaws.com"),
        ({"type": "AWSAccount", "accountId": "123456789012", "principalId": "AIDAEXAMPLE"}, "AIDAEXAMPLE"),
        ({"type": "AWSAccount", "accountId": "123456789012"}, None),
        ({"type": "AWSAccount", "accountId": "123456789012", "principalId": "123456789012"}, None),
        ({"type": "IAMUser", "userName": "HIDDEN_DUE_TO_SECURITY_REASONS", "principalId": ""}, None),
        ({"type": "IAMUser", "userName": "***"}, None),
        ({"type": "IAMUser", "userName": "***********"}, None),
        *(
            ({"userName": masked}, None)
            for masked in ("[REDACTED]", "<hidden>", "(unknown user)", "XXXXXXXX", "••••", "--")
        ),
        *(({"userName": name}, name) for name in ("[mona]", "Redactor", "x", "xxl", "_", "hidden.valley")),
        ({"type": "IAMUser", "userName": "123456789012", "accountId": "123456789012"}, None),
        ({"type": "Unknown", "principalId": "123456789012", "userName": "Mona"}, "Mona"),
        (
            {
                "type": "FederatedUser",
                "arn": "arn:aws:sts::123456789012:federated-user/build",
                "sessionContext": {"sessionIssuer": {"type": "IAMUser", "userName": "mona"}},
            },
            "mona",
        ),
        ({"type": "IdentityCenterUser", "onBehalfOf": {"userId": "0f-1"}}, "0f-1"),
        ({"type": "Unknown"}, None),
        ({}, None),
        (None, None),
        ("mona", None),
        ([1], None),
        ({"type": ["Root"], "userName": {"a": 1}}, None),
        ({"type": "IAMUser", "userName": "x" * 2_000}, "x" * 512),
    ],
)
def test_who_it_was(identity: Any, expected: str | None) -> None:
    assert user_of({"userIdentity": identity}) == expected


@pytest.mark.parametrize("kind", ["IdentityCenterUser", "Unknown"])
def test_a_sign_in_to_identity_center_names_the_user_beside_the_identity(kind: str) -> None:
    identity = {"type": kind, "principalId": "123456789012", "accountId": "123456789012"}
    record = {"userIdentity": identity, "additionalEventData": {"UserName": "Mona@example.com"}}
    assert user_of(record) == "mona@example.com"


def lower(value: Any) -> Any:
    """Writes the keys of JSON in lower case, as some exports do."""
    return {key.lower(): lower(below) for key, below in value.items()} if isinstance(value, dict) else value


def test_a_record_whose_keys_are_in_another_case_is_the_same_event() -> None:
    record = {
        "eventVersion": "1.08",
        "eventID": "id-1",
        "eventTime": "2026-01-05T12:00:00Z",
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "sourceIPAddress": "192.0.2.7",
        "userIdentity": {
            "type": "IAMUser",
            "userName": "mona",
            "sessionContext": {"attributes": {"mfaAuthenticated": "false"}},
        },
        "additionalEventData": {"MFAUsed": "No"},
        "responseElements": {"ConsoleLogin": "Success"},
    }
    whole, exported = normalise(record, "aws.cloudtrail", "x"), normalise(lower(record), "aws.cloudtrail", "x")
    assert exported == whole
    assert exported.event_type == "login_success"
    found = recognise(lower(record))
    assert found is not None
    assert found.name == "aws.cloudtrail"


def test_objects_that_an_export_wrote_as_json_text_are_read() -> None:
    record = {
        "eventname": "CreateAccessKey",
        "eventsource": "iam.amazonaws.com",
        "eventtime": "2026-01-05T12:00:00Z",
        "useridentity": '{"type": "IAMUser", "username": "mona"}',
        "requestparameters": '{"userName": "omar"}',
        "responseelements": "{broken",
    }
    event = normalise(record, "aws.cloudtrail", "x")
    assert (event.event_type, event.user, event.facts["target"]) == ("api_token_created", "mona", "omar")
    assert event.raw_data["responseElements"] == "{broken"


def test_the_parameters_of_a_call_keep_their_keys() -> None:
    record = {
        "eventname": "CreateAccessKey",
        "eventsource": "iam.amazonaws.com",
        "eventtime": "2026-01-05T12:00:00Z",
        "useridentity": {"username": "mona", "type": "IAMUser"},
        "requestparameters": {"username": "omar", "userName": "omar"},
    }
    event = normalise(record, "aws.cloudtrail", "x")
    assert event.raw_data["requestParameters"] == {"username": "omar", "userName": "omar"}
    assert (event.user, event.facts["target"]) == ("mona", "omar")
    assert "token_without_expiry" in {match.rule.name for match in builtin_rules().match(event)}
