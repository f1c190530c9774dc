"""What the heuristic says of this finding and not of its kind: why it matters, who did it, how the points add up."""

from typing import Any

import pytest

from mcm_enricher.contexts import RuleGuidance, make_context
from mcm_enricher.explainers.heuristic import HeuristicExplainer
from mcm_shared.contracts.findings import FindingMessage, Severity
from mcm_shared.testing.builders import a_finding


async def explain(finding: FindingMessage) -> str:
    return (await HeuristicExplainer().explain(make_context(finding, RuleGuidance()))).text


@pytest.mark.parametrize(
    ("event_type", "facts", "why"),
    [
        ("pull_request_merged", {"lines_changed": 2000, "approvals": 0}, "nobody approved it"),
        ("pull_request_merged", {"lines_changed": "2000", "approvals": 2}, "nobody reads that many lines"),
        ("pull_request_merged", {"lines_changed": 200}, "a second look, not an alarm"),
        ("pull_request_merged", {"lines_changed": True, "approvals": "none"}, "too large to review carefully"),
        ("deployment_failed", {"environment": "prod"}, "customers may be on a half-finished release"),
        ("deployment_failed", {"environment": "staging"}, "no customer sees it"),
        ("permission_changed", {"new_role": "admin", "target": "mona@example.com"}, "to themselves"),
        ("permission_changed", {"new_role": "admin", "resource": "account:production"}, "reach production"),
        ("permission_changed", {"new_role": "owner"}, "an owner can remove all other members"),
        ("permission_changed", {"new_role": "admin"}, "can make more administrators"),
        ("api_token_created", {"scopes": ["admin:*"]}, "the holder of this token is an administrator"),
        ("api_token_created", {"scopes": ["read"]}, "a token without expiry"),
        ("storage_bucket_created", {"visibility": "public", "bucket": "acme-invoices"}, "it holds finance data"),
        ("storage_bucket_permission_changed", {"public_access_block": False}, "the guard is off"),
        ("login_failed", {}, "are a tool, not a person"),
        ("login_failed", {"user": "x", "new_role": "admin"}, "can do more than most"),
    ],
)
async def test_why_it_matters_says_what_the_facts_make_worse(event_type: str, facts: dict[str, Any], why: str) -> None:
    earliest = {"event_type": event_type, "user": "mona@example.com", "facts": facts}

    assert why in (await explain(a_finding(extra_data={"earliest": earliest}))).partition("Score")[0]


async def test_of_failures_of_many_users_none_is_named_as_who_did_it() -> None:
    earliest = {"event_type": "login_failed", "user": "eve@example.com", "facts": {"ip": "192.0.2.66"}}
    window = {"from": "2026-11-20T12:00:00Z", "to": "2026-11-20T12:15:00Z"}
    said = {"description": "Failed logins of 8 users from 192.0.2.66.", "group": {"ip": "192.0.2.66"}}

    text = await explain(a_finding(extra_data={"earliest": {**earliest, "window": window}}, **said))

    assert "eve@example.com" not in text
    assert "one source trying many accounts" in text
    assert "eve@example.com" in await explain(a_finding(extra_data={"earliest": earliest}, **said))


@pytest.mark.parametrize(
    ("severity", "facts", "published"),
    [
        (Severity.CRITICAL, {"new_role": "owner", "environment": "prod", "resource": "payroll"}, "Score 98 of 100"),
        (
            Severity.CRITICAL,
            {"new_role": "owner", "environment": "prod", "resource": "payroll", "visibility": "public"},
            "; no higher for this severity.",
        ),
        (Severity.LOW, {"environment": "dev"}, "Score 8 of 100: low severity (12), a development environment (-4)."),
        (Severity.HIGH, {"environment": "dev"}, "Score 60 of 100: high severity (64), a development environment (-4)."),
    ],
)
async def test_the_points_add_up_to_the_score_or_it_says_why_not(
    severity: Severity, facts: dict[str, Any], published: str
) -> None:
    earliest = {"event_type": "permission_changed", "facts": facts}

    assert published in await explain(a_finding(severity=severity, extra_data={"earliest": earliest}))
