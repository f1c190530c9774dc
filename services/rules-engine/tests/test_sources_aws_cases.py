"""Recorded attacks and published cases, where this machine has them."""

import json
from pathlib import Path
from typing import Any

import pytest

from mcm_rules_engine.sources import normalise
from mcm_rules_engine.testing.rulesets import builtin_rules
from mcm_shared.errors import PoisonEventError

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases"
RULESET = builtin_rules()


def rules_of(record: Any) -> list[str]:
    """Lists the built-in rules that hold for a record."""
    matches = RULESET.match(normalise(record, "aws.cloudtrail", "events.raw/0/7"))
    return [match.rule.name for match in matches if match.rule.raises_finding]


@pytest.mark.skipif(not CASES.is_dir(), reason="the recorded cases are not on this machine")
def test_every_recorded_attack_becomes_events_and_the_rules_find_what_they_cover() -> None:
    raised: dict[str, set[str]] = {}
    count = 0
    for path in sorted((CASES / "cloudtrail-attacks").glob("*.ndjson")):
        for line in path.read_text().splitlines():
            count += 1
            for name in rules_of(json.loads(line)):
                raised.setdefault(path.stem, set()).add(name)
    assert count == 310
    assert raised == {
        "aws.persistence.iam-backdoor-user": {"token_without_expiry"},
        "aws.persistence.iam-create-admin-user": {"role_escalated_to_admin", "token_without_expiry"},
        "aws.persistence.iam-create-backdoor-role": {"role_escalated_to_admin"},
    }


@pytest.mark.skipif(not CASES.is_dir(), reason="the recorded cases are not on this machine")
def test_published_cases_of_public_buckets_and_administrators_come_out_as_published() -> None:
    ours = {
        "AWS.CloudTrail.ResourceMadePublic": "bucket_made_public",
        "AWS.IAM.AttachAdminRolePolicy": "role_escalated_to_admin",
        "AWS.IAM.AttachAdminUserPolicy": "role_escalated_to_admin",
    }
    compared = 0
    for line in (CASES / "published-detection-tests.ndjson").read_text().splitlines():
        case = json.loads(line)
        about_s3_or_iam = case["payload"].get("eventSource") in ("s3.amazonaws.com", "iam.amazonaws.com")
        if case["rule"] not in ours or not about_s3_or_iam:
            continue
        try:
            names = rules_of(case["payload"])
        except PoisonEventError as error:
            assert "no time zone" in error.reason  # noqa: PT017 - some published cases are trimmed
            continue
        assert (ours[case["rule"]] in names) is case["fires"], case["test"]
        compared += 1
    assert compared >= 5
