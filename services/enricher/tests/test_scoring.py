"""How findings are ranked: by facts alone, within the band of their severity."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcm_enricher.scoring.facts import facts_of
from mcm_enricher.scoring.score import BANDS, Score, score_finding
from mcm_shared.contracts.findings import FindingMessage, Severity
from mcm_shared.testing.builders import NOON, a_finding

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
FACT_NAMES = st.sampled_from(
    [
        "target",
        "new_role",
        "scopes",
        "environment",
        "resource",
        "bucket",
        "visibility",
        "country",
        "city",
        "timezone",
        "ip",
    ]
)
FACT_VALUES = JSON | st.sampled_from(
    [
        "admin",
        "owner",
        "root",
        ["admin:*"],
        "production",
        "staging",
        "dev",
        "public",
        "customer-pii",
        "DE",
        "US",
        "Berlin",
    ]
)
ANY_EVIDENCE = JSON | st.fixed_dictionaries(
    {"facts": st.dictionaries(FACT_NAMES, FACT_VALUES, max_size=8), "user": JSON, "event_type": JSON, "source": JSON}
)
FINDINGS = st.builds(
    lambda severity, count, at, zone, evidence, latest, user: a_finding(
        severity=severity,
        detection_count=count,
        first_seen=at.replace(tzinfo=zone),
        user=user,
        extra_data={"earliest": evidence, "latest": latest},
    ),
    st.sampled_from(Severity),
    st.integers(0, 10**12),
    st.datetimes(),
    st.just(UTC),
    ANY_EVIDENCE,
    ANY_EVIDENCE,
    st.none() | st.text(max_size=40),
)


def evidence(event_type: str = "permission_changed", user: str = "mona@example.com", **facts: Any) -> dict[str, Any]:
    return {"earliest": {"event_type": event_type, "source": "test-app", "user": user, "facts": facts}}


def score(finding: FindingMessage) -> Score:
    return score_finding(finding, facts_of(finding))


def score_of(severity: Severity, *, at: datetime = NOON, count: int = 1, **facts: Any) -> Score:
    return score(a_finding(severity=severity, first_seen=at, detection_count=count, extra_data=evidence(**facts)))


def reasons(scored: Score) -> dict[str, str]:
    return {factor.name: factor.reason for factor in scored.factors}


def test_findings_are_ranked_as_a_security_engineer_would() -> None:
    ranked = [
        score_of(Severity.CRITICAL, new_role="owner", resource="production/payments", at=NOON - timedelta(hours=10)),
        score_of(Severity.CRITICAL, new_role="admin", resource="production/orders"),
        score_of(Severity.CRITICAL, event_type="api_token_created", scopes=["admin:*"]),
        score_of(Severity.HIGH, new_role="admin", resource="wiki", count=30),
        score_of(Severity.HIGH, event_type="deployment_failed", environment="production", user="svc-ci@example.com"),
        score_of(Severity.HIGH, event_type="pull_request_merged", repository="example/web-store"),
        score_of(Severity.MEDIUM, old_role="viewer", new_role="developer"),
        score_of(Severity.MEDIUM, event_type="deployment_failed", environment="staging"),
        score_of(Severity.LOW, event_type="login_failed"),
        score_of(Severity.LOW, event_type="deployment_failed", environment="dev"),
    ]

    values = [scored.value for scored in ranked]

    assert values == sorted(values, reverse=True)
    assert len(set(values)) == len(values)


@given(FINDINGS)
def test_every_score_lies_within_the_band_of_its_severity(finding: FindingMessage) -> None:
    scored = score(finding)

    floor, _, ceiling = BANDS[finding.severity]
    assert floor <= scored.value <= ceiling


def test_a_finding_with_everything_against_it_scores_at_its_ceiling() -> None:
    everything = {"new_role": "owner", "environment": "prod", "visibility": "public", "bucket": "pii", "country": "DE"}
    weekend_night = datetime(2026, 11, 22, 2, tzinfo=UTC)

    by_severity = {
        severity.value: score_of(severity, at=weekend_night, count=10**6, **everything).value for severity in Severity
    }

    assert by_severity == {"low": 38, "medium": 62, "high": 89, "critical": 100}


def test_the_floors_are_those_promised() -> None:
    floors = {severity.value: band.floor for severity, band in BANDS.items()}

    assert floors == {"critical": 80, "high": 60, "medium": 30, "low": 5}
    assert max(band.ceiling for band in BANDS.values()) == 100


@given(FINDINGS)
def test_the_same_facts_score_the_same_whatever_the_version_id_and_clock(finding: FindingMessage) -> None:
    later = finding.model_copy(
        update={
            "id": finding.id + 1,
            "uid": uuid4(),
            "version": finding.version + 7,
            "created_at": datetime.now(UTC),
            "risk_score": 1,
            "ai_explanation": "something else",
        }
    )

    assert score(later) == score(finding)


@given(FINDINGS)
def test_a_higher_severity_never_scores_lower(finding: FindingMessage) -> None:
    by_rank = [score(finding.model_copy(update={"severity": severity})).value for severity in Severity]

    assert by_rank == sorted(by_rank)


@given(FINDINGS, st.integers(1, 10**12))
def test_more_detections_never_score_lower(finding: FindingMessage, more: int) -> None:
    grown = finding.model_copy(update={"detection_count": finding.detection_count + more})

    assert score(grown).value >= score(finding).value


@given(FINDINGS)
def test_the_factors_add_up_to_the_score_unless_the_band_holds_it(finding: FindingMessage) -> None:
    scored = score(finding)

    total = sum(factor.points for factor in scored.factors)
    assert scored.value == min(max(total, scored.band.floor), scored.band.ceiling)
    assert all(factor.points != 0 for factor in scored.factors)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"user": "arn:aws:iam::123456789012:root"}, "done by a root account"),
        ({"new_role": "Owner"}, "owner rights"),
        ({"target": "root"}, "an owner or root account affected"),
        ({"new_role": "Global Administrator"}, "administrator rights"),
        ({"policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"}, "administrator rights"),
        ({"scopes": ["repo:read", "admin:*"]}, "administrator scope"),
        ({"scopes": "*"}, "administrator scope"),
        ({"user": "svc-ci@example.com"}, "a service account involved"),
        ({"user": "dependabot[bot]"}, "a service account involved"),
        ({"scopes": ["packages:write"]}, "rights to change things"),
        ({"old_role": "admin", "new_role": "viewer"}, None),
        ({"user": "adminah@example.com", "new_role": "badminton"}, None),
    ],
)
def test_privilege_is_read_from_roles_scopes_and_accounts(facts: dict[str, Any], reason: str | None) -> None:
    assert reasons(score_of(Severity.HIGH, **facts)).get("privilege") == reason


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"environment": "prod"}, "production"),
        ({"environment": "production-eu1"}, "production"),
        ({"resource": "arn:aws:rds:eu-west-1:123456789012:db:ordersProd"}, "production"),
        ({"environment": "non-prod"}, "a staging environment"),
        ({"environment": "preprod"}, "a staging environment"),
        ({"bucket": "example-staging-assets"}, "a staging environment"),
        ({"environment": "dev", "service": "prod-mirror"}, "a development environment"),
        ({"service": "orders", "resource": "product-catalogue"}, None),
    ],
)
def test_the_environment_is_the_stated_one_else_what_names_suggest(facts: dict[str, Any], reason: str | None) -> None:
    assert reasons(score_of(Severity.HIGH, **facts)).get("environment") == reason


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"visibility": "public", "bucket": "web"}, "open to the public"),
        ({"acl": "public-read", "bucket": "example-invoices"}, "public and named like finance data"),
        ({"visibility": "private", "bucket": "customer-exports"}, "named like customer data"),
        ({"resource": "secretsmanager:prod/db-password"}, "named like secrets"),
        ({"visibility": "private", "old_visibility": "public", "bucket": "web"}, None),
    ],
)
def test_sensitivity_is_public_access_and_telling_names(facts: dict[str, Any], reason: str | None) -> None:
    assert reasons(score_of(Severity.HIGH, **facts)).get("sensitivity") == reason


@pytest.mark.parametrize(
    ("at", "facts", "reason"),
    [
        ("2026-11-20T12:00:00Z", {}, None),
        ("2026-11-20T23:30:00Z", {}, "at night, Fri 23:30 UTC"),
        ("2026-11-21T12:00:00Z", {}, "at a weekend, Sat 12:00 UTC"),
        ("2026-11-20T23:30:00Z", {"city": "New York", "country": "US"}, None),
        ("2026-11-20T23:30:00Z", {"country": "US"}, None),
        ("2026-11-20T09:30:00Z", {"country": "US"}, "at night, all over US"),
        ("2026-11-20T22:30:00Z", {"country": "DE"}, "at night, Fri 23:30 Europe/Berlin"),
        ("2026-11-20T23:30:00Z", {"timezone": "Europe/Berlin"}, "on a weekend night, Sat 00:30 Europe/Berlin"),
        ("2026-11-20T23:30:00Z", {"timezone": "../../etc/passwd"}, "at night, Fri 23:30 UTC"),
        ("2026-11-20T23:30:00Z", {"user": "svc-ci@example.com"}, None),
        ("2026-11-20T23:30:00Z", {"country": "Atlantis"}, "at night, Fri 23:30 UTC"),
        ("0001-01-01T00:30:00Z", {"city": "New York", "country": "US"}, "at night, Mon 00:30 UTC"),
    ],
)
def test_the_time_of_day_is_local_where_the_facts_say_where(at: str, facts: dict[str, Any], reason: str | None) -> None:
    scored = score_of(Severity.HIGH, at=datetime.fromisoformat(at), **facts)

    assert reasons(scored).get("time of day") == reason


def test_a_success_after_failures_counts_more_than_any_number_of_failures() -> None:
    failures = score_of(Severity.CRITICAL, event_type="login_failed", count=20)
    success = score(a_finding(severity=Severity.CRITICAL, extra_data=evidence("login_success")))

    assert reasons(success)["outcome"] == "it succeeded"
    assert success.value > failures.value


def test_night_where_it_happened_counts_more_than_night_in_utc() -> None:
    local = score_of(Severity.HIGH, at=datetime(2026, 11, 20, 2, tzinfo=UTC), country="DE")
    unknown = score_of(Severity.HIGH, at=datetime(2026, 11, 20, 2, tzinfo=UTC))

    assert local.value > unknown.value > score_of(Severity.HIGH).value


def test_a_correlation_about_several_users_is_scored_by_its_group_alone() -> None:
    sample = evidence("role_granted", user="root", new_role="admin", environment="production") | {"count": 8}
    several = a_finding(user=None, group={"ip": "192.0.2.7"}, extra_data={"earliest": sample, "latest": sample})
    assert set(reasons(score(several))) <= {"severity", "time", "repetition"}
    of_one = a_finding(user="root", extra_data={"earliest": sample, "latest": sample})
    assert "privilege" in reasons(score(of_one))
