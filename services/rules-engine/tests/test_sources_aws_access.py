"""Judging AWS access: what is public, and what makes an administrator."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from mcm_rules_engine.sources.aws_access import (
    acl_visibility,
    group_role,
    inline_policy_role,
    managed_policy_role,
    policy_visibility,
    unblocks_public_access,
)

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
OVER_TLS = {"Bool": {"aws:SecureTransport": "true"}}
BLOCK = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"


def granted_to(*uris: str) -> dict[str, Any]:
    """Builds the parameters of a call that grants to groups."""
    grants = [{"Grantee": {"xsi:type": "Group", "URI": uri}, "Permission": "READ"} for uri in uris]
    return {"AccessControlPolicy": {"AccessControlList": {"Grant": grants[0] if len(grants) == 1 else grants}}}


@pytest.mark.parametrize(
    ("request_parameters", "expected"),
    [
        ({}, None),
        ({"bucketName": "b"}, None),
        ({"x-amz-acl": "private"}, "private"),
        ({"x-amz-acl": ["public-read"]}, "public"),
        ({"x-amz-acl": ["Public-Read-Write"]}, "public"),
        ({"x-amz-acl": ["authenticated-read"]}, "public"),
        ({"x-amz-acl": ["bucket-owner-full-control"]}, "private"),
        ({"x-amz-grant-read": [f'uri="{ALL_USERS}"']}, "public"),
        ({"x-amz-grant-write": 'id="123"'}, "private"),
        (granted_to(ALL_USERS), "public"),
        (granted_to(LOG_DELIVERY), "private"),
        (granted_to(LOG_DELIVERY, ALL_USERS.replace("AllUsers", "AuthenticatedUsers")), "public"),
        ({"AccessControlPolicy": {"AccessControlList": None}}, "private"),
        ({"x-amz-acl": {"odd": "shape"}}, None),
    ],
)
def test_access_control_lists(request_parameters: dict[str, Any], expected: str | None) -> None:
    assert acl_visibility(request_parameters) == expected


def allow(**more: Any) -> dict[str, Any]:
    """Builds a statement that lets everyone read."""
    return {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", **more}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (allow(), "public"),
        (allow(Principal={"AWS": "*"}), "public"),
        (allow(Principal={"AWS": ["arn:aws:iam::123456789012:root", "*"]}), "public"),
        (allow(Principal={"AWS": "arn:aws:iam::123456789012:root"}), "private"),
        (allow(Principal={"Service": "cloudtrail.amazonaws.com"}), "private"),
        (allow(Effect="Deny"), "private"),
        ({"Effect": "Allow", "NotPrincipal": {"AWS": "123456789012"}, "Action": "*"}, "public"),
        # conditions that say who
        (allow(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}), "private"),
        (allow(Condition={"StringEquals": {"AWS:SourceVpce": "vpce-1a2b3c4d"}}), "private"),
        (allow(Condition={"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "2001:db8::/32"]}}), "private"),
        (allow(Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/*"}}), "private"),
        (allow(Condition={"StringLike": {"aws:PrincipalOrgPaths": ["o-a1b2c3d4e5/r-ab12/*"]}}), "private"),
        (
            allow(
                Condition={
                    "Bool": {"aws:SecureTransport": "true"},
                    "StringEquals": {"aws:SourceAccount": "123456789012"},
                }
            ),
            "private",
        ),
        # conditions that exclude no one
        (allow(Condition=OVER_TLS), "public"),
        (allow(Condition={"StringLike": {"aws:Referer": "https://example.com/*"}}), "public"),
        (allow(Condition={"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}), "public"),
        (allow(Condition={"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "::/0"]}}), "public"),
        (allow(Condition={"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}), "public"),
        (allow(Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}), "public"),
        (allow(Condition={"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1a2b3c4d"}}), "public"),
        (allow(Condition={"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}), "public"),
        (allow(Condition={"Null": {"aws:PrincipalOrgID": "false"}}), "public"),
        (allow(Condition={"ArnLike": {"aws:PrincipalArn": "*"}}), "public"),
        (allow(Condition={"StringLike": {"aws:SourceVpc": "vpc-*"}}), "public"),
        (allow(Condition={"StringEquals": {"aws:userid": []}}), "public"),
        (allow(Condition="odd"), "public"),
        ("odd", "private"),
    ],
)
def test_bucket_policies(statement: Any, expected: str) -> None:
    for policy in ({"Statement": [statement]}, {"Statement": statement}):
        assert policy_visibility(policy) == expected
        assert policy_visibility(json.dumps(policy)) == expected
    one_of_two = {"Statement": [allow(Principal={"Service": "logs.example.com"}), statement]}
    assert policy_visibility(one_of_two) == expected


@pytest.mark.parametrize("policy", [None, 5, "", "not json", "[1]", [allow()], "[" * 100_000])
def test_a_policy_that_cannot_be_read_is_not_judged(policy: Any) -> None:
    assert policy_visibility(policy) is None


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        (None, None),
        ("odd", None),
        ({}, True),
        (
            dict.fromkeys(BLOCK, True),
            False,
        ),
        (
            dict.fromkeys(
                ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), "true"
            ),
            False,
        ),
        (dict.fromkeys(BLOCK[:3], True), True),
        (
            {
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": False,
            },
            True,
        ),
    ],
)
def test_public_access_blocks(configuration: Any, expected: bool | None) -> None:
    assert unblocks_public_access(configuration) is expected


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        ("arn:aws:iam::aws:policy/AdministratorAccess", "admin"),
        ("arn:aws-cn:iam::aws:policy/AdministratorAccess", "admin"),
        ("arn:aws:iam::aws:policy/IAMFullAccess", "admin"),
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", "ReadOnlyAccess"),
        ("arn:aws:iam::aws:policy/AdministratorAccess-Amplify", "AdministratorAccess-Amplify"),
        ("arn:aws:iam::aws:policy/", None),
        (None, None),
        (5, None),
    ],
)
def test_managed_policies(arn: Any, expected: str | None) -> None:
    assert managed_policy_role(arn) == expected


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({"Effect": "Allow", "Action": "*", "Resource": "*"}, "admin"),
        ({"Effect": "Allow", "Action": ["s3:*", "*:*"], "Resource": ["*"]}, "admin"),
        ({"Effect": "Allow", "Action": "IAM:*", "Resource": "*"}, "admin"),
        ({"Effect": "Deny", "Action": "*", "Resource": "*"}, "mine"),
        ({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, "mine"),
        ({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b"}, "mine"),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "mine"),
        ({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {}}}, "mine"),
    ],
)
def test_inline_policies(statement: dict[str, Any], expected: str) -> None:
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    for document in (policy, json.dumps(policy), quote(json.dumps(policy))):
        assert inline_policy_role("mine", document) == expected


def test_an_inline_policy_that_cannot_be_read_keeps_its_name() -> None:
    assert inline_policy_role("mine", None) == inline_policy_role("mine", "{") == "mine"
    assert inline_policy_role(None, None) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Admins", "admin"), ("Administrators", "admin"), ("admin-viewers", "admin-viewers"), (5, None)],
)
def test_groups(name: Any, expected: str | None) -> None:
    assert group_role(name) == expected
