"""Running the tests inside rules: through the engine, in every order, and what the command says of them."""

import subprocess
from pathlib import Path

import pytest

from mcm_rules_engine.offline.run_rule_tests import RuleVerdict, orders, run_rule_tests
from mcm_rules_engine.sigma.load import BUILTIN, parse_rules
from mcm_rules_engine.sigma.model.rule import RuleTest
from mcm_rules_engine.sigma.parse.rule_tests import expand_events
from mcm_shared.contracts.findings import Severity
from mcm_shared.errors import RuleLoadError
from tests.forked_commands import run_forked_text

UPLOADS = """\
title: Uploads
id: 00000000-0000-4000-8000-000000000001
name: uploads
level: low
logsource: {category: activity}
detection: {s: {event_type: upload}, big: {size|gt: 9}, condition: s}
escalate: {high: big}
description: '{user} uploaded {size}'
"""

MANY_UPLOADS = """\
---
title: Many uploads
id: 00000000-0000-4000-8000-000000000002
name: many_uploads
level: medium
correlation:
  type: event_count
  rules: [uploads]
  group-by: [user]
  timespan: 10m
  condition: {gte: 3}
tests:
  - name: three
    events: [{event_type: upload, user: mona@example.com, repeat: 3, every: 4m}]
    expect: [{severity: medium, user: mona@example.com, detections: 1, group: {user: mona@example.com}}]
  - name: two
    events: [{event_type: upload, user: mona@example.com, repeat: 2, every: 4m}]
    expect: []
"""

BOTH_WAYS = """\
tests:
  - {name: fires, events: [{event_type: upload, user: u}], expect: [{severity: low}]}
  - {name: silent, events: [{event_type: download}], expect: []}
"""


async def verdicts_of(text: str) -> dict[str, RuleVerdict]:
    """Runs every test in rules given as text."""
    ruleset = parse_rules(text)
    return {verdict.rule.name: verdict async for verdict in run_rule_tests(ruleset, ruleset.all)}


async def test_a_test_sees_one_finding_for_each_group_and_bucket() -> None:
    tests = """\
tests:
  - name: three findings
    events:
      - {at: 50m, event_type: upload, user: mona@example.com, raw_data: {size: 10}}
      - {at: 10m, event_type: upload, user: mona@example.com, raw_data: {size: 1}}
      - {at: 60m, event_type: upload, user: mona@example.com, raw_data: {size: 2}}
      - {at: 10m, event_type: upload, user: omar@example.com, raw_data: {size: 3}}
      - {at: 10m, event_type: download, user: omar@example.com}
    expect: [{}, {}, {}]
"""
    (test,) = (await verdicts_of(UPLOADS + tests))["uploads"].tests
    assert test.differences == ()
    raised = {(each.severity, each.user, each.detections, each.description) for each in test.raised}
    assert raised == {
        (Severity.HIGH, "mona@example.com", 2, "mona@example.com uploaded 1"),
        (Severity.LOW, "mona@example.com", 1, "mona@example.com uploaded 2"),
        (Severity.LOW, "omar@example.com", 1, "omar@example.com uploaded 3"),
    }


async def test_a_test_that_expects_something_else_fails() -> None:
    wrong = "  - {name: wrong, events: [{event_type: upload}], expect: []}\n"
    verdict = (await verdicts_of(UPLOADS + BOTH_WAYS + wrong))["uploads"]
    failed = {test.name: test.differences for test in verdict.tests if test.differences}
    assert failed.keys() == {"wrong"}
    assert failed["wrong"][0].startswith("expected no other finding, got severity low")
    assert (verdict.passed, verdict.failed) == (False, 1)


async def test_a_correlation_is_tested_with_what_it_counts_and_counted_rules_by_themselves() -> None:
    verdicts = await verdicts_of(UPLOADS + BOTH_WAYS + MANY_UPLOADS)
    assert {name: verdict.passed for name, verdict in verdicts.items()} == {"uploads": True, "many_uploads": True}


async def test_a_correlation_is_tested_over_correlations() -> None:
    again = """\
---
title: Again and again
id: 00000000-0000-4000-8000-000000000003
name: again
level: high
correlation: {type: event_count, rules: [many_uploads], group-by: [user], timespan: 1d, condition: {gte: 2}}
tests:
  - name: twice as many
    events: [{event_type: upload, user: mona@example.com, repeat: 4, every: 4m}]
    expect: [{severity: high, user: mona@example.com, detections: 1}]
  - {name: once, events: [{event_type: upload, user: mona@example.com, repeat: 3, every: 4m}], expect: []}
"""
    verdicts = await verdicts_of(UPLOADS + MANY_UPLOADS + again)
    assert [verdicts[name].passed for name in ("many_uploads", "again")] == [True, True]


@pytest.mark.parametrize(
    ("tests", "missing"),
    [
        ("", ["no test shows that it matches", "no test shows where it does not match (expect: [])"]),
        (BOTH_WAYS.splitlines()[0] + "\n" + BOTH_WAYS.splitlines()[1], ["no test shows where it does not match"]),
        (BOTH_WAYS.splitlines()[0] + "\n" + BOTH_WAYS.splitlines()[2], ["no test shows that it matches"]),
        (BOTH_WAYS, []),
    ],
)
async def test_a_rule_needs_a_test_that_fires_and_one_that_does_not(tests: str, missing: list[str]) -> None:
    verdict = (await verdicts_of(UPLOADS + tests))["uploads"]
    assert [each.startswith(said) for each, said in zip(verdict.missing, missing, strict=True)] == [True] * len(missing)
    assert verdict.passed == (not missing)


async def test_a_rule_that_raises_nothing_needs_no_tests() -> None:
    quiet = UPLOADS.replace("level: low", "level: informational").replace("escalate: {high: big}\n", "")
    assert (await verdicts_of(quiet))["uploads"].passed


@pytest.mark.parametrize("value", ["36893488147419103232", '"\\0"'])
def test_an_event_that_could_never_arrive_is_a_mistake_in_the_rule(value: str) -> None:
    tests = f"tests:\n  - {{name: t, events: [{{event_type: upload, raw_data: {{size: {value}}}}}], expect: []}}\n"
    with pytest.raises(RuleLoadError, match=r"rule.yml:10: tests.0.events.0.raw_data: must be JSON"):
        parse_rules(UPLOADS + tests)


def test_the_orders_hold_every_event() -> None:
    events = expand_events(RuleTest("t", ({"at": "5m", "event_type": "x"}, {"event_type": "x", "repeat": 9}), ()))
    by_name = dict(orders(events))
    uids = sorted(event.uid for event in events)
    flat = {name: [event for batch in batches for event in batch] for name, batches in by_name.items()}
    assert {name: sorted({event.uid for event in each}) == uids for name, each in flat.items()} == dict.fromkeys(
        flat, True
    )
    assert flat["the events shuffled"] != events
    assert flat["each event twice"][: 2 * len(events)] == [event for event in events for _ in range(2)]
    assert [len(batch) for batch in by_name["one event at a time"]] == [1] * len(events)
    assert by_name["the earliest event last"] == [[events[0], *events[2:]], [events[1]]]


def mcm_rules_engine_test(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs ``mcm-rules-engine test``."""
    return run_forked_text("mcm-rules-engine", "test", *arguments)


def test_the_command_runs_the_tests_of_the_rules_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(UPLOADS + BOTH_WAYS + MANY_UPLOADS)
    ran = mcm_rules_engine_test(str(tmp_path))
    assert ran.stdout.splitlines() == [
        "ok      uploads: 2 tests",
        "ok      many_uploads: 2 tests",
        "2 rules, 4 tests, all passed",
    ]
    assert ran.returncode == 0


def test_the_command_says_what_differs_and_exits_1(tmp_path: Path) -> None:
    path = tmp_path / "rules.yml"
    path.write_text(
        UPLOADS + BOTH_WAYS.replace("severity: low", "severity: high") + MANY_UPLOADS.partition("tests:")[0]
    )
    ran = mcm_rules_engine_test(str(path))
    assert ran.stdout.splitlines() == [
        f"FAILED  uploads: 1 of 2 tests failed ({path})",
        (
            "        fires: expected a finding with severity 'high', got severity low, user 'u', detections 1, group "
            "{'user': 'u'}"
        ),
        f"FAILED  many_uploads: not tested enough ({path})",
        "        no test shows that it matches",
        "        no test shows where it does not match (expect: [])",
        "2 rules, 2 tests; 2 rules FAILED",
    ]
    assert ran.returncode == 1


def test_the_command_runs_a_built_in_rule_by_its_file() -> None:
    ran = mcm_rules_engine_test(str(BUILTIN / "storage"))
    assert [line for line in ran.stdout.splitlines() if line.startswith("ok      bucket_made_public: ")]
    assert ran.returncode == 0


def test_rules_that_cannot_be_loaded_are_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(UPLOADS.replace("level: low", "level: hihg"))
    ran = mcm_rules_engine_test(str(tmp_path))
    assert ran.returncode == 2
    assert f"{tmp_path / 'rules.yml'}:4: level: 'hihg' is not one of" in ran.stderr
    assert ran.stdout == ""
