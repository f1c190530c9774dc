"""The rules the product ships: complete, tested both ways, and about what happened whatever the source."""

import re
from pathlib import Path

import pytest

from mcm_rules_engine.offline.run_rule_tests import run_rule_tests
from mcm_rules_engine.sigma.load import BUILTIN
from mcm_rules_engine.sigma.model.correlation import Correlation
from mcm_rules_engine.sigma.model.rule import Rule
from mcm_rules_engine.testing.rulesets import builtin_rules
from mcm_shared.contracts.events import EVENT_FAMILIES
from mcm_shared.contracts.findings import Severity
from mcm_shared.testing.builders import an_event

RULESET = builtin_rules()
SINGLE = [rule for rule in RULESET.rules if rule.raises_finding]
ALL = (*RULESET.rules, *RULESET.correlations)
every_single_event_rule = pytest.mark.parametrize("rule", SINGLE, ids=lambda rule: rule.name)
every_finding_rule = pytest.mark.parametrize("rule", [*SINGLE, *RULESET.correlations], ids=lambda rule: rule.name)


@every_single_event_rule
async def test_a_rule_passes_its_own_tests_both_ways_and_shows_each_severity(rule: Rule) -> None:
    async for verdict in run_rule_tests(RULESET, [rule]):
        assert {test.name: test.differences for test in verdict.tests if test.differences} == {}
        assert verdict.missing == ()
        raised = {finding.severity for test in verdict.tests for finding in test.raised}
        steps = {Severity(name) for name in re.findall(r"^  (high|critical):", rule.yaml, re.MULTILINE)}
        assert raised == {rule.level} | steps


@every_finding_rule
def test_a_rule_tells_people_what_to_do(rule: Rule | Correlation) -> None:
    assert rule.description != rule.title
    assert 3 <= len(re.findall(r"^\d\. ", rule.runbook, re.MULTILINE)) <= 6
    assert rule.falsepositives
    assert rule.status == "stable"


@every_finding_rule
def test_a_rule_names_controls_of_every_framework(rule: Rule | Correlation) -> None:
    assert {"soc2", "iso27001", "nist", "cis", "pci"} <= {tag.partition(".")[0] for tag in rule.tags}
    assert len(set(rule.tags)) == len(rule.tags)


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.name)
def test_a_rule_file_lies_in_its_family_and_bears_its_name(rule: Rule | Correlation) -> None:
    path = Path(rule.path)
    assert path.stem == rule.name
    assert path.parent.name in {*EVENT_FAMILIES, "activity", "behaviour", "sources"}
    assert len(list(BUILTIN.rglob("*.yml"))) == len(ALL)


@pytest.mark.parametrize(
    ("event_type", "facts", "expected"),
    [
        ("permission_changed", {"target": "a", "old_role": "developer", "new_role": "admin"}, "high"),
        ("permission_changed", {"target": "a", "old_role": "maintainer", "new_role": "Owner"}, "critical"),
        ("permission_changed", {"target": "a", "old_role": "viewer", "new_role": "developer"}, "medium"),
        ("permission_changed", {"target": "a", "old_role": "admin", "new_role": "viewer"}, None),
        ("permission_changed", {"target": "a", "old_role": "viewer", "new_role": "viewer"}, None),
        ("api_token_created", {"scopes": ["admin:*"], "expires_at": "2027-01-01T00:00:00Z"}, "critical"),
        ("api_token_created", {"scopes": ["repo:read"], "expires_at": None}, "high"),
        ("api_token_created", {"scopes": ["repo:read"], "expires_at": "2027-01-01T00:00:00Z"}, None),
        ("pull_request_merged", {"repository": "r", "lines_changed": 149}, None),
        ("pull_request_merged", {"repository": "r", "lines_changed": 150}, "medium"),
        ("pull_request_merged", {"repository": "r", "lines_changed": 400}, "medium"),
        ("pull_request_merged", {"repository": "r", "lines_changed": 401}, "high"),
        ("deployment_failed", {"service": "s", "environment": "production"}, "high"),
        ("deployment_failed", {"service": "s", "environment": "staging"}, "medium"),
        ("deployment_failed", {"service": "s", "environment": "dev"}, None),
        ("storage_bucket_created", {"bucket": "b", "visibility": "public"}, "critical"),
        ("storage_bucket_permission_changed", {"bucket": "b", "visibility": "public"}, "critical"),
        ("storage_bucket_permission_changed", {"bucket": "b", "visibility": "private"}, None),
        ("login_failed", {"ip": "192.0.2.7"}, None),
    ],
)
def test_what_happened_has_its_severity(event_type: str, facts: dict[str, object], expected: str | None) -> None:
    matches = RULESET.match(an_event(event_type=event_type, raw_data=facts))
    assert [match.severity.value for match in matches if match.rule.raises_finding] == (
        [] if expected is None else [expected]
    )
