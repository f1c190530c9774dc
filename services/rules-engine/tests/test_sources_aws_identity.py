"""Who a CloudTrail record says it was."""

from typing import Any

import pytest

from mcm_rules_engine.sources.aws_identity import user_of

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
