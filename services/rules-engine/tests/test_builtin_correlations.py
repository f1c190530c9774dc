"""The correlations the product ships: each passes its own tests through the engine, whatever order events come in."""

import pytest

from mcm_rules_engine.offline.run_rule_tests import run_rule_tests
from mcm_rules_engine.sigma.model.correlation import Correlation, Kind
from mcm_rules_engine.testing.rulesets import builtin_rules

RULESET = builtin_rules()
every_correlation = pytest.mark.parametrize("correlation", RULESET.correlations, ids=lambda each: each.name)


@every_correlation
async def test_a_correlation_passes_its_own_tests_in_every_order(correlation: Correlation) -> None:
    async for verdict in run_rule_tests(RULESET, [correlation]):
        assert {test.name: test.differences for test in verdict.tests if test.differences} == {}
        assert verdict.missing == ()
        raised = {finding.severity for test in verdict.tests for finding in test.raised}
        # how severe a silence is depends on the other rules, which its own tests leave out
        steps = correlation.steps[:1] if correlation.kind is Kind.SILENCE else correlation.steps
        assert raised == {severity for _, severity in steps}


def test_what_correlations_count_raises_nothing_but_a_correlation_that_says_so() -> None:
    raising = {rule.name for rule in RULESET.correlations if rule.raises_finding}
    assert raising == {
        "activity_burst",
        "login_after_failures",
        "login_failures",
        "mfa_failures",
        "mfa_fatigue",
        "mfa_success_after_failures",
        "password_spraying",
        "public_bucket_left_open",
        "source_silent",
        "token_with_new_scope",
        "unusual_activity",
        "unusual_login",
        "unusual_volume",
        "user_activity_burst",
    }
    counted = {member.rule_id for each in RULESET.correlations for series in each.inputs for member in series.members}
    assert [rule.name for rule in RULESET.rules if rule.id in counted and rule.raises_finding] == ["bucket_made_public"]
