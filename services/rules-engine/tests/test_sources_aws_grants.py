"""Access grants of CloudTrail's calls: accounts outside the call's own, and everyone."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from mcm_rules_engine.sources.aws_grants import grants

OWN, OTHER, THIRD = "123456789012", "210987654321", "345678901234"


def call(name: str, parameters: Any, **more: Any) -> dict[str, Any]:
    """Builds the record of a call."""
    return {"eventName": name, "recipientAccountId": OWN, "requestParameters": parameters, **more}


def allow(*principals: str, **statement: Any) -> dict[str, Any]:
    """Builds a policy that allows AWS principals."""
    named = principals[0] if len(principals) == 1 else list(principals)
    return {"Statement": {"Effect": "Allow", "Principal": {"AWS": named}, **statement}}


def root(account: str) -> str:
    return f"arn:aws:iam::{account}:root"


def policy(*principals: str, **statement: Any) -> str:
    """Builds the JSON text of a policy that allows AWS principals."""
    return json.dumps(allow(*principals, **statement))


def equal(key: str, *values: str) -> dict[str, Any]:
    """Builds a condition."""
    return {"StringEquals": {key: values[0] if len(values) == 1 else list(values)}}


def statement(**parts: Any) -> str:
    """Builds the JSON text of a policy of one statement."""
    return json.dumps({"Statement": [{"Effect": "Allow", **parts}]})


BOTH = allow(root(OWN), root(OTHER), Resource=f"arn:aws:sns:eu-north-1:{OWN}:topic")
ONE_OF_TWO = {"Statement": [allow(OWN)["Statement"], allow(OTHER)["Statement"]]}


@pytest.mark.parametrize(
    ("name", "parameters", "accounts"),
    [
        ("UpdateAssumeRolePolicy", {"policyDocument": json.dumps(BOTH)}, [OTHER]),
        ("CreateRole", {"assumeRolePolicyDocument": quote(json.dumps(ONE_OF_TWO), safe="")}, [OTHER]),
        ("UpdateAssumeRolePolicy", {"policyDocument": policy(f"arn:aws-cn:iam::{OTHER}:role/x")}, [OTHER]),
        ("PutBucketPolicy", {"bucketPolicy": ONE_OF_TWO}, [OTHER]),
        ("PutKeyPolicy", {"policy": json.dumps(allow(root(OWN), OTHER, THIRD))}, [OTHER, THIRD]),
        ("SetTopicAttributes", {"attributeName": "Policy", "attributeValue": json.dumps(BOTH)}, [OTHER]),
        ("SetQueueAttributes", {"attributes": {"Policy": json.dumps(BOTH)}}, [OTHER]),
        ("SetRepositoryPolicy", {"policyText": json.dumps(BOTH)}, [OTHER]),
        ("PutResourcePolicy", {"resourcePolicy": json.dumps(BOTH)}, [OTHER]),
        ("SetVaultAccessPolicy", {"policy": {"policy": json.dumps(BOTH)}}, [OTHER]),
        ("UpdateRestApi", {"updateRestApiInput": {"patchOperations": [{"value": json.dumps(BOTH)}]}}, [OTHER]),
        ("PutBucketPolicy", json.dumps({"bucketPolicy": ONE_OF_TWO}), [OTHER]),
        ("CreateGrant", {"granteePrincipal": f"arn:aws:sts::{OTHER}:assumed-role/a/b", "keyId": OWN}, [OTHER]),
        ("AddPermission20150331v2", {"principal": OTHER, "functionName": f"arn:aws:lambda:x:{OWN}:f"}, [OTHER]),
        ("AddPermission", {"aWSAccountIds": [OWN, OTHER], "queueUrl": f"https://sqs/{OWN}/q"}, [OTHER]),
        ("AddPermission", {"AWSAccountIds": OTHER}, [OTHER]),
        ("PutPermission", {"principal": OTHER}, [OTHER]),
        # a condition restricts everyone to known callers, of which one is another account
        ("PutKeyPolicy", {"policy": policy("*", Condition=equal("aws:PrincipalAccount", OWN, OTHER))}, [OTHER]),
        ("PutKeyPolicy", {"policy": policy("*", Condition={"ArnLike": {"aws:PrincipalArn": root(OTHER)}})}, [OTHER]),
        # nothing for others
        ("UpdateAssumeRolePolicy", {"policyDocument": json.dumps(allow(root(OWN), OWN))}, None),
        ("UpdateAssumeRolePolicy", {"policyDocument": statement(Principal={"Service": "ec2.amazonaws.com"})}, None),
        ("PutBucketPolicy", {"bucketPolicy": {"Statement": [{"Effect": "Deny", "Principal": {"AWS": OTHER}}]}}, None),
        ("CreatePolicy", {"policyDocument": statement(Action="*", Resource=root(OTHER))}, None),
        ("TagRole", {"principal": OTHER}, None),
        ("PutKeyPolicy", {"policy": '{"Statement": not JSON'}, None),
        ("PutKeyPolicy", None, None),
    ],
)  # fmt: skip
def test_accounts_outside_the_own_are_found_wherever_a_call_names_them(
    name: str, parameters: Any, accounts: list[str] | None
) -> None:
    assert grants(call(name, parameters)).get("accounts") == accounts


@pytest.mark.parametrize(
    ("name", "parameters", "everyone"),
    [
        ("UpdateAssumeRolePolicy", {"policyDocument": json.dumps(allow(root(OWN), "*"))}, True),
        ("SetQueueAttributes", {"attributes": {"Policy": statement(Principal="*")}}, True),
        ("PutKeyPolicy", {"policy": statement(NotPrincipal={"AWS": OWN})}, True),
        # an external id is no secret, and a negated test admits everyone else
        ("CreateRole", {"assumeRolePolicyDocument": policy("*", Condition=equal("sts:ExternalId", "x"))}, True),
        ("PutKeyPolicy", {"policy": policy("*", Condition={"StringNotEquals": {"aws:PrincipalAccount": OTHER}})}, True),
        ("AddPermission", {"principal": "*"}, True),
        ("PutPermission", {"principal": "*"}, True),
        ("PutPermission", {"principal": "*", "condition": {"type": "StringEquals"}}, None),
        ("AddLayerVersionPermission20181031", {"principal": "*", "organizationId": "o-example0001"}, None),
        ("SetTopicAttributes", {"attributeValue": policy("*", Condition=equal("AWS:SourceOwner", OWN))}, None),
        ("PutBucketPolicy", {"bucketPolicy": {"Statement": [{"Effect": "Deny", "Principal": "*"}]}}, None),
    ],
)  # fmt: skip
def test_everyone_is_whom_no_condition_restricts(name: str, parameters: Any, everyone: bool | None) -> None:
    assert grants(call(name, parameters)).get("everyone") is everyone


def test_a_call_that_reads_grants_nothing() -> None:
    assert grants(call("GetKeyPolicy", {"policy": json.dumps(BOTH)}, readOnly=True)) == {}
