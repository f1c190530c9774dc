"""What a company of 50 gets to see in a month: little when nothing happens, every rule when everything does."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from mcm_ingestor.generator import generate_fake_events_batch
from mcm_ingestor.generator.incidents import plan
from mcm_rules_engine.offline.in_memory import Evaluation
from mcm_rules_engine.testing.rulesets import builtin_rules
from mcm_shared.contracts.events import from_raw_event
from mcm_shared.contracts.findings import FindingMessage, Severity
from mcm_shared.db.memory import memory_database

NOW = datetime(2026, 11, 20, tzinfo=UTC)
DAYS = 30
EVENTS_A_MONTH = 12_000
RULESET = builtin_rules()


async def findings_of_a_month(seed: int) -> list[FindingMessage]:
    """Generates a month and evaluates it, some events at a time."""
    events = [
        from_raw_event(raw, "no/0/0")
        for raw in generate_fake_events_batch(EVENTS_A_MONTH, seed=seed, now=NOW, days=DAYS)
    ]
    async with memory_database() as engine:
        evaluation = Evaluation(engine, RULESET)
        for start in range(0, len(events), 2_000):
            await evaluation.add(events[start : start + 2_000])
        return await evaluation.findings()


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_month_without_incidents_brings_at_most_three_findings_a_day(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "PLANNED", ())

    findings = await findings_of_a_month(seed)

    by_day = Counter(finding.first_seen.date() for finding in findings)
    assert 0 < len(findings) / DAYS <= 3
    assert max(by_day.values()) <= 7
    assert [finding.rule_name for finding in findings if finding.severity is Severity.CRITICAL] == []
    unusual = {"unusual_activity", "unusual_login", "unusual_volume"}
    # some 1,000 days of users
    assert sum(finding.rule_name in unusual for finding in findings) <= 10
    quiet = {rule.name for rule in RULESET.correlations} - {"mfa_success_after_failures", "token_with_new_scope"}
    quiet -= unusual
    assert quiet.isdisjoint(finding.rule_name for finding in findings)


async def test_a_month_with_incidents_makes_every_rule_fire() -> None:
    findings = await findings_of_a_month(seed=1)

    raising = {rule.name for rule in RULESET.rules if rule.raises_finding}
    raising |= {rule.name for rule in RULESET.correlations if rule.raises_finding}
    # the generator sends no id twice, and its sources do not stop
    assert {finding.rule_name for finding in findings} == raising - {"event_id_reused", "source_silent"}
    severest = {finding.rule_name: finding.severity for finding in sorted(findings, key=lambda one: one.severity.rank)}
    assert severest["login_failures"] is severest["password_spraying"] is Severity.CRITICAL
    assert severest["mfa_failures"] is Severity.HIGH
